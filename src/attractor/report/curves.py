"""Figures of learning: by epoch, and by the number of training sentences."""

from __future__ import annotations

import altair as alt
import pandas as pd

from attractor.report.collect import Collected
from attractor.report.configs import BASELINE, CONFIG, named
from attractor.report.style import WIDTH, colour, interval_held, page, seeds_a_model, shape

SIZE = "data.n_sentences"


def training(history: pd.DataFrame, collected: Collected) -> alt.VConcatChart | None:
    """Validation loss and accuracy by epoch: a thin line a seed, a thick one for their mean.

    The mean ends where the first seed stopped: beyond, it would be of ever fewer seeds.
    """
    if history.empty:
        return None
    frame = history.merge(collected.configs[[*CONFIG, "label"]], on=CONFIG)
    n_seeds = frame.groupby("label")["run_id"].nunique()
    means = frame.groupby(["label", "epoch"])[["valid_loss", "valid_accuracy"]].agg("mean")
    counts = frame.groupby(["label", "epoch"]).size()
    everyone = counts.to_numpy() == n_seeds.loc[counts.index.get_level_values("label")].to_numpy()
    means = means[everyone].reset_index()
    means["n_seeds"] = means["label"].map(n_seeds)
    columns = ["label", "epoch", "run_id", "valid_loss", "valid_accuracy"]
    panels = []
    for column, title in (
        ("valid_loss", "validation loss (nats)"),
        ("valid_accuracy", "validation accuracy"),
    ):
        x = alt.X("epoch:Q", title="epoch").axis(
            tickMinStep=1, format="d", grid=False, labelFlush=False
        )
        y = alt.Y(f"{column}:Q", title=title).scale(zero=False)
        seeds = alt.Chart(frame[columns]).mark_line(strokeWidth=1, opacity=0.35)
        mean = alt.Chart(means).mark_line(strokeWidth=2.5)
        points = alt.Chart(means).mark_point(filled=True, size=45, opacity=1)
        colours = colour(frame["label"])
        panels.append(
            alt.layer(
                seeds.encode(x=x, y=y, color=colours, detail="run_id:N"),
                mean.encode(x=x, y=y, color=colours),
                points.encode(x=x, y=y, color=colours, shape=shape(frame["label"])),
            ).properties(width=WIDTH / 2 - 50, height=260)
        )
    low, high = n_seeds.min(), n_seeds.max()
    seeds_text = f"{low}" if low == high else f"{low}–{high}"
    note = f"thin: each of {seeds_text} seeds; thick: their mean while every seed still trains"
    return page([alt.HConcatChart(hconcat=panels, spacing=30)], 0, "Training curves", [note])


def learning_curve(summary: pd.DataFrame, collected: Collected) -> alt.VConcatChart | None:
    """Accuracy against training sentences: in distribution, and on the headline probes.

    summary: contracts.SUMMARY with the swept choices. None where the size was not swept.
    """
    if SIZE not in summary:
        return None
    rows = summary[(summary["suite"] == "probes") & ~summary["model"].str.startswith(BASELINE)]
    sizes = pd.to_numeric(rows[SIZE])
    labels = named(rows, [key for key in collected.swept if key != SIZE])
    panels = []
    for column, title in (
        ("accuracy_test", "in distribution"),
        ("accuracy_no_attractor", "probes, no attractor"),
        ("accuracy_all_attractors", "probes, all attractors"),
    ):
        frame = pd.DataFrame(
            {
                "sentences": sizes,
                "label": labels,
                "accuracy": rows[column],
                "low": rows.get(f"{column}_low"),
                "high": rows.get(f"{column}_high"),
                "interval": rows["interval"],
                "n_seeds": rows["n_seeds"],
            }
        )
        x = alt.X("sentences:Q", title="training sentences").scale(type="log", nice=False)
        x = x.axis(values=sorted(sizes.unique().tolist()), format=",d", grid=False, labelAngle=-40)
        y = alt.Y("accuracy:Q", title="accuracy").scale(zero=False, domain=[0.3, 1.0])
        base = alt.Chart(
            frame,
            width=WIDTH / 3 - 50,
            height=240,
            title=alt.Title(title, fontSize=13, fontWeight="normal"),
        )
        colours, shapes = colour(frame["label"]), shape(frame["label"])
        panels.append(
            alt.layer(
                base.mark_area(opacity=0.16, clip=True).encode(
                    x=x, y=alt.Y("low:Q"), y2="high:Q", color=colours
                ),
                base.mark_line(strokeWidth=2).encode(x=x, y=y, color=colours),
                base.mark_point(filled=True, size=45, opacity=1).encode(
                    x=x, y=y, color=colours, shape=shapes
                ),
            )
        )
    note = f"{seeds_a_model(rows)}; bands: {interval_held(rows)}"
    row = alt.HConcatChart(hconcat=panels, spacing=30)
    return page([row], 0, "Accuracy against training sentences", [note])
