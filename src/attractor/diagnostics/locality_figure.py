"""Figures of locality: the curve over lag, the same by role, and the flagship sentence."""

from __future__ import annotations

import altair as alt
import pandas as pd

from attractor.report.panels import FEWEST_PREFIXES
from attractor.report.style import WIDTH, colour, page, seeds_a_model, shape

_METHODS = {
    "unknown": "an unknown word in its place",
    "gradient_x_input": "gradient × input",
    "other_number": "the other number in its place",
}
_SNAPSHOTS = {"best": "trained", "initial": "before training"}
_ROLES = {
    "subject": "subject",
    "attractor": "attractor",
    "noun of same number": "noun of same number",
    "filler": "number-free filler",
}
_BANDS = "bands: 95 % t interval over seeds, which all read the same probes"


def figures(curves: pd.DataFrame, words: pd.DataFrame) -> dict[str, alt.VConcatChart | None]:
    """All figures by file name; None for one with too few probes.

    curves: locality.BY_LAG; words: locality.FLAGSHIP_SHARES.
    """
    return {
        "locality": by_lag(curves),
        "locality_by_role": by_role(curves),
        "locality_flagship": flagship(words),
    }


def by_lag(curves: pd.DataFrame) -> alt.VConcatChart | None:
    """Share of the answer against lag; rows: trained, before training.

    The other number is a matter of nouns, and of which noun stands where; so that panel holds the
    subject alone, with one noun between.
    """
    curves = curves[curves["n_items"] >= FEWEST_PREFIXES]
    every = curves[curves["role"] == "all"]
    subject = curves[(curves["role"] == "subject") & (curves["n_intervening"] == "1")]
    if every.empty:
        return None
    rows = []
    for snapshot, state in _SNAPSHOTS.items():
        panels = []
        for method, what in _METHODS.items():
            found, y = every, "share of the answer"
            if method == "other_number":
                found, what = subject, "the subject in the other number"
                y = "share among the nouns"
            of_panel = (found["snapshot"] == snapshot) & (found["method"] == method)
            panels.append(_curve(found[of_panel], curves, "share", y, f"{state}: {what}", 3))
        rows.append(alt.HConcatChart(hconcat=panels, spacing=30))
    n_items = every["n_items"].max()
    note = [
        f"share: a word's |change of log-odds| over the sum of all words'; {n_items:,.0f} probes, "
        f"{seeds_a_model(every)}; right panels: one noun between",
        f"points: means over at least {FEWEST_PREFIXES} probes that are so long; {_BANDS}",
    ]
    return page(rows, 20, "How much of the answer comes from the word at each lag", note)


def by_role(curves: pd.DataFrame) -> alt.VConcatChart | None:
    """Effect against lag for words of one role each, in probes with one noun between."""
    drawn = curves[(curves["snapshot"] == "best") & (curves["n_intervening"] == "1")]
    drawn = drawn[drawn["n_items"] >= FEWEST_PREFIXES / 2]
    if drawn.empty:
        return None
    rows = []
    for method in ("other_number", "unknown"):
        of_method = drawn[(drawn["method"] == method) & drawn["role"].isin(_ROLES)]
        roles = [role for role in _ROLES if role in set(of_method["role"])]
        low, high = of_method["effect"].min(), of_method["effect"].max()
        panels = [
            _curve(
                of_method[of_method["role"] == role],
                of_method,
                "effect",
                "effect (log-odds)",
                [_ROLES[role], _METHODS[method]],
                len(_ROLES),
                [low - 0.5, high + 0.5],
            )
            for role in roles
        ]
        rows.append(alt.HConcatChart(hconcat=panels, spacing=30))
    note = [
        "effect: what the replacement takes from the log-odds of the right number; below 0, the "
        "word had misled",
        f"probes with one noun between, at least {FEWEST_PREFIXES // 2} a point; "
        f"{seeds_a_model(drawn)}; {_BANDS}",
    ]
    return page(rows, 20, "What words of one role do to the answer, by lag", note)


def flagship(words: pd.DataFrame) -> alt.VConcatChart:
    """Share of each word in the decision at either verb."""
    trained = words[words["snapshot"] == "best"]
    verbs = trained.groupby("verb")["token_index"].nunique().sort_values()
    rows = []
    for method, what in _METHODS.items():
        panels = []
        for verb, n_words in verbs.items():
            of_panel = (trained["method"] == method) & (trained["verb"] == verb)
            width = (WIDTH - 150) * n_words / verbs.sum()
            tokens = trained[trained["verb"] == verb].groupby("token_index")["token"].first()
            panels.append(
                _words(trained[of_panel], trained["label"], tokens, f"at {verb}: {what}", width)
            )
        rows.append(alt.HConcatChart(hconcat=panels, spacing=30))
    note = [
        "share: a word's |change of log-odds| over the sum of all words before the verb; "
        "no point: the word shows no number",
        f"one sentence, {seeds_a_model(trained)}; bars: 95 % t interval over seeds",
    ]
    return page(rows, 16, "“the flights the airline was cancelling were full”", note)


def _curve(
    drawn: pd.DataFrame,
    labels_of: pd.DataFrame,
    value: str,
    y_title: str,
    title: str | list[str],
    panels: int,
    domain: list[float] | None = None,
) -> alt.LayerChart:
    """A line a label of `value` against lag, with its interval over seeds."""
    columns = ["label", "lag", value, f"{value}_low", f"{value}_high", "n_items", "n_seeds"]
    base = alt.Chart(drawn[columns])
    x = alt.X("lag:Q", title="lag (0: last word before the verb)")
    x = x.axis(tickMinStep=1, format="d", grid=False, tickCount=6, labelFlush=False)
    scale = alt.Scale(domain=domain, nice=False) if domain else alt.Scale(zero=True)
    y = alt.Y(f"{value}:Q", title=y_title, scale=scale)
    colours, shapes = colour(labels_of["label"]), shape(labels_of["label"])
    layers = [
        base.mark_area(opacity=0.16, clip=True).encode(
            x=x, y=alt.Y(f"{value}_low:Q"), y2=f"{value}_high:Q", color=colours
        ),
        base.mark_line(strokeWidth=2).encode(x=x, y=y, color=colours),
        base.mark_point(filled=True, size=36, opacity=1).encode(
            x=x, y=y, color=colours, shape=shapes
        ),
    ]
    if domain:
        nothing = alt.Chart(pd.DataFrame({value: [0.0]}))
        layers.insert(0, nothing.mark_rule(color="#bbbbbb").encode(y=y))
    heading = alt.Title(title, fontSize=13, fontWeight="normal")
    return alt.LayerChart(layer=layers, title=heading, width=WIDTH / panels - 74, height=200)


def _words(
    drawn: pd.DataFrame, labels: pd.Series, tokens: pd.Series, title: str, width: float
) -> alt.LayerChart:
    """A column a word, in their order; within it a point a label, with its interval."""
    words = ", ".join(f"'{token}'" for token in tokens)
    axis = alt.Axis(labelExpr=f"[{words}][datum.value]", labelAngle=0, grid=False, ticks=False)
    x = alt.X("token_index:O", title=None, axis=axis)
    x = x.scale(domain=tokens.index.tolist(), paddingInner=0.15)
    offset = alt.XOffset("label:N").scale(domain=sorted(set(labels)), paddingOuter=0.6)
    y = alt.Y("share:Q", title="share").scale(domain=[0, 1])
    columns = ["label", "token", "token_index", "share", "share_low", "share_high", "n_seeds"]
    base = alt.Chart(drawn[columns])
    return alt.LayerChart(
        layer=[
            base.mark_rule(strokeWidth=1.6).encode(
                x=x, xOffset=offset, y=alt.Y("share_low:Q"), y2="share_high:Q", color=colour(labels)
            ),
            base.mark_point(filled=True, size=55, opacity=1).encode(
                x=x, xOffset=offset, y=y, color=colour(labels), shape=shape(labels)
            ),
        ],
        title=alt.Title(title, fontSize=13, fontWeight="normal"),
        width=width,
        height=150,
    )
