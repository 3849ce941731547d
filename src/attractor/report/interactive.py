"""What a reader can do with a figure on the page, the same for all of them: point at a mark to read
its numbers, click a model in the legend to see it alone. And the same numbers as a table.

A file drawn from the same specification looks as if none of it were there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from pandas.api.types import is_numeric_dtype

if TYPE_CHECKING:
    import altair as alt

Specification = dict[str, Any]  # of Vega-Lite

# What a mark tells, of the columns of its data, in this order: its name, and its number format.
_FACTORS: Final = {
    "label": ("model", ""),
    "place": ("construction", ""),
    "task": ("task", ""),
    "text": ("training text", ""),
    "role": ("role of the word", ""),
    "network": ("network", ""),
    "what": ("what", ""),
    "name": ("unit: its part", ""),
    "token": ("word", ""),
    "distance": ("distance (tokens)", "d"),
    "subject_index": ("tokens before the subject", "d"),
    "n_attractors": ("attractors", "d"),
    "words_before": ("words before the error", ""),
    "epoch": ("epoch", "d"),
    "tokens": ("tokens seen", ",.0f"),
    "sentences": ("training sentences", ",d"),
    "lag": ("lag (words)", "d"),
    "steps": ("words since the subject", "d"),
    "length": ("words read", "d"),
    "swept": ("what was swept", ".6~g"),
    "value": ("value", ".4~g"),
    "unit": ("unit", "d"),
    "weight": ("part of the number", ".1%"),
}
_QUANTITIES: Final = {
    "accuracy": ("accuracy", ".3f"),
    "error": ("error rate", ".3f"),
    "valid_loss": ("validation loss (nats)", ".3f"),
    "valid_accuracy": ("validation accuracy", ".3f"),
    "share": ("share of the answer", ".3f"),
    "effect": ("effect (log-odds)", ".3f"),
    "norm": ("norm of the gradient", ".3g"),
    "factor": ("factor a token", ".3f"),
    "weighted": ("weighted mean", ".3f"),
    "retention_weighted": ("kept, units weighted", ".3g"),
    "retention_mean": ("kept, plain mean", ".3g"),
    "kept": ("kept", ".3g"),
    "forget": ("forget gate", ".3f"),
    "input": ("input gate", ".3f"),
    "candidate": ("candidate", ".3f"),
    "output": ("output gate", ".3f"),
    "cell": ("memory C", ".3f"),
    "p_plural": ("p(plural)", ".3f"),
}
_ENDS: Final = {"low": "95 % interval from", "high": "to"}
_COUNTS: Final = {
    "interval": ("variance held", ""),
    "n_items": ("items", ",.0f"),
    "n_tokens": ("tokens", ",.0f"),
    "n_texts": ("texts", ",.0f"),
    "n_test": ("test items", ",.0f"),
    "n_prefixes": ("distinct prefixes", ",.0f"),
    "n_seeds": ("seeds", "d"),
}

_KNOWN: Final = _FACTORS | _QUANTITIES | _COUNTS
_ISOLATE: Final = "isolate"  # the parameter that holds the models that were clicked
_LISTENING: Final = "listening"  # the view whose legend hears the clicks
_FADED: Final = 0.08  # how much of its opacity a mark of another model keeps
_TOLD: Final = ("point", "rect")  # marks that tell their numbers


def specification(chart: alt.VConcatChart) -> Specification:
    """The chart's, with tooltips, and a legend that isolates models."""
    made: Specification = chart.to_dict()
    listening = False
    for _, view, data in _views(made):
        encoding = view["encoding"]
        if _tells(view):
            names = _told(data) if _kind(view) in _TOLD else ["label"]
            encoding["tooltip"] = [_tooltip(name, view, data) for name in names]
        if _field(view, "color") != "label":
            continue
        whole = float(view["mark"].get("opacity", 1.0))
        one = {"param": _ISOLATE, "value": whole}
        encoding["opacity"] = {"condition": one, "value": round(whole * _FADED, 3)}
        # The legend is that of colour and shape: a view that has both hears the clicks.
        if not listening and _field(view, "shape") == "label":
            view["name"], listening = _LISTENING, True
    if listening:
        select = {"type": "point", "fields": ["label"], "toggle": "true"}
        parameter = {"name": _ISOLATE, "select": select, "bind": "legend", "views": [_LISTENING]}
        made["params"] = [parameter]
    return made


def numbers(made: Specification) -> pd.DataFrame:
    """All that the marks tell, a row a mark, as text, under the names of the tooltips.

    The first column is the panel; columns without a value are left out.
    """
    frames = []
    for panel, view, data in _views(made):
        if _tells(view):
            texts = {_title(name, view): _formatted(data[name], name) for name in _told(data)}
            frames.append(pd.DataFrame(texts).assign(panel=panel))
    found = pd.concat(frames, ignore_index=True).fillna("")
    found.insert(0, "panel", found.pop("panel"))
    return found.drop_duplicates(ignore_index=True)


def in_words(made: Specification) -> str:
    """For those who do not see the figure: its panels, and the range of each line."""
    panels = dict.fromkeys(panel for panel, *_ in _views(made) if panel)
    ranges: dict[tuple[str, str], tuple[float, float]] = {}
    for _, view, data in _views(made):
        if _kind(view) not in _TOLD:
            continue
        for quantity in [name for name in _told(data) if name in _QUANTITIES][:1]:
            for label, rows in data.groupby("label") if "label" in data else [("", data)]:
                low, high = ranges.get((quantity, str(label)), (float("inf"), float("-inf")))
                found = rows[quantity]
                ranges[quantity, str(label)] = min(low, found.min()), max(high, found.max())
    told = [
        f"{_QUANTITIES[quantity][0]}{f' of {label}' if label else ''} "
        f"{format(low, _format(quantity))} to {format(high, _format(quantity))}"
        for (quantity, label), (low, high) in ranges.items()
    ]
    return f"{len(panels)} panel{'s' * (len(panels) > 1)}: {'; '.join(panels)}. {'; '.join(told)}."


def _views(made: Specification) -> Iterator[tuple[str, Specification, pd.DataFrame]]:
    """Each view of a single mark, with the name of its panel and its data."""
    frames = {name: pd.DataFrame(rows) for name, rows in made["datasets"].items()}

    def inside(
        part: Specification, titles: tuple[str, ...], data: str
    ) -> Iterator[tuple[str, Specification, pd.DataFrame]]:
        data = part.get("data", {}).get("name", data)  # the nearest is meant
        parts = next((part[key] for key in ("vconcat", "hconcat", "layer") if key in part), None)
        if parts is None:
            yield ": ".join(filter(None, titles)), part, frames[data]
        for inner in parts or []:
            yield from inside(inner, (*titles, _text(inner.get("title"))), data)

    return inside(made, (), "")


def _text(title: Any) -> str:
    words = title["text"] if isinstance(title, dict) else title or ""
    return words if isinstance(words, str) else ", ".join(words)


def _kind(view: Specification) -> str:
    return str(view["mark"]["type"])


def _field(view: Specification, channel: str) -> str:
    return str(view["encoding"].get(channel, {}).get("field", ""))


def _tells(view: Specification) -> bool:
    """Whether its numbers are told: of points, and of baselines, told apart by their dashes."""
    return _kind(view) in _TOLD or _field(view, "strokeDash") == "label"


def _told(data: pd.DataFrame) -> list[str]:
    """Columns that a mark tells of, in order; those without a value are left out."""
    measured: list[str] = []
    for quantity in filter(data.__contains__, _QUANTITIES):
        measured += [quantity, f"{quantity}_low", f"{quantity}_high"]
    names = [*_FACTORS, *measured, "ci_low", "ci_high", "low", "high", *_COUNTS]
    return [name for name in names if name in data and data[name].notna().any()]


def _title(name: str, view: Specification) -> str:
    """What a column is called: as on the x axis where that shows it, or as everywhere."""
    on_axis = view["encoding"].get("x", {}).get("title")
    if _field(view, "x") == name and isinstance(on_axis, str):
        return on_axis
    known = _KNOWN.get(name)
    return known[0] if known else _ENDS[name.rpartition("_")[2]]


def _format(name: str) -> str:
    """Of a quantity's interval, that of the quantity."""
    return _KNOWN.get(name, _KNOWN.get(name.rpartition("_")[0], ("", ".3f")))[1]


def _tooltip(name: str, view: Specification, data: pd.DataFrame) -> dict[str, str]:
    told = {"field": name, "title": _title(name, view)}
    if _format(name) and is_numeric_dtype(data[name]):
        return told | {"type": "quantitative", "format": _format(name)}
    return told | {"type": "nominal"}


def _formatted(values: pd.Series, name: str) -> pd.Series:
    """As text; empty where there is no value."""
    form = _format(name) if is_numeric_dtype(values) else ""
    form = form.replace("d", ".0f").replace("~", "")  # Vega's formats, as Python has them
    return values.map(lambda value: "" if pd.isna(value) else format(value, form)).astype("str")
