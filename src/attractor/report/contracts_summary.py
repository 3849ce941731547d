"""The contract of the table with one row a configuration and suite."""

from __future__ import annotations

from attractor.results import CONFIG_ID, MODEL, TASK, Table, count, number, text, with_intervals

SUITE = text(
    "label of the set of items: probes, test, flagship or an imported one; `x, revealed`: those "
    "of x whose right context shows the number to a task that reads it"
)
SUMMARY = Table(
    "summary.csv",
    "configuration × suite × task × model; of probes only the balanced outer ones",
    {
        "config_id": CONFIG_ID,
        "suite": SUITE,
        "task": TASK,
        "model": MODEL,
        "n_items": count("count of items of one seed; the most, if seeds differ"),
        "n_prefixes": count(
            "count of distinct prefixes among them: items that share one are alike"
        ),
        "n_seeds": count("count of runs that are averaged"),
        "interval": text("label: the variance that every interval of the row holds"),
        **with_intervals(
            accuracy="share of items right, a tie counting 1/2: mean of the seeds' means"
        ),
        "accuracy_singular": number("share right of singular subjects; empty if there are none"),
        "accuracy_plural": number("share right of plural subjects; empty if there are none"),
        **with_intervals(
            accuracy_no_attractor="share right with nouns between, none an attractor; may be empty",
            accuracy_all_attractors="share right with nouns between, each an attractor; may be "
            "empty",
            accuracy_where_heuristics_disagree="share right where first noun, most recent noun "
            "and majority of nouns do not all say the same; may be empty",
        ),
        "accuracy_test": number(
            "share right of the text's own test items, whatever the row's suite; may be empty"
        ),
        **with_intervals(
            reach="tokens: distance at which the accuracy fitted to all seeds falls to 75 %, of "
            "items with one noun between, an attractor; empty where no probe goes so far, and but "
            "for probes"
        ),
        "reach_note": text(
            "label: why reach, or an end of its interval, is empty: on which side of the probes it "
            "lies; may be empty"
        ),
        **with_intervals(
            slope_per_token="log-odds a token: what distance adds at a fixed number of nouns "
            "between, fitted to all seeds; empty but for probes",
            slope_per_attractor="log-odds an attractor: what one more adds at a fixed number of "
            "nouns between, fitted to all seeds; empty but for probes",
        ),
        "parameters": number("count of the network's parameters; empty for a baseline"),
        "train_seconds": number("seconds of training: mean over seeds; empty for a baseline"),
        "tokens_per_second": number(
            "tokens read a second in training: mean over seeds; empty for a baseline"
        ),
        **with_intervals(
            accuracy_first_noun_wrong="share right where the sentence's first noun has the other "
            "number than the subject; may be empty",
            accuracy_most_recent_noun_wrong="share right where the last noun before the verb has "
            "the other number than the subject; may be empty",
            accuracy_absolute="share of texts classified right, each by itself; empty unless the "
            "task is grammaticality",
            accuracy_sentence="share of pairs whose correct sentence as a whole is likelier; empty "
            "unless the task is language_model",
        ),
        "perplexity": number(
            "perplexity a word of the test text: mean over seeds; empty unless answers are words"
        ),
        **with_intervals(
            accuracy_where_heuristics_wrong="share right where first noun, most recent noun and "
            "majority of nouns all have the other number; may be empty",
            d_prime="standard deviations, how well plural and singular subjects are told apart: 0 "
            "is chance; empty if one is absent, without interval if one is always right or wrong",
            criterion="standard deviations, the habit: above 0 singular is said too often, below 0 "
            "plural; empty if one is absent, without interval if one is always right or wrong",
        ),
        "method": text("label: how the intervals of accuracies were computed; none is resampled"),
    },
)
