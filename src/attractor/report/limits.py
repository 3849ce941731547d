"""What the numbers of a report do not say, as far as they themselves tell it."""

from __future__ import annotations

import pandas as pd

from attractor.report.analysis import Analysis
from attractor.report.collect import SEE_RIGHT_CONTEXT
from attractor.report.configs import BASELINE
from attractor.report.panels import FEWEST_PREFIXES
from attractor.report.style import COLOURS, span

_SCOPE = (
    "English, small networks, this training text: nothing here shows what other languages, sizes "
    "or texts would give."
)


def limits(analysis: Analysis) -> list[tuple[str, str]]:
    """Each limit with its name."""
    summary = analysis.summary
    networks = summary[~summary["model"].str.startswith(BASELINE)]
    points = []
    if len(networks):
        points += [("Intervals", _intervals(networks)), ("Seeds", _seeds(networks))]
    points += [
        ("Items", _items(analysis)),
        ("Right context", _right_context(analysis)),
        ("Words", _words(analysis)),
        ("Colours", _colours(analysis)),
        ("Scope", _SCOPE),
    ]
    return [(name, text) for name, text in points if text]


def _intervals(networks: pd.DataFrame) -> str:
    held = " / ".join(sorted(set(networks["interval"])))
    missing = [name for name in ("initialisation", "data", "items") if name not in held]
    text = f"They hold the variance of {held}"
    if missing:
        text += f", not that of {' and '.join(missing)}: with other ones, all may shift"
    return f"{text}. Method: {' / '.join(sorted(set(networks['method'])))}."


def _seeds(networks: pd.DataFrame) -> str:
    seeds = networks["n_seeds"]
    text = f"{span(seeds)} a model and suite"
    if seeds.max() == 1:
        return text + ": nothing here says how another initialisation would do."
    if seeds.min() < 5:
        return text + ": an interval over so few is wide, and its own width uncertain."
    return text + "; differences smaller than the intervals are not shown by them."


def _items(analysis: Analysis) -> str:
    cells = analysis.by_distance
    cells = cells[(cells["suite"] == "probes") & (cells["probe_set"] == "balanced")]
    cells = cells[(cells["role"] == "outer") & ~cells["model"].str.startswith(BASELINE)]
    cells = cells[cells["n_attractors"] != "all"]
    if cells.empty:
        return ""
    places = cells.groupby(["distance", "n_intervening", "n_attractors"]).agg(
        n_prefixes=("n_prefixes", "max"), seen=("train_frequency", "max")
    )
    thin = int((places["n_prefixes"] < FEWEST_PREFIXES).sum())
    unseen = int((places["seen"] == 0).sum())
    text = (
        f"{len(places)} cells of distance, nouns between and attractors, with "
        f"{span(places['n_prefixes'])} distinct prefixes each. "
    )
    if thin:
        text += f"{thin} with fewer than {FEWEST_PREFIXES} prefixes are not drawn. "
    if unseen:
        text += f"The like of {unseen} never occurred in training: there a network extrapolates. "
    return text + "A grammar made the items: their words are plausible together, not attested."


def _right_context(analysis: Analysis) -> str:
    tasks = set(analysis.summary["task"])
    sees = sorted(tasks & set(SEE_RIGHT_CONTEXT))
    if sees:
        return (
            f"{' and '.join(sees)} read the words after the verb too; items whose number a later "
            "verb shows stand apart, in rows called “revealed”. Other tasks end at the verb."
        )
    return (
        "A bidirectional network reads the words before the verb, from both ends, and no other; "
        "its backward half meets the subject late if the sentence opens with other words."
    )


def _colours(analysis: Analysis) -> str:
    drawn = analysis.collected.configs
    n = drawn.loc[~drawn["model"].str.startswith(BASELINE), "label"].nunique()
    if n <= len(COLOURS):
        return ""
    return (
        f"{n} networks, {len(COLOURS)} colours: where a figure shows more than {len(COLOURS)}, "
        "colours repeat; shapes tell them apart, and a click in the legend shows one alone."
    )


def _words(analysis: Analysis) -> str:
    known = analysis.collected.predictions["in_vocabulary"]
    unknown = 1 - float(known.mean())
    if not unknown:
        return "Every word of every item is known to the networks."
    return (
        f"{unknown:.1%} of the answers are on items with a word that the network does not know; "
        "they count as well."
    )
