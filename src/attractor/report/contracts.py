"""The contracts of the tables that a report merges from all runs; results.py has those of a run."""

from __future__ import annotations

from attractor.results import Table

RESULTS = Table(
    "results.csv",
    {
        "run_id": "str",
        "config_id": "str",
        "model": "str",
        "task": "str",
        "seed": "int64",
        "suite": "str",
        "probe_set": "str",
        "construction": "str",
        "role": "str",
        "distance": "int64",
        "n_intervening": "int64",
        "n_attractors": "int64",
        "subject_number": "str",
        "n_items": "int64",
        "n_prefixes": "int64",
        "n_out_of_vocabulary": "int64",
        "accuracy": "float64",
        "mean_margin": "float64",
    },
)
_CONFIG = {"config_id": "str", "suite": "str", "probe_set": "str", "task": "str", "model": "str"}
_MEASURED = {
    "n_items": "int64",  # of one seed
    "n_prefixes": "int64",  # distinct ones of one seed
    "n_seeds": "int64",
    "accuracy": "float64",  # mean over items
    "ci_low": "float64",
    "ci_high": "float64",
    "interval": "str",  # the variance it holds: initialisation, data, items
}
_ACCURACY = {**_MEASURED, "train_frequency": "float64"}  # mean over the cell's items
# n_attractors is a number, or `all` for the cell's items together. The choices that a sweep
# varied follow as columns of their own, under their dotted names.
ACCURACY_BY_DISTANCE = Table(
    "accuracy_by_distance.csv",
    {
        **_CONFIG,
        "role": "str",
        "distance": "int64",
        "n_intervening": "int64",
        "n_attractors": "str",
        **_ACCURACY,
    },
)
ACCURACY_BY_ATTRACTORS = Table(
    "accuracy_by_attractors.csv",
    {**_CONFIG, "role": "str", "n_intervening": "int64", "n_attractors": "str", **_ACCURACY},
)
ACCURACY_BY_SUBJECT_POSITION = Table(
    "accuracy_by_subject_position.csv",
    {
        **_CONFIG,
        "role": "str",
        "subject_index": "int64",
        "n_intervening": "int64",
        "n_attractors": "str",
        **_ACCURACY,
    },
)
ACCURACY_BY_CONSTRUCTION = Table(
    "accuracy_by_construction.csv",
    {
        **_CONFIG,
        "construction": "str",
        "coordination": "str",
        "role": "str",
        "within": "str",
        "n_intervening": "int64",
        "n_attractors": "str",
        **_ACCURACY,
        "accuracy_singular": "float64",
        "accuracy_plural": "float64",
        "n_out_of_vocabulary": "int64",  # items with a word that the model does not know
    },
)
ACCURACY_BY_ERROR_POSITION = Table(
    "accuracy_by_error_position.csv",  # of grammaticality, verbs right behind their subjects
    {
        **_CONFIG,
        "score": "str",  # absolute: each text by itself; pairwise: the good one above the bad one
        "words_before": "str",  # the verb that is wrong: 1 to 2, 3 to 5 …
        "words_after": "str",
        **_MEASURED,
    },
)
SUITES = Table(
    "suites.csv",  # where there are several
    {
        "config_id": "str",
        "suite": "str",
        "probe_set": "str",  # a part of the suite, or `all`
        "task": "str",
        "model": "str",
        **_MEASURED,
        "known": "float64",  # share of the items whose words the model knows
        "accuracy_known": "float64",  # on these
        "accuracy_singular": "float64",
        "accuracy_plural": "float64",
        "accuracy_sentence": "float64",  # language_model: log p of the whole pair
        "accuracy_formula": "float64",  # whole items that the suite's formula has right
    },
)
ERRORS = Table(
    "errors.csv",  # of networks that read natural sentences, and of the baselines beside them
    {
        **_CONFIG,
        # n_attractors: where every noun between is an attractor; distance: where none is
        "by": "str",
        "value": "int64",
        **{name: dtype for name, dtype in _MEASURED.items() if name != "accuracy"},
        "error": "float64",  # 1 - accuracy; ci_low and ci_high are its own
    },
)
FLAGSHIP = Table(
    "flagship_sentence.csv",
    {
        "run_id": "str",
        "config_id": "str",
        "model": "str",
        "task": "str",
        "seed": "int64",
        "verb": "str",  # was, were
        "p_plural": "float64",
    },
)
SUMMARY = Table(
    "summary.csv",
    {
        "config_id": "str",
        # Of probes: the headline ones, balanced and outer. `x, revealed`: items of x whose right
        # context shows the number, for tasks that read it.
        "suite": "str",
        "task": "str",
        "model": "str",
        "n_items": "int64",
        "n_prefixes": "int64",
        "n_seeds": "int64",
        "interval": "str",  # the variance that every interval of the row holds
        "accuracy": "float64",
        "accuracy_low": "float64",
        "accuracy_high": "float64",
        "accuracy_singular": "float64",
        "accuracy_plural": "float64",
        "accuracy_no_attractor": "float64",  # nouns between, none an attractor
        "accuracy_no_attractor_low": "float64",
        "accuracy_no_attractor_high": "float64",
        "accuracy_all_attractors": "float64",  # nouns between, each an attractor
        "accuracy_all_attractors_low": "float64",
        "accuracy_all_attractors_high": "float64",
        "accuracy_where_heuristics_disagree": "float64",
        "accuracy_where_heuristics_disagree_low": "float64",
        "accuracy_where_heuristics_disagree_high": "float64",
        "accuracy_test": "float64",  # in distribution
        "reach": "float64",  # tokens; empty where it would be extrapolated
        "reach_low": "float64",
        "reach_high": "float64",
        "reach_note": "str",
        "slope_per_token": "float64",  # log-odds
        "slope_per_token_low": "float64",
        "slope_per_token_high": "float64",
        "slope_per_attractor": "float64",  # log-odds
        "slope_per_attractor_low": "float64",
        "slope_per_attractor_high": "float64",
        "parameters": "float64",
        "train_seconds": "float64",  # mean over seeds, as the next
        "tokens_per_second": "float64",
        "accuracy_first_noun_wrong": "float64",  # the sentence's first noun has the other number
        "accuracy_first_noun_wrong_low": "float64",
        "accuracy_first_noun_wrong_high": "float64",
        "accuracy_most_recent_noun_wrong": "float64",  # the last noun before the verb has it
        "accuracy_most_recent_noun_wrong_low": "float64",
        "accuracy_most_recent_noun_wrong_high": "float64",
        "accuracy_absolute": "float64",  # grammaticality: each text by itself; accuracy: pairwise
        "accuracy_absolute_low": "float64",
        "accuracy_absolute_high": "float64",
        "accuracy_sentence": "float64",  # language_model: log p of the whole pair
        "accuracy_sentence_low": "float64",
        "accuracy_sentence_high": "float64",
        "perplexity": "float64",  # of the words of the test text; mean over seeds
    },
)
