"""The contracts of the tables that compare models, and of what each factor costs them."""

from __future__ import annotations

from attractor.results import Table, count, number, text, with_intervals

_PAIR = {
    "suite": text("label of the set of items: of probes the balanced outer ones"),
    "task": text("label: number_prediction, verb_inflection, grammaticality …"),
    "by": text("label, what its cells are: nouns, distance, or probe_set (a suite's parts)"),
    "cell": text("label: the items that are compared"),
    "label_a": text("label: one model, and what was varied beside it"),
    "label_b": text("label: the other model"),
    "config_a": text("config_id of the one"),
    "config_b": text("config_id of the other"),
}
COMPARISONS = Table(
    "comparisons.csv",
    "pair of networks on the same items and data × cell of at least 20 prefixes",
    {
        **_PAIR,
        "n_items": count("count of items of one seed"),
        "n_prefixes": count("count of distinct prefixes among them"),
        "n_seeds": count("count of seeds that both models were trained with"),
        "accuracy_a": number("share that the one has right: mean over seeds and items"),
        "accuracy_b": number("share that the other has right"),
        "difference": number("share: accuracy_a - accuracy_b"),
        "ci_low": number("share: lower end of the 95 % interval of the difference"),
        "ci_high": number("share: upper end of the 95 % interval of the difference"),
        "cohens_h": number("radians, the effect size: 2·asin√a - 2·asin√b; .2 is small, .8 large"),
        "p": number(
            "probability of a difference as large where there is none, two-sided; empty for one "
            "seed, which says nothing of another"
        ),
        "p_holm": number(
            "the same, adjusted by Holm over all tests of the suite, task and `by`; may be empty"
        ),
        "n_tests": count("count of tests that p_holm is adjusted for"),
        "detectable_difference": number(
            "share: the true difference that is told apart (p below .05 / n_tests, Holm's first "
            "step) with a chance of 80 %; may be empty"
        ),
        "seeds_apart": count("count of seeds whose exact McNemar test has p < .05"),
        "interval": text("label: the variance that the interval and p hold"),
        "method": text("label: how the interval and p were computed; none is resampled"),
    },
)
MCNEMAR = Table(
    "mcnemar.csv",
    "pair of networks × cell × seed: an exact McNemar test",
    {
        **_PAIR,
        "seed": count("seed number of both runs"),
        "only_a": count("count of templates that the one has right more often; items alike: one"),
        "only_b": count("count of templates that the other has right more often"),
        "p": number("probability of a split as uneven by chance, two-sided, exact, not adjusted"),
    },
)
EFFECTS = Table(
    "effects.csv",
    "configuration × factor: what one more of it costs on the balanced outer probes",
    {
        "config_id": text("hash of all that matters to the result but the seed"),
        "task": text("label: number_prediction, verb_inflection, grammaticality …"),
        "model": text("label: srn, lstm …"),
        "label": text("label: the model and what was varied beside it"),
        "factor": text(
            "label: distance, n_attractors, n_intervening, n_preceding_opposite or subject_index"
        ),
        **with_intervals(
            log_odds="log-odds that one more adds, all other factors held; may be empty",
            points="share of items that one more adds, averaged over the items; may be empty",
        ),
        "near": number("the factor's value where `points` is measured; empty: at each item's own"),
        "p": number(
            "probability of an effect as large where there is none, two-sided; empty for one seed"
        ),
        "p_holm": number(
            "the same, adjusted by Holm over all rows that were fitted together; may be empty"
        ),
        "n_items": count("count of items of one seed"),
        "n_seeds": count("count of seeds"),
        "interval": text("label: the variance that the intervals hold"),
        "method": text("label: how the intervals were computed; none is resampled"),
    },
)
