"""report.html without a browser: its sections, sentences and specifications, by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest

from attractor.report import page
from attractor.report.analysis import Analysis, analyse
from attractor.report.build import _made_before
from attractor.report.collect import collect
from attractor.report.figures import figures
from attractor.report.gallery import gallery
from attractor.report.glossary import TERMS
from attractor.report.interactive import in_words, numbers, specification
from attractor.report.limits import limits
from attractor.report.page_parts import (
    Code,
    Example,
    Examples,
    Points,
    Prose,
    of_frame,
    script_json,
)
from attractor.report.page_tables import biases, side_by_side
from attractor.report.reproduce import experiment, reproduce
from attractor.report.runs import Found, Run, find_runs
from attractor.report.style import colour, shape
from attractor.report.style import page as chart_page
from attractor.results import ITEMS, PREDICTIONS, write_csv
from fake_runs import TWO, as_published, items, read, write_runs

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
    return page.page(folder, found, analysis, charts, page.bundle())


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


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["lstm-7/gates"], "1 diagnostic is not in what follows"),
        (["lstm-7", "srn-1/gates"], "1 run and 1 diagnostic are not in what follows"),
        (["lstm-7", "lstm-8", "a/b", "a/c"], "2 runs and 2 diagnostics are not in what follows"),
    ],
)
def test_diagnostics_are_counted_apart(
    folder: Path, found: Found, analysis: Analysis, names: list[str], said: str
) -> None:
    failed = replace(found, failed=dict.fromkeys(names, "cut short"))
    html = page.page(folder, failed, analysis, {}, page.bundle())
    assert f'<p class="important">{said}:</p>' in html


def test_the_name_is_that_of_a_run_that_can_be_read(tmp_path: Path) -> None:
    for name, text in (
        ("a", b"\0\0\0"),
        ("b", b"\xff\xfe\xfa"),
        ("c", b"[1, 2"),
        ("d", b"- 1\n"),
        ("f", b"name: mine\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_bytes(text)
    runs = [Run(tmp_path / name, {}, "c") for name in "abcdef"]  # e has none
    assert experiment(tmp_path, runs) == "mine"
    assert experiment(tmp_path, runs[:-1]) == tmp_path.name


def test_a_page_is_made_beside_a_run_whose_configuration_is_spoilt(tmp_path: Path) -> None:
    write_runs(tmp_path, 2, TWO, 4, 3)
    as_published(tmp_path)
    spoilt = find_runs(tmp_path).finished[0].folder
    (spoilt / "config.yaml").write_bytes(bytes((spoilt / "config.yaml").stat().st_size))
    found = find_runs(tmp_path)
    assert found.finished[0].folder == spoilt  # which only its checksum tells
    html = page.page(tmp_path, found, analyse(collect(found)), {}, page.bundle())
    assert f"{spoilt.name}</strong>: config.yaml was edited" in html


def test_short_names_and_terms_stand_under_the_answer(html: str) -> None:
    top = html[html.index('id="answer"') : html.index("<nav")]
    assert "In figures and tables, lstm is the LSTM, srn is the simple RNN." in top
    assert "birnn" not in top
    assert "<summary>Words used here</summary>" in top
    terms = ("attractor", "distance", "balanced probes", "outer probes", "prefix", "template")
    terms += ("seed", "heuristics", "Holm", "h", "McNemar", "interval", "reach", "d′", "criterion")
    for term in terms:
        assert f"<li><strong>{term}</strong>: " in top
    assert all(text.endswith(".") for text in TERMS.values())


def test_baselines_stand_once_under_their_name(analysis: Analysis) -> None:
    for table in (side_by_side(analysis), biases(analysis)):
        assert [heading for heading, _ in table.groups] == [
            *("networks, task number_prediction", "baselines")
        ]
        rows = [row[0] for row in table.groups[1][1]]
        assert {"first noun", "bag of words", "ngrams"} <= set(rows)


def test_sentences_are_read_once_and_answers_not_again(
    analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    read_csv = pd.read_csv

    def noted(path: Path, *given: Any, **named: Any) -> pd.DataFrame:
        read.append(path.name)
        return read_csv(path, *given, **named)

    monkeypatch.setattr(pd, "read_csv", noted)
    assert [x.title for x in gallery(analysis) if isinstance(x, Examples)] == ["lstm", "srn"]
    assert read == ["probes.csv"]


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


def of_manifests(analysis: Analysis, changes: Sequence[Mapping[str, object]]) -> Analysis:
    """The analysis with more in its runs' manifests; of fewer changes than runs, the last stays."""
    runs = tuple(
        replace(run, manifest=run.manifest | changes[min(i, len(changes) - 1)])
        for i, run in enumerate(analysis.collected.runs)
    )
    return replace(analysis, collected=replace(analysis.collected, runs=runs))


ONE_OF_ALL = {
    **{"git_commit": "abc", "platform": "Linux", "python": "3.11", "precision": "fp32"},
    **{"versions": {"torch": "2.13"}, "data_fingerprint": "t0"},
}


def said(analysis: Analysis) -> str:
    prose = reproduce(analysis, "trial", [])[0]
    assert isinstance(prose, Prose)
    return prose.lines[0]


def origins(analysis: Analysis) -> dict[str, str]:
    parts = reproduce(analysis, "trial", [])
    return dict(next(x for x in parts if isinstance(x, Points)).points)


def test_runs_of_several_commits_are_told_apart(analysis: Analysis) -> None:
    n = len(analysis.collected.runs)
    dirty = {**ONE_OF_ALL, "git_commit": "def", "git_dirty": True}
    several = of_manifests(analysis, [dirty, {**ONE_OF_ALL, "git_dirty": False}])
    assert said(several) == (
        "The runs are not all alike; they differ in git commit (2), listed below."
    )
    commits = origins(several)["git commit"]
    assert "def with uncommitted changes (1 run: " in commits
    assert f"abc ({n - 1} runs: " in commits


def test_runs_that_are_alike_are_said_to_be(analysis: Analysis) -> None:
    assert said(of_manifests(analysis, [ONE_OF_ALL])) == (
        "One commit, one platform, one set of versions and one text: the runs are alike."
    )


def test_texts_that_differ_are_differences(analysis: Analysis) -> None:
    suites = analysis.collected.runs[0].manifest["suites"]
    other = {**ONE_OF_ALL, "data_fingerprint": "t1", "suites": {**suites, "probes": "p1"}}
    several = of_manifests(analysis, [other, ONE_OF_ALL])
    assert said(several) == (
        "The runs are not all alike; they differ in fingerprint of the training text (2), "
        "fingerprint of the items of probes (2), listed below."
    )
    assert origins(several)["fingerprint of the training text"].startswith("t1 (1 run: ")


def test_unknown_is_said_to_be_unknown(analysis: Analysis) -> None:
    assert said(of_manifests(analysis, [{**ONE_OF_ALL, "git_commit": None}])) == (
        "Nothing that is known of the runs differs between them. Unknown of all runs: git commit."
    )


def code(analysis: Analysis, name: str) -> list[Code]:
    return [part for part in reproduce(analysis, name, []) if isinstance(part, Code)]


def test_an_experiments_command_is_that_of_its_file(analysis: Analysis) -> None:
    (commands,) = code(analysis, "distance")
    assert "make experiment EXPERIMENT=distance" in commands.lines
    assert any("ARGS" in line for line in commands.lines)


def test_runs_by_hand_have_a_command_each(analysis: Analysis) -> None:
    by_hand, commands = code(analysis, "mine")
    assert "make experiment" not in "\n".join([*by_hand.lines, *commands.lines])
    rest = "task=number_prediction data.regime=natural"
    assert by_hand.lines == [
        f"attractor name=mine model=lstm hidden=20 {rest} seed=0",
        f"attractor name=mine model=lstm hidden=20 {rest} seed=1",
        f"attractor name=mine model=srn hidden=10 {rest} seed=0",
        f"attractor name=mine model=srn hidden=10 {rest} seed=1",
    ]
    assert by_hand.folded == ""
    prose = reproduce(analysis, "mine", [])[1]
    assert isinstance(prose, Prose)
    assert prose.lines[0].startswith("There is no conf/experiment/mine.yaml: each run by a command")
    plain, _ = code(analysis, "manual")  # the default's name need not be said
    assert plain.lines[0].startswith("attractor model=lstm ")


def test_many_commands_are_folded_and_quoted(analysis: Analysis) -> None:
    collected = analysis.collected
    runs = tuple(
        replace(run, manifest=run.manifest | {"choices": {"task.words": "[a, b]"}})
        for run in [*collected.runs, *collected.runs]
    )
    by_hand, _ = code(replace(analysis, collected=replace(collected, runs=runs)), "manual")
    assert by_hand.folded == "8 commands, one a run"
    assert by_hand.lines[0] == "attractor 'task.words=[a, b]' seed=0"


def pairs(n: int) -> list[tuple[str, str]]:
    labels = [f"model-{i:02d}" for i in range(n)]
    colours = colour(labels).to_dict()["scale"]["range"]
    shapes = shape(labels).to_dict()["scale"]["range"]
    return list(zip(colours, shapes, strict=True))


def test_every_model_has_a_look_of_its_own() -> None:
    found = pairs(24)
    assert len(found) == 24
    assert len(set(found)) == 24
    assert len({first for first, _ in found}) == 8


def test_colours_that_repeat_are_a_limit(analysis: Analysis) -> None:
    assert "Colours" not in dict(limits(analysis))
    configs = pd.DataFrame({"model": ["lstm"] * 9, "label": [f"lstm h={i}" for i in range(9)]})
    many = replace(analysis, collected=replace(analysis.collected, configs=configs))
    assert dict(limits(many))["Colours"].startswith("9 networks, 8 colours: ")


def test_only_what_a_report_writes_is_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / "distance"
    names = ["old.csv", "figures/old.svg", "run/predictions.csv", "../outside.csv", "table.txt"]
    (folder / "figures").mkdir(parents=True)
    (folder / "run").mkdir()
    for name in names:
        (folder / name).write_text("")
    absolute = str(tmp_path / "outside.csv")
    files = dict.fromkeys([*names, absolute, "figures", "gone.csv"], "")
    (folder / "report.json").write_text(json.dumps({"files": files}))
    assert _made_before(folder) == {folder / "old.csv", folder / "figures" / "old.svg"}


def test_limits_are_those_of_the_numbers(analysis: Analysis) -> None:
    told = dict(limits(analysis))
    assert told["Seeds"].startswith("2 a model and suite: an interval over so few")
    assert "not that of data" in told["Intervals"]
    assert told["Words"] == "Every word of every item is known to the networks."
