"""A traced text as a figure: p(plural) after every word, and below it the gates."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

import altair as alt
import pandas as pd

from attractor.report.style import WIDTH, colour, page, shape
from attractor.tracing.measure import Traced

MAPS = 4  # heat maps that a page holds
_GATES = {
    "forget": "forget gate",
    "input": "input gate",
    "output": "output gate",
    "|cand|": "|candidate|",
    "|C|": "|C|, memory",
    "|h|": "|h|, state",
}
_NUMBERED = 22  # words beside each other that leave room for a number in a cell, a slanted label
_PANEL = WIDTH - 170  # beside the rows' names and the key to the colours


def name(traced: Sequence[Traced]) -> str:
    """The file name without ending: the text's first words, and a hash of text and runs."""
    given = traced[0].answers["given"]
    asked = json.dumps([given.tolist(), sorted(one.run_id for one in traced)])
    slug = re.sub("[^a-z0-9]+", "_", " ".join(given[:4]).lower())[:40].strip("_")
    digest = hashlib.sha256(asked.encode()).hexdigest()[:6]
    return "_".join(filter(None, ["trace", slug, digest]))


def figure(traced: Sequence[Traced]) -> alt.VConcatChart:
    """p(plural) by word, a line each run; and gates by word, a heat map each reading of an LSTM.

    traced: one text through one run or several.
    """
    maps = [
        (f"{one.run_id}, {direction}: means over {one.units} units", frame)
        for one in traced
        for direction, frame in one.readings.items()
        if "forget" in frame
    ]
    given = traced[0].answers["given"].tolist()
    unknown = pd.concat([one.answers["unknown"] for one in traced], axis=1).any(axis=1)
    words = [f"{word} <unk>" if u else word for word, u in zip(given, unknown, strict=True)]
    rows = [_answers(traced, words)]
    if maps:
        rows.append(_heat_maps(maps[:MAPS], words))
    notes = [f"{len(words)} words; one network a run, so no interval"]
    if unknown.any():
        notes.append("<unk>: a word that training never held")
    if len(maps) > MAPS:
        notes.append(f"gates: the first {MAPS} of {len(maps)} readings by LSTMs")
    title = " ".join(given)
    title = title if len(title) <= 90 else f"{title[:89]}…"
    return page(rows, 14, f"“{title}”", notes)


def _answers(traced: Sequence[Traced], words: list[str]) -> alt.HConcatChart:
    frame = pd.concat([one.answers.assign(label=one.run_id) for one in traced])
    frame = frame[["label", "p_plural"]].assign(position=frame.index)
    y = alt.Y("p_plural:Q", title="p(plural) of the next verb").scale(domain=[0, 1])
    y = y.axis(minExtent=80, maxExtent=80, values=[0, 0.25, 0.5, 0.75, 1], format=".2f")
    base = alt.Chart(frame, width=_PANEL, height=240).encode(
        x=_x("after reading the word", len(words), words), y=y, color=colour(frame["label"])
    )
    half = alt.Chart(pd.DataFrame({"half": [0.5]})).mark_rule(color="#999999", strokeDash=[4, 3])
    points = base.mark_point(filled=True, size=70, opacity=1)
    layers = [
        half.encode(y="half:Q"),
        base.mark_line(strokeWidth=2),
        points.encode(shape=shape(frame["label"])),
    ]
    return alt.HConcatChart(hconcat=[alt.layer(*layers)])


def _heat_maps(maps: Sequence[tuple[str, pd.DataFrame]], words: list[str]) -> alt.HConcatChart:
    """maps: titles, and frames of n rows, a word each, with the columns of measure.SIZES.

    One scale of colours for all, so that runs compare; only |C| can go beyond it.
    """
    y = alt.Y("what:N", sort=list(_GATES.values()), title=None)
    y = y.axis(minExtent=80, maxExtent=80, labelLimit=0, ticks=False, domain=False)
    scale = alt.Scale(scheme="viridis", domain=[0, 1], clamp=True)
    panels = []
    for i, (title, frame) in enumerate(maps):
        cells = frame.rename(columns=_GATES).rename_axis("position").reset_index()
        cells = cells.melt("position", var_name="what", value_name="mean")
        title_above = alt.Title(title, fontSize=13, fontWeight="normal", anchor="start")
        base = alt.Chart(cells, width=_PANEL, height=126, title=title_above).encode(
            x=_x(None, len(words), words if i == len(maps) - 1 else None), y=y
        )
        legend = None if i else alt.Legend(orient="right", title="mean", gradientLength=110)
        layers = [base.mark_rect().encode(color=alt.Color("mean:Q", scale=scale, legend=legend))]
        if len(words) <= _NUMBERED:
            ink = alt.condition("datum.mean > 0.6", alt.value("black"), alt.value("white"))
            numbers = base.mark_text(fontSize=11)
            layers.append(numbers.encode(text=alt.Text("mean:Q", format=".2f"), color=ink))
        panels.append(alt.layer(*layers))
    # The page shares the runs' colours between its rows; these are another scale.
    column = alt.VConcatChart(vconcat=panels, spacing=14)
    return alt.HConcatChart(hconcat=[column], resolve={"scale": {"color": "independent"}})


def _x(title: str | None, n: int, words: list[str] | None) -> alt.X:
    """n positions, so that a word met twice has two places; labelled with words, where given."""
    position = alt.X("position:O", title=title).scale(type="band", paddingInner=0, paddingOuter=0)
    return position.axis(
        labels=words is not None,
        ticks=words is not None,
        labelExpr=f"{json.dumps(words)}[datum.value]",
        labelAngle=-40 if n <= _NUMBERED else -90,
        labelLimit=110,
        labelOverlap=False,
        grid=False,
    )
