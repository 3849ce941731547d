"""report.html in a real browser: what it says, shows under the pointer, hides and never fetches."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from attractor.report import cli, contracts
from attractor.results import read_csv
from fake_runs import TWO, write_runs

CHROMIUM = shutil.which("chromium") or ""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium; on Debian: apt-get install chromium"),
]
QUIET = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run"]
QUIET += ["disable-background-networking", "disable-component-update", "disable-sync"]
FIGURE = "#figure-accuracy_by_distance"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models × 2 seeds with their report, and a run that failed; nobody writes here."""
    folder = tmp_path_factory.mktemp("page")
    write_runs(folder, 2, TWO, per_cell=8, longest=6)
    (folder / "broken").mkdir()
    (folder / "broken" / "error.txt").write_text("ValueError: <b>loss</b> is NaN\n")
    assert cli.main([str(folder)]) == 1
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[f"--{option}" for option in QUIET]
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """An open page, what it asked for, and what it complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def visit(browser: Browser, folder: Path, width: int) -> Visit:
    """The page with all its figures drawn."""
    found = Visit(browser.new_page(viewport={"width": width, "height": 900}))
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.on("console", lambda message: found.complaints.append(message.text))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.goto((folder / "report.html").as_uri())
    found.page.wait_for_selector("body[data-drawn=all]")
    return found


@pytest.fixture(scope="module")
def desktop(browser: Browser, folder: Path) -> Iterator[Visit]:
    found = visit(browser, folder, 1280)
    yield found
    found.page.close()


def table(folder: Path) -> pd.DataFrame:
    return read_csv(folder / "accuracy_by_distance.csv", contracts.ACCURACY_BY_DISTANCE)


def of_model(page: Page, model: str, marks: str) -> Locator:
    """A model's marks of a kind in the figure of distance."""
    return page.locator(f"{FIGURE} .mark-{marks}.role-mark path[aria-label*='model: {model}']")


def opacities(page: Page, model: str) -> set[float]:
    points = of_model(page, model, "symbol").all()
    assert points
    return {float(point.get_attribute("opacity") or 1) for point in points}


def legend(page: Page, model: str) -> Locator:
    texts = page.locator(f"{FIGURE} .role-legend-label text")
    return texts.filter(has_text=re.compile(f"^{model}$")).first


def test_answer_says_what_the_summary_says(desktop: Visit, folder: Path) -> None:
    answer = desktop.page.locator("#answer").inner_text()
    summary = read_csv(folder / "summary.csv", contracts.SUMMARY)
    probes = summary[summary["suite"] == "probes"].set_index("model")
    for model, name in (("lstm", "the LSTM"), ("srn", "the simple RNN")):
        row = probes.loc[model]
        low, high = row["accuracy_all_attractors_low"], row["accuracy_all_attractors_high"]
        share = f"{100 * row['accuracy_all_attractors']:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"
        assert f"{name} in {share}" in answer


def test_point_tells_its_model_accuracy_and_n(desktop: Visit, folder: Path) -> None:
    page = desktop.page
    point = of_model(page, "lstm", "symbol").first
    point.scroll_into_view_if_needed()
    point.hover()
    tooltip = page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    keys, values = (tooltip.locator(f"td.{part}").all_inner_texts() for part in ("key", "value"))
    told = dict(zip((key.rstrip(":") for key in keys), values, strict=True))
    cells = table(folder)
    cells = cells[(cells["suite"] == "probes") & (cells["probe_set"] == "balanced")]
    cells = cells[(cells["role"] == "outer") & (cells["model"] == "lstm")]
    cells = cells[(cells["n_intervening"] == 0) & (cells["n_attractors"] == "0")]
    row = cells.set_index("distance").loc[int(told["distance (tokens)"])]
    assert told["model"] == "lstm"
    assert told["accuracy"] == f"{row['accuracy']:.3f}"
    assert (told["items"], told["distinct prefixes"]) == (
        str(row["n_items"]),
        str(row["n_prefixes"]),
    )
    assert told["seeds"] == "2"
    assert (told["95 % interval from"], told["to"]) == (
        f"{row['ci_low']:.3f}",
        f"{row['ci_high']:.3f}",
    )
    assert told["variance held"] == row["interval"]


def test_legend_isolates_a_model_and_brings_all_back(desktop: Visit) -> None:
    page = desktop.page
    assert opacities(page, "srn") == opacities(page, "lstm") == {1.0}
    legend(page, "lstm").click()
    assert opacities(page, "srn") == {0.08}
    assert opacities(page, "lstm") == {1.0}
    legend(page, "lstm").click()
    assert opacities(page, "srn") == opacities(page, "lstm") == {1.0}
    legend(page, "srn").click()
    assert opacities(page, "lstm") == {0.08}
    legend(page, "lstm").click()  # both are chosen now
    assert opacities(page, "srn") == opacities(page, "lstm") == {1.0}


def test_nothing_is_fetched_and_nothing_complained_of(desktop: Visit, folder: Path) -> None:
    assert desktop.requests[0] == (folder / "report.html").as_uri()
    assert not [x for x in desktop.requests[1:] if not x.startswith(("data:", "blob:"))]
    assert desktop.complaints == []


def test_every_figure_has_its_text(desktop: Visit, folder: Path) -> None:
    figures = desktop.page.locator("figure").all()
    drawn = {path.stem for path in (folder / "figures").glob("*.svg")}
    assert {f"figure-{name}" for name in drawn} == {x.get_attribute("id") for x in figures}
    for figure in figures:
        chart = figure.locator(".chart")
        assert "lstm" in (chart.get_attribute("aria-label") or "")
        assert chart.locator("svg").count() == 1
        assert figure.locator("figcaption").inner_text().strip()
        assert figure.locator("details table tbody tr").count() > 1


def test_the_folded_table_has_every_point(desktop: Visit) -> None:
    page = desktop.page
    n_points = page.locator(f"{FIGURE} .mark-symbol.role-mark path").count()
    page.locator(f"{FIGURE} summary").click()
    rows = page.locator(f"{FIGURE} details tbody tr")
    names = [row.locator("td").first.inner_text() for row in rows.all()]
    assert sum(name in TWO for name in names) == n_points > 0


def test_a_chart_that_cannot_be_drawn_does_not_stop_the_others(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    start = '<script type="application/json" id="accuracy_by_distance-chart">'
    assert text.count(start) == 1
    (tmp_path / "report.html").write_text(text.replace(start, f"{start}not JSON"), "utf-8")
    page = visit(browser, tmp_path, 1280).page
    assert "cannot draw the figure" in page.locator(f"{FIGURE} .chart").inner_text()
    charts = page.locator(".chart").all()
    assert len(charts) > 1
    assert sum(chart.locator("svg").count() for chart in charts) == len(charts) - 1
    page.close()


def test_headings_are_in_order(desktop: Visit) -> None:
    levels = desktop.page.eval_on_selector_all(
        "h1, h2, h3, h4", "found => found.map(heading => Number(heading.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_never_scrolls_sideways(browser: Browser, folder: Path, width: int) -> None:
    page = visit(browser, folder, width).page
    page.evaluate("document.querySelectorAll('details').forEach(box => { box.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    hints = page.locator(f"{FIGURE} > .hint")
    assert hints.is_visible() == (width == 390)
    page.close()


def test_what_failed_is_named_as_text(desktop: Visit) -> None:
    missing = desktop.page.locator("#missing")
    assert "broken: ValueError: <b>loss</b> is NaN" in missing.inner_text()
    assert missing.locator("b").count() == 0
