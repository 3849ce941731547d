"""What the gradients of many runs say together: decay a token with intervals, and four figures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import altair as alt
import numpy as np
import pandas as pd

from attractor.diagnostics.gradients_tables import BY_LAG, DECAY_RATES, LENGTHS
from attractor.diagnostics.over_seeds import over_seeds
from attractor.diagnostics.protocol import Report, Tables
from attractor.report.style import WIDTH, colour, page, seeds_a_model, shape, span
from attractor.trained import SNAPSHOTS

_INTERVAL = "t interval over seeds, of the logarithm"
_FEWEST_ITEMS = 20
_SHOWN = {"initial": "before training", "halfway": "halfway", "best": "trained"}
_PATHS = {"h": "state h", "C": "memory C"}


def report(found: Tables) -> Report:
    """The three tables above, and figures of them."""
    rates = decay_rates(found["gradients_decay.csv"])
    lags = by_lag(found["gradients.csv"])
    lengths = by_length(found["gradients_by_length.csv"])
    charts: dict[str, alt.VConcatChart | None] = {
        "gradients_by_lag": _lag_figure(lags, "any", "to each word"),
        "gradients_to_subject": _lag_figure(lags, "subject", "to the subject"),
        "gradients_by_length": _length_figure(lengths),
        "gradients_decay": _decay_figure(rates),
    }
    tables = [(DECAY_RATES, rates), (BY_LAG, lags), (LENGTHS, lengths)]
    return Report(tables, charts, _lines(rates))


def decay_rates(decays: pd.DataFrame) -> pd.DataFrame:
    """DECAY_RATES of all runs' gradients_decay.csv."""
    by = ["snapshot", "direction", "path"]
    rates = _geometric(decays, by, "factor")
    means = over_seeds(decays, by, ["r2", "n_items"])
    return rates.assign(r2=means["r2"], n_items=means["n_items"])[list(DECAY_RATES.columns)]


def by_lag(gradients: pd.DataFrame) -> pd.DataFrame:
    """BY_LAG of all runs' gradients.csv."""
    by = ["snapshot", "direction", "word", "lag"]
    parts = []
    for path, column in (("x", "grad_x"), ("h", "grad_h"), ("C", "grad_c")):
        frame = gradients[gradients[column] > 0].rename(columns={column: "norm"})
        n_items = over_seeds(frame, by, ["n_items"])["n_items"]
        parts.append(_geometric(frame, by, "norm").assign(path=path, n_items=n_items))
    return pd.concat(parts, ignore_index=True)[list(BY_LAG.columns)]


def by_length(lengths: pd.DataFrame) -> pd.DataFrame:
    """LENGTHS of all runs' gradients_by_length.csv; grad_norm is of both directions together."""
    by, parts = ["snapshot", "direction", "length"], []
    for quantity in ("grad_norm", "grad_first_h", "grad_first_c"):
        frame = lengths[lengths[quantity] > 0].rename(columns={quantity: "value"})
        means = over_seeds(frame, by, ["clip", "n_texts"])[["clip", "n_texts"]]
        parts.append(_geometric(frame, by, "value").assign(quantity=quantity, **means))
    return pd.concat(parts, ignore_index=True)[list(LENGTHS.columns)]


def _geometric(frame: pd.DataFrame, by: Sequence[str], value: str) -> pd.DataFrame:
    """Geometric means over seeds with the interval of the logarithm's t interval."""
    found = over_seeds(frame.assign(**{value: np.log(frame[value])}), by, [value])
    columns = [value, f"{value}_low", f"{value}_high"]
    found[columns] = np.exp(found[columns])
    return found


def _lag_figure(lags: pd.DataFrame, word: str, title: str) -> alt.VConcatChart | None:
    """Norm against lag on a log axis: panels are snapshots, rows are paths and directions."""
    frame = lags[(lags["word"] == word) & (lags["n_items"] >= _FEWEST_ITEMS)]
    frame = frame[frame["path"].isin(_PATHS)]
    if frame.empty:
        return None
    rows = []
    for direction, path in product(_READ, _PATHS):
        part = frame[(frame["direction"] == direction) & (frame["path"] == path)]
        if len(part):
            name = f"{_PATHS[path]}, read {_READ[direction]}"
            rows.append(_row(part, frame["label"], name, f"‖∂margin/∂{path}‖", direction))
    return page(
        rows,
        24,
        f"Gradient of the margin at the verb, back {title}",
        [
            f"headline probes, {_span(frame['n_items'])} items a point, {seeds_a_model(frame)}; "
            "geometric means, log scale",
            f"bands: 95 % {_INTERVAL}, holding the variance of initialisation",
        ],
    )


_READ = {"forward": "left to right", "backward": "right to left"}
_ACROSS = {"forward": "words back from the last one read", "backward": "words on from the first"}


def _row(
    part: pd.DataFrame, labels: pd.Series, name: str, title: str, direction: str
) -> alt.HConcatChart:
    across = alt.X("lag:Q", title=_ACROSS[direction]).axis(grid=False, tickMinStep=1, format="d")
    panels: list[alt.LayerChart] = []
    for snapshot in (s for s in SNAPSHOTS if s in set(part["snapshot"])):
        first = not panels
        panels.append(
            alt.LayerChart(
                layer=_lines_of(
                    part[part["snapshot"] == snapshot],
                    labels,
                    across,
                    _log("norm", part["norm"], title, first),
                    "norm",
                ),
                title=alt.Title([_SHOWN[snapshot], name], fontSize=13, fontWeight="normal"),
                width=WIDTH // 3 - 40,
                height=200,
            )
        )
    return alt.HConcatChart(hconcat=panels, bounds="flush", spacing=24)


def _log(name: str, values: pd.Series, title: str, first: bool) -> alt.Y:
    """A log axis in whole powers of ten around `values`; only the first of a row is labelled."""
    low, high = np.floor(np.log10(values.min())), np.ceil(np.log10(values.max()))
    step = max(1, int((high - low) // 8))
    axis = alt.Axis(
        title=title if first else None,
        values=[float(10.0**k) for k in np.arange(high, low - 1, -step)],
        format=".0e",
        labels=first,
        ticks=first,
    )
    return alt.Y(
        f"{name}:Q", scale=alt.Scale(type="log", domain=[10.0**low, 10.0**high]), axis=axis
    )


def _lines_of(
    frame: pd.DataFrame, labels: pd.Series, x: alt.X, y: alt.Y, value: str
) -> list[alt.Chart]:
    """A line a label with its band and points."""
    base, colours = alt.Chart(frame), colour(labels)
    low, high = alt.Y(f"{value}_low:Q"), f"{value}_high:Q"
    banded = alt.Chart(frame[frame[f"{value}_low"].notna()])
    return [
        banded.mark_area(opacity=0.16, clip=True).encode(x=x, y=low, y2=high, color=colours),
        base.mark_line(strokeWidth=2).encode(x=x, y=y, color=colours),
        base.mark_point(filled=True, size=35, opacity=1).encode(
            x=x, y=y, color=colours, shape=shape(labels)
        ),
    ]


def _length_figure(lengths: pd.DataFrame) -> alt.VConcatChart:
    """Before training and trained: the norm that clipping acts on, and what the first word gets."""
    rows = []
    for quantity, title in (
        ("grad_norm", "‖gradient of the loss‖, all weights"),
        ("grad_first_h", "‖∂margin/∂h‖ at the first word read"),
    ):
        frame = lengths[(lengths["quantity"] == quantity) & (lengths["direction"] == "forward")]
        panels: list[alt.LayerChart] = []
        for snapshot in ("initial", "best"):
            part = frame[frame["snapshot"] == snapshot]
            x = alt.X("length:Q", title="words read").scale(type="log", nice=False, padding=12)
            x = x.axis(values=sorted(set(frame["length"])), format="d", grid=False)
            y = _log("value", frame["value"], title, not panels)
            layers = _lines_of(part, lengths["label"], x, y, "value")
            if quantity == "grad_norm":
                clips = part[["label", "clip"]].drop_duplicates()
                dash = alt.Chart(clips).mark_rule(strokeDash=[6, 4], strokeWidth=1.2)
                layers.append(dash.encode(y="clip:Q", color=colour(lengths["label"])))
            heading = alt.Title(_SHOWN[snapshot], fontSize=13, fontWeight="normal")
            panels.append(
                alt.LayerChart(layer=layers, title=heading, width=WIDTH // 2 - 70, height=220)
            )
        rows.append(alt.HConcatChart(hconcat=panels, spacing=40))
    return page(
        rows,
        24,
        "Vanishing and exploding: gradients against the length of the text",
        [
            f"running text up to a verb, read left to right, {_span(lengths['n_texts'])} texts a "
            f"point, {seeds_a_model(lengths)}",
            f"dashed: where training clips ({_clips(lengths)})",
            f"bands: 95 % {_INTERVAL}, holding the variance of initialisation",
        ],
    )


def _span(counts: pd.Series) -> str:
    """Of counts that are means over seeds."""
    return span(counts.round().astype(int))


def _clips(lengths: pd.DataFrame) -> str:
    """The norm that each model's training clips to: `lstm 1, srn 0.25`."""
    norms = lengths.groupby("model")["clip"].unique()
    return ", ".join(f"{m} {' or '.join(f'{c:g}' for c in clips)}" for m, clips in norms.items())


def _decay_figure(rates: pd.DataFrame) -> alt.VConcatChart:
    """The factor a token, before, halfway and after training; 1 would be no decay."""
    frame = rates[rates["path"].isin(_PATHS)]
    names = frame["path"].map(_PATHS) + ", read " + frame["direction"].map(_READ)
    frame = frame.assign(what=names, when=frame["snapshot"].map(_SHOWN))
    top = max(1.1, 1.2 * frame["factor"].max())
    panels = []
    for what in sorted(set(names), reverse=True):
        part = frame[frame["what"] == what]
        x = alt.X("when:N", title=None, sort=list(_SHOWN.values())).axis(labelAngle=0, ticks=False)
        offset = alt.XOffset("label:N").scale(domain=sorted(set(frame["label"])), padding=1)
        y = alt.Y("factor:Q", title="factor a token").scale(domain=[0, top], nice=False)
        colours, shapes = colour(frame["label"]), shape(frame["label"])
        one = alt.Chart(pd.DataFrame({"factor": [1.0]})).mark_rule(color="#bbbbbb")
        dots = alt.Chart(part)
        bars = dots.mark_rule(strokeWidth=1.6, clip=True).encode(
            x=x, xOffset=offset, y=alt.Y("factor_low:Q"), y2="factor_high:Q", color=colours
        )
        points = dots.mark_point(filled=True, size=60, opacity=1).encode(
            x=x, xOffset=offset, y=y, color=colours, shape=shapes
        )
        title = alt.Title(what, fontSize=13, fontWeight="normal")
        panels.append(
            alt.LayerChart(
                layer=[one.encode(y=y), bars, points],
                title=title,
                width=WIDTH // 2 - 60,
                height=200,
            )
        )
    rows = [
        alt.HConcatChart(hconcat=panels[i : i + 2], spacing=40) for i in range(0, len(panels), 2)
    ]
    return page(
        rows,
        24,
        "What is left of the margin's gradient for each word farther back",
        [
            f"fitted within {_span(frame['n_items'])} items, {seeds_a_model(frame)}",
            f"grey rule: no decay; bars: 95 % {_INTERVAL}, holding the variance of initialisation",
        ],
    )


def _lines(rates: pd.DataFrame) -> list[str]:
    """The factors a token of state and memory, before and after training."""
    lines = ["What is left of ‖∂margin/∂·‖ a token (1 would be no decay):"]
    shown = rates[rates["path"].isin(_PATHS) & rates["snapshot"].isin(["initial", "best"])]
    for _, part in shown.groupby(["label", "direction", "path"]):
        told = []
        for row in part.to_dict("records"):
            low, high = row["factor_low"], row["factor_high"]
            interval = "" if np.isnan(low) else f" [{low:.2f}, {high:.2f}]"
            told.append(f"{_SHOWN[row['snapshot']]} {row['factor']:.2f}{interval}")
            name = f"{row['label']}, {_PATHS[row['path']]}, {_READ[row['direction']]}"
        lines.append(f"  {name}: {', '.join(told)}")
    return ["\n".join(lines)]
