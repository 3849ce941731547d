"""report.html without a browser: its sections, sentences and specifications, by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from attractor.report import page
from attractor.report.analysis import Analysis, analyse
from attractor.report.collect import collect
from attractor.report.figures import figures
from attractor.report.gallery import gallery
from attractor.report.interactive import in_words, numbers, specification
from attractor.report.limits import limits
from attractor.report.page_parts import Example, Examples, Points, Prose, of_frame, script_json
from attractor.report.reproduce import reproduce
from attractor.report.runs import Found, find_runs
from attractor.report.style import colour, shape
from attractor.report.style import page as chart_page
from attractor.results import ITEMS, PREDICTIONS, write_csv
from fake_runs import TWO, items, read, write_runs

WRONG = {"lowest": (-9.0, -7.0), "low": (-5.5, -4.5), "lower": (-6.0, -4.2), "near": (1.0, -2.0)}
PER_CELL, LONGEST = 6, 5
VOID = {"meta", "link", "br"}


def sentence(item: pd.Series) -> str:
    """Words that say what they are: s the subject, b a noun between, v the verb."""
    words = [f"x{i}" for i in range(item["verb_index"] + item["n_following"] + 1)]
    words[0] = item["item_id"]
    words[item["subject_index"]], words[item["verb_index"]] = "s", "v"
    for i in range(item["n_intervening"]):
        words[item["subject_index"] + 1 + i] = "b"
    return " ".join(words)


def with_sentences() -> pd.DataFrame:
    """The probes that are asked, with their sentences."""
    found = items(PER_CELL, LONGEST)
    found = found[found["suite"] == "probes"]
    nouns = [
        " ".join(map(str, [1, *range(s, s + 1 + n)]))
        for s, n in zip(found["subject_index"], found["n_intervening"], strict=True)
    ]
    return found.assign(
        sentence=[sentence(item) for _, item in found.iterrows()],
        noun_indices=nouns,
        verb_indices="",
        relativizer="",
        subject="s",
        correct_form="v",
        wrong_form="vs",
    )


@pytest.fixture(scope="module")
def chosen() -> dict[str, str]:
    """Items with one noun between, an attractor, by the name of what lstm answers on them."""
    found = items(PER_CELL, LONGEST)
    kept = (found["suite"] == "probes") & (found["probe_set"] == "balanced")
    kept &= (found["n_intervening"] == 1) & (found["n_attractors"] == 1)
    return dict(zip([*WRONG, "right"], found.loc[kept, "item_id"], strict=False))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, chosen: dict[str, str]) -> Path:
    """Small runs whose lstm is right but for four items; the sentences beside the baselines."""
    folder = tmp_path_factory.mktemp("page")
    write_runs(folder, 2, TWO, PER_CELL, LONGEST)
    (baselines,) = folder.glob("baselines-*")
    write_csv(with_sentences(), ITEMS, baselines / "probes.csv")
    for seed, run in enumerate(sorted(folder.glob("lstm-*"))):
        frame = read(run, PREDICTIONS).set_index("item_id", drop=False)
        frame["margin"] = frame["margin"].abs() + 0.1
        for name, margins in WRONG.items():
            frame.loc[chosen[name], "margin"] = margins[seed]
        frame.loc[chosen["right"], "margin"] = 30.0
        frame["correct"] = (frame["margin"] > 0).astype(float)
        write_csv(frame, PREDICTIONS, run / PREDICTIONS.name)
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> Found:
    return find_runs(folder)


@pytest.fixture(scope="module")
def analysis(found: Found) -> Analysis:
    return analyse(collect(found))


@pytest.fixture(scope="module")
def html(folder: Path, found: Found, analysis: Analysis) -> str:
    return rendered(folder, found, analysis)


def rendered(folder: Path, found: Found, analysis: Analysis) -> str:
    charts = {name: specification(chart) for name, chart in figures(analysis).items()}
    return page.page(folder, found, analysis, charts)


@dataclass
class Read(HTMLParser):
    """The ids of sections, all addresses, and the elements that are left open."""

    sections: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.open += [] if tag in VOID else [tag]
        self.sections += [given.get("id") or ""] * (tag == "section")
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given[name] or "" for name in ("src", "href") if name in given]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read_html(text: str) -> Read:
    found = Read()
    found.feed(text)
    return found


def test_sections_in_order_and_nothing_from_outside(html: str) -> None:
    found = read_html(html)
    assert found.open == []
    assert len(set(found.ids)) == len(found.ids)
    assert found.sections == [
        *("headlines", "flagship", "models", "comparisons", "effects", "errors", "learning"),
        *("reproduce", "limits"),
    ]
    inside = {f"#{name}" for name in found.ids}
    beside = {x for x in found.links if x.startswith("figures/accuracy_by_")}
    assert beside
    others = set(found.links) - inside - {x for x in found.links if x.startswith("figures/")}
    assert others == {"data:,"}


def test_equal_runs_make_equal_bytes(
    folder: Path, found: Found, analysis: Analysis, html: str
) -> None:
    assert rendered(folder, found, analysis) == html


def test_what_is_missing_comes_first_and_as_text(
    folder: Path, found: Found, analysis: Analysis
) -> None:
    failed = replace(found, failed={"lstm-7": "</script><b>NaN</b>"})
    text = rendered(folder, failed, analysis)
    assert read_html(text).sections[0] == "missing"
    assert "1 run is not in what follows" in text
    assert "&lt;/script&gt;&lt;b&gt;NaN" in text


def test_gallery_shows_the_surest_errors_and_the_nearest_miss(
    analysis: Analysis, chosen: dict[str, str]
) -> None:
    of_lstm = next(x for x in gallery(analysis) if isinstance(x, Examples) and x.title == "lstm")
    (_, surest), (_, nearest), (_, right) = of_lstm.groups
    firsts = [example.words[0][0] for example in surest]
    assert firsts == [chosen["lowest"], chosen["lower"], chosen["low"]]
    assert [example.words[0][0] for example in nearest] == [chosen["near"]]
    assert right[0].words[0][0] == chosen["right"]
    assert "margin −8 on average of 2 seeds, 2 of them wrong" in surest[0].verdict
    assert "margin −0.5 on average of 2 seeds, 1 of them wrong" in nearest[0].verdict
    assert surest[0].verdict.startswith("says “vs”")
    assert right[0].verdict.startswith("says “v”: margin +30")


def test_words_of_a_sentence_are_marked(analysis: Analysis) -> None:
    of_lstm = next(x for x in gallery(analysis) if isinstance(x, Examples) and x.title == "lstm")
    example: Example = of_lstm.groups[0][1][0]
    marked = [(word, role) for word, role in example.words if role]
    assert marked[-5:-2] == [("s", "subject"), ("b", "attractor"), ("v", "verb")]
    assert [role for _, role in marked[-2:]] == ["after", "after"]
    every = [x.words for _, group in of_lstm.groups for x in group]
    before = [words for words in every if ("x1", "noun before") in words]
    assert 0 < len(before) < len(every)  # of half the items, the noun before has the other number


def test_broken_sentences_are_named(folder: Path, analysis: Analysis) -> None:
    (path,) = folder.glob("baselines-*/probes.csv")
    whole = path.read_text()
    path.write_text(whole.replace("noun_indices", "other"))
    try:
        parts = gallery(analysis)
    finally:
        path.write_text(whole)
    assert len(parts) == 2
    assert isinstance(parts[0], Prose)
    assert (
        parts[0].lines[0].startswith(f"lstm: no sentences: {path.parent.name}/probes.csv: no col")
    )


def test_no_string_ends_a_script_early() -> None:
    text = script_json({"label": "</script><!--"})
    assert "<" not in text
    assert json.loads(text) == {"label": "</script><!--"}


def test_a_long_table_says_what_it_leaves_out() -> None:
    frame = pd.DataFrame({"n": range(401), "share": [0.123456] * 400 + [float("nan")]})
    table = of_frame(frame, "caption", "folded", "all.csv")
    assert table.head == ["n", "share"]
    assert len(table.groups[0][1]) == 400
    assert table.groups[0][1][0] == ["0", "0.1235"]
    assert table.notes == ["The first 400 of 401 rows; all are in all.csv."]
    assert of_frame(frame.tail(1), "", "", "").groups[0][1] == [["400", ""]]


def chart() -> alt.VConcatChart:
    """A panel of two models' points, and a line of a baseline."""
    data = {"label": ["a", "a", "b"], "distance": [1, 2, 1], "accuracy": [0.9, 0.7, 0.6]}
    points = pd.DataFrame({**data, "ci_low": [0.8, None, 0.5], "n_items": [1200, 10, 10]})
    line = pd.DataFrame({"label": ["first noun"] * 2, "distance": [1, 2], "accuracy": [0.5, 0.5]})
    x, y = alt.X("distance:Q"), alt.Y("accuracy:Q")
    dashed = alt.Chart(line).mark_line().encode(x=x, y=y, strokeDash=alt.StrokeDash("label:N"))
    base = alt.Chart(points)
    layers = [
        dashed,
        base.mark_line(opacity=0.5).encode(x=x, y=y, color=colour("ab")),
        base.mark_point(opacity=1).encode(x=x, y=y, color=colour("ab"), shape=shape("ab")),
    ]
    panel = alt.LayerChart(layer=layers, title="one panel")
    return chart_page([alt.HConcatChart(hconcat=[panel])], 0, "Title", ["note"])


def test_points_tell_their_numbers_and_models_fade() -> None:
    made = specification(chart())
    dashed, line, points = made["vconcat"][0]["hconcat"][0]["layer"]
    assert [told["field"] for told in points["encoding"]["tooltip"]] == [
        *("label", "distance", "accuracy", "ci_low", "n_items"),
    ]
    assert points["encoding"]["tooltip"][3]["title"] == "95 % interval from"
    assert [told["field"] for told in dashed["encoding"]["tooltip"]] == ["label"]
    assert "tooltip" not in line["encoding"]
    assert line["encoding"]["opacity"] == {
        "condition": {"param": "isolate", "value": 0.5},
        "value": 0.04,
    }
    assert "opacity" not in dashed["encoding"]  # baselines stay, whoever is looked at
    assert made["params"][0]["views"] == [points["name"]]
    assert made["params"][0]["bind"] == "legend"


def test_numbers_of_a_chart_as_text() -> None:
    found = numbers(specification(chart()))
    assert found.columns.tolist() == [
        *("panel", "model", "distance (tokens)", "accuracy", "95 % interval from", "items"),
    ]
    assert found.shape == (5, 6)
    assert found.iloc[0].tolist() == ["one panel", "first noun", "1", "0.500", "", ""]
    assert found.iloc[2].tolist() == ["one panel", "a", "1", "0.900", "0.800", "1,200"]
    assert found.iloc[3].tolist() == ["one panel", "a", "2", "0.700", "", "10"]


def test_a_chart_in_words() -> None:
    words = in_words(specification(chart()))
    assert words == (
        "1 panel: one panel. accuracy of a 0.700 to 0.900; accuracy of b 0.600 to 0.600."
    )


def test_runs_of_several_commits_are_told_apart(found: Found, analysis: Analysis) -> None:
    alike = reproduce(analysis, "trial", [])
    assert isinstance(alike[0], Prose)
    assert alike[0].lines[0].startswith("One commit, one platform")
    manifests = [
        run.manifest | {"git_commit": "abc" if i else "def", "git_dirty": not i}
        for i, run in enumerate(analysis.collected.runs)
    ]
    runs = tuple(
        replace(run, manifest=manifest)
        for run, manifest in zip(analysis.collected.runs, manifests, strict=True)
    )
    collected = replace(analysis.collected, runs=runs)
    prose, _, origins, *_ = reproduce(replace(analysis, collected=collected), "trial", [])
    assert isinstance(prose, Prose)
    assert isinstance(origins, Points)
    assert prose.lines == [
        "The runs are not all alike; they differ in git commit (2), listed below."
    ]
    commits = dict(origins.points)["git commit"]
    assert "def with uncommitted changes (1 runs: " in commits
    assert f"abc ({len(found.finished) - 1} runs: " in commits


def test_limits_are_those_of_the_numbers(analysis: Analysis) -> None:
    told = dict(limits(analysis))
    assert told["Seeds"].startswith("2 a model and suite: an interval over so few")
    assert "not that of data" in told["Intervals"]
    assert told["Words"] == "Every word of every item is known to the networks."
