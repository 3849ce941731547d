"""The contracts of the accuracies that a report merges from all runs; a run's are in results.py,
the summary's in contracts_summary.py.

The choices that a sweep varied follow a table's columns under their dotted names.
"""

from __future__ import annotations

from attractor import results
from attractor.report.contracts_comparisons import COMPARISONS as COMPARISONS
from attractor.report.contracts_comparisons import EFFECTS as EFFECTS
from attractor.report.contracts_comparisons import MCNEMAR as MCNEMAR
from attractor.report.contracts_summary import SUITE
from attractor.report.contracts_summary import SUMMARY as SUMMARY
from attractor.results import CONFIG_ID, MODEL, RUN_ID, SEED, TASK, Table, count, number, text

_PROBE_SET = text("part of the suite: a set of cells, a file; empty where it has none")
_PART_OR_ALL = text("part of the suite: a set of cells, a file; `all` is the whole suite")
_CONFIG = {
    "config_id": CONFIG_ID,
    "suite": SUITE,
    "probe_set": _PROBE_SET,
    "task": TASK,
    "model": MODEL,
}
_RUN = {
    "run_id": RUN_ID,
    "config_id": CONFIG_ID,
    "model": MODEL,
    "task": TASK,
    "seed": SEED,
}
_CONSTRUCTION = text("label: outermost modifier between subject and verb; simple: none")
_ROLE = text("label: outer (across the modifier) or inner (within it)")
_DISTANCE = count("tokens from subject to verb")
_N_INTERVENING = count("count of nouns between subject and verb")
_N_ATTRACTORS = text("count of nouns between of the other number, or `all`: whatever it is")
_OUT_OF_VOCABULARY = count("count of items with a word that the model does not know")

_COUNTED = {
    "n_items": count("count of items of one seed; the most, if seeds differ"),
    "n_prefixes": count("count of distinct prefixes among them: items that share one are alike"),
    "n_seeds": count("count of runs that are averaged"),
}
_INTERVAL = {
    "ci_low": number("share: lower end of the 95 % interval"),
    "ci_high": number("share: upper end of the 95 % interval"),
    "interval": text("label: the variance that the interval holds: initialisation, data, items"),
}
_MEASURED = {
    **_COUNTED,
    "accuracy": number("share of items right, a tie counting 1/2: mean of the seeds' means"),
    **_INTERVAL,
}
_TRAIN_FREQUENCY = {
    "train_frequency": number(
        "count of training items of equal role, distance, nouns and attractors: mean over items"
    )
}
_ACCURACY = {**_MEASURED, **_TRAIN_FREQUENCY}
_METHOD = {"method": text("label: how the interval was computed; none is resampled")}
_BY_NUMBER = {
    "accuracy_singular": number("share right of singular subjects; empty if there are none"),
    "accuracy_plural": number("share right of plural subjects; empty if there are none"),
}

RESULTS = Table(
    "results.csv",
    "suite × construction × role × distance × nouns × attractors × number × run",
    {
        **_RUN,
        "suite": SUITE,
        "probe_set": _PROBE_SET,
        "construction": _CONSTRUCTION,
        "role": _ROLE,
        "distance": _DISTANCE,
        "n_intervening": _N_INTERVENING,
        "n_attractors": count("count of nouns between of the other number"),
        "subject_number": text("label: singular or plural"),
        "n_items": count("count of items"),
        "n_prefixes": count("count of distinct prefixes"),
        "n_out_of_vocabulary": _OUT_OF_VOCABULARY,
        "accuracy": number("share of items right, a tie counting 1/2"),
        "mean_margin": number("log-odds (nats) of right over wrong: mean over items"),
    },
)
ACCURACY_BY_DISTANCE = Table(
    "accuracy_by_distance.csv",
    "configuration × suite × task × model × role × distance × nouns × attractors",
    {
        **_CONFIG,
        "role": _ROLE,
        "distance": _DISTANCE,
        "n_intervening": _N_INTERVENING,
        "n_attractors": _N_ATTRACTORS,
        **_ACCURACY,
        **_METHOD,
    },
)
ACCURACY_BY_ATTRACTORS = Table(
    "accuracy_by_attractors.csv",
    "configuration × suite × task × model × role × nouns × attractors",
    {
        **_CONFIG,
        "role": _ROLE,
        "n_intervening": _N_INTERVENING,
        "n_attractors": _N_ATTRACTORS,
        **_ACCURACY,
        **_METHOD,
    },
)
ACCURACY_BY_SUBJECT_POSITION = Table(
    "accuracy_by_subject_position.csv",
    "configuration × suite × task × model × role × subject position × nouns × attractors",
    {
        **_CONFIG,
        "role": _ROLE,
        "subject_index": count("tokens before the subject in the sentence"),
        "n_intervening": _N_INTERVENING,
        "n_attractors": _N_ATTRACTORS,
        **_ACCURACY,
        **_METHOD,
    },
)
ACCURACY_BY_CONSTRUCTION = Table(
    "accuracy_by_construction.csv",
    "configuration × suite × task × model × construction × nouns × attractors; no test items",
    {
        **_CONFIG,
        "construction": _CONSTRUCTION,
        "coordination": text("label: the conjunct between subject and verb; or none"),
        "role": _ROLE,
        "within": text(
            "label: innermost construction that the verb itself stands in; none if outer"
        ),
        "n_intervening": _N_INTERVENING,
        "n_attractors": _N_ATTRACTORS,
        **_ACCURACY,
        **_BY_NUMBER,
        "n_out_of_vocabulary": _OUT_OF_VOCABULARY,
        **_METHOD,
    },
)
ACCURACY_BY_ERROR_POSITION = Table(
    "accuracy_by_error_position.csv",
    "configuration × suite × score × place of the error, of task=grammaticality; verbs right "
    "behind their subjects",
    {
        **_CONFIG,
        "score": text(
            "label: absolute (each text by itself) or pairwise (the good one above the bad one)"
        ),
        "words_before": text("tokens before the verb that is wrong, as a range: 1 to 2 …"),
        "words_after": text("tokens after the verb that is wrong, as a range: 0, 1, 2 or more"),
        **_MEASURED,
        **_METHOD,
    },
)
SUITES = Table(
    "suites.csv",
    "configuration × suite × part of it × task × model; written where there are several suites",
    {
        **_CONFIG,
        "probe_set": _PART_OR_ALL,
        **_MEASURED,
        "known": number("share of items whose words the model knows"),
        "accuracy_known": number("share right of these items; empty if there are none"),
        **_BY_NUMBER,
        "accuracy_sentence": number(
            "share of pairs whose correct sentence as a whole is likelier; empty unless the task "
            "is language_model"
        ),
        "accuracy_formula": number(
            "share of the suite's items whose comparisons are all right; empty without formulas"
        ),
        **_METHOD,
    },
)
ERRORS = Table(
    "errors.csv",
    "configuration × suite × count of attractors, or distance; of natural sentences",
    {
        **_CONFIG,
        "probe_set": _PART_OR_ALL,
        "by": text(
            "label: n_attractors (every noun between is one) or distance (no attractor between)"
        ),
        "value": count("count of attractors, or distance in tokens, whichever `by` names"),
        **_COUNTED,
        **_INTERVAL,
        "error": number("share of items wrong: 1 - accuracy; ci_low and ci_high are its own"),
        **_METHOD,
    },
)
FLAGSHIP = Table(
    "flagship_sentence.csv",
    "run × verb of the flagship sentence",
    {
        **_RUN,
        "verb": text("token: was (inner verb) or were (outer)"),
        "p_plural": number("share: probability of the plural, of two numbers or forms"),
    },
)
HISTORY = Table(
    results.HISTORY.name,
    "epoch × training: that of its first run, where several runs share one",
    {**results.HISTORY.columns, "config_id": CONFIG_ID, "model": MODEL, "task": TASK},
)
