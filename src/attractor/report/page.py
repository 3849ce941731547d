"""report.html: one page that needs nothing else. Which sections it has, in order, and how it is
rendered; their parts are made in gallery, glossary, limits, page_parts, page_tables, reproduce.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import jinja2
import pandas as pd
import vl_convert
from markupsafe import Markup

from attractor.report import page_tables, words
from attractor.report.analysis import Analysis
from attractor.report.comparisons import NOUNS
from attractor.report.gallery import gallery
from attractor.report.glossary import vocabulary
from attractor.report.interactive import Specification
from attractor.report.limits import limits
from attractor.report.page_parts import (
    Code,
    Figure,
    Part,
    Points,
    Prose,
    Section,
    figure,
    of_frame,
)
from attractor.report.reproduce import experiment, reproduce
from attractor.report.runs import Found
from attractor.report.style import VEGA_LITE, interval_held, seeds_a_model, span

NAME = "report.html"
# By the beginning of a figure's name, the table that it is drawn from; the longest fits.
_DRAWN_FROM = {
    **{f"accuracy_by_{what}": f"accuracy_by_{what}.csv" for what in (
        "distance", "attractors", "subject_position", "construction", "error_position"
    )},
    "accuracy_against": "accuracy_by_attractors.csv",
    "accuracy_by_task": "summary.csv",
    "accuracy_by_training": "summary.csv",
    "learning_curve": "summary.csv",
    "training": "history.csv",
    "errors": "errors.csv",
}  # fmt: skip
_SHOWN = 12  # sentences of a kind
_HEADLINES = ("accuracy_by_distance", "accuracy_by_attractors", "accuracy_by_subject_position")


def page(
    folder: Path,
    found: Found,
    analysis: Analysis,
    charts: Mapping[str, Specification],
    vega: str,
) -> str:
    """The whole page. Equal runs give equal bytes, wherever `folder` lies.

    charts: specifications by their files' name, as they are saved; vega: as `bundle` makes it.
    """
    name = experiment(folder, analysis.collected.runs)
    figures = [figure(n, made, _drawn_from(n, analysis)) for n, made in charts.items()]
    sections = _sections(name, found, analysis, figures)
    return _template().render(
        name=name,
        question=words.QUESTION,
        answer=words.answer(analysis),
        vocabulary=vocabulary(analysis),
        sections=[section for section in sections if section.parts],
        css=Markup(_file("report.css")),
        js=Markup(_file("report.js")),
        bundle=Markup(vega),
    )


def _sections(
    name: str, found: Found, analysis: Analysis, figures: Sequence[Figure]
) -> list[Section]:
    """All sections in order; those that the runs do not fill have no parts."""
    headlines = [part for part in figures if part.name.startswith(_HEADLINES)]
    learning = [part for part in figures if part.name.startswith(("training", "learning_curve"))]
    others = [part for part in figures if part not in headlines + learning]
    diagnosed = []
    for diagnostic, report in analysis.diagnostics.items():
        drawn = [part for part in others if part.name.startswith(diagnostic)]
        others = [part for part in others if part not in drawn]
        said = [Code(report.lines)] if report.lines else []
        title = f"Diagnostic: {diagnostic.replace('_', ' ')}"
        diagnosed.append(Section(f"diagnostic-{diagnostic}", title, [*said, *drawn]))
    flagship, suites = page_tables.flagship(analysis), page_tables.suites(analysis)
    examples = gallery(analysis)
    tables = [page_tables.side_by_side(analysis), page_tables.biases(analysis)]
    compared, costs = _comparisons(analysis), _effects(analysis)
    wholes = [suites] if suites else []
    return [
        Section("missing", "What is missing", _missing(found)),
        Section("headlines", "Accuracy by distance, attractors and place", headlines),
        Section("flagship", "The flagship sentence", [_SENTENCE, flagship] if flagship else []),
        Section("models", "Models and baselines", tables),
        Section("comparisons", "Comparisons of models", compared),
        Section("effects", "What each factor costs", costs),
        Section("errors", "What they get wrong", [_HOW_MARKED, *examples] if examples else []),
        Section("suites", "Constructions, suites, tasks and texts", [*wholes, *others]),
        *diagnosed,
        Section("learning", "Training", learning),
        Section("reproduce", "How to reproduce", reproduce(analysis, name, figures)),
        Section("limits", "Known limits", [Points(limits(analysis))]),
    ]


_SENTENCE = Prose(
    [
        "“The flights the airline was cancelling were full”: was agrees with airline, one word "
        "back; were with flights, five words back and across a noun of the other number."
    ]
)
_HOW_MARKED = Prose(
    [
        "Marked are the subject (bold, underlined), attractors (italic, wavy line: nouns between "
        "of the other number), nouns before the subject of the other number (dotted) and the verb "
        "(boxed, in its right form); what comes after it is grey. Margin: log-odds of the right "
        "over the wrong number, below 0 is wrong."
    ]
)


def _missing(found: Found) -> list[Part]:
    """Runs that were set aside, and diagnostics (run/name) that were left out of a run."""
    if not found.failed:
        return []
    of_runs = [name for name in found.failed if "/" not in name]
    counts = {"run": len(of_runs), "diagnostic": len(found.failed) - len(of_runs)}
    told = " and ".join(f"{n} {what}{'s' * (n > 1)}" for what, n in counts.items() if n)
    said = f"{told} {'is' if len(found.failed) == 1 else 'are'} not in what follows:"
    return [Prose([said], important=True), Points(list(found.failed.items()))]


def _comparisons(analysis: Analysis) -> list[Part]:
    found, said = analysis.comparisons, words.comparisons(analysis)
    if not said:
        return []
    columns = [name for name in found if name not in ("config_a", "config_b", "interval", "method")]
    return [
        Prose([_measured(found[found["by"] == NOUNS])]),
        *_listed(said),
        of_frame(found[columns], "Paired comparisons", "All as a table", "comparisons.csv"),
    ]


def _effects(analysis: Analysis) -> list[Part]:
    found, said = analysis.effects, words.effects(analysis)
    if not said:
        return []
    columns = [name for name in found if name not in ("model", "interval", "method")]
    return [
        Prose([f"All other factors held. {_measured(found)}"]),
        *_listed(said),
        of_frame(found[columns], "The regression", "All as a table", "effects.csv"),
    ]


def _measured(found: pd.DataFrame) -> str:
    """n, what the intervals hold and how they were computed, of comparisons or effects."""
    return (
        f"{span(found['n_items'])} items a seed, {seeds_a_model(found)}; [from, to]: "
        f"{interval_held(found)}. Method: {' / '.join(sorted(set(found['method'])))}."
    )


def _listed(said: Sequence[str]) -> list[Part]:
    """The sentences; of many, all but the first are folded."""
    points = [("", line) for line in said]
    shown, rest = points[:_SHOWN], points[_SHOWN:]
    return [Points(shown), *([Points(rest, folded=f"{len(rest)} more")] if rest else [])]


def _drawn_from(name: str, analysis: Analysis) -> str:
    """The CSV, or CSVs, that a figure is drawn from; a diagnostic's are all that it wrote."""
    fitting = [start for start in _DRAWN_FROM if name.startswith(start)]
    if fitting:
        return _DRAWN_FROM[max(fitting, key=len)]
    of_diagnostic = next((d for d in analysis.diagnostics if name.startswith(d)), None)
    if of_diagnostic is None:
        return ""
    return ", ".join(table.name for table, _ in analysis.diagnostics[of_diagnostic].tables)


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("attractor.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja")


def _file(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


@cache
def bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed, as vl-convert carries them: nothing is fetched."""
    vega: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)
    return vega.replace("</script", "<\\/script")
