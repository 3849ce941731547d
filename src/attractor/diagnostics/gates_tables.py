"""The contracts of what gates do at every word; retention.py and gates_units.py have their own."""

from __future__ import annotations

from attractor.diagnostics.protocol import OF_CONFIG
from attractor.diagnostics.retention import OF_HALF
from attractor.results import Table, count, number, text, with_intervals

_CELL = {
    "role": text("label: what the word is to the dependency: subject, attractor, filler …"),
    "quantity": text("label: forget, input, output (gates); candidate, cell, hidden: their size"),
}
GATES = Table(
    "gates.csv",
    "network half × role of word × quantity",
    {
        **OF_HALF,
        **_CELL,
        "n_tokens": count("count of tokens that are averaged"),
        "mean": number("share (gates) or absolute activation: mean over tokens and units"),
        "weighted": number(
            "the same mean, units weighted with how much of the number each carries"
        ),
    },
)
FLAGSHIP = Table(
    "gates_flagship.csv",
    "network half × token of the flagship sentence × unit",
    {
        **OF_HALF,
        "token_index": count("tokens before this one in what the network reads"),
        "token": text("token as the network reads it, `<s>` too where the task has one"),
        "unit": count("unit number, from 0"),
        "weight": number("share of the subject's number that the unit carries, of all units"),
        "slope": number(
            "log-odds of plural that 1 more of its memory at the answer adds: mean of items"
        ),
        "forget": number("share: activation of the forget gate, 0-1"),
        "input": number("share: activation of the input gate, 0-1"),
        "candidate": number("activation, -1 to 1, of the candidate for memory"),
        "output": number("share: activation of the output gate, 0-1"),
        "cell": number("activation of memory C, with its sign; unbounded"),
        "hidden": number("activation, -1 to 1, of the state h"),
    },
)
BY_ROLE = Table(
    "gates_by_role.csv",
    "configuration × network half × role of word × quantity",
    {
        **OF_CONFIG,
        **OF_HALF,
        **_CELL,
        "n_tokens": number("count of tokens of one seed: mean over seeds"),
        "n_seeds": count("count of runs that are averaged"),
        **with_intervals(
            mean="share (gates) or absolute activation: mean over tokens, units and seeds",
            weighted="the same mean, units weighted with how much of the number each carries",
        ),
    },
)
CONTRASTS = Table(
    "gates_contrasts.csv",
    "configuration × network half × quantity × pair of roles",
    {
        **OF_CONFIG,
        **OF_HALF,
        **_CELL,
        "than": text("label: the role that `role` is compared with"),
        "n_seeds": count("count of runs that are averaged"),
        **with_intervals(
            mean="share or activation by which `role` stands above `than`: mean over seeds",
            weighted="the same mean, units weighted with how much of the number each carries",
        ),
    },
)
