"""attractor-trace: a sentence through trained networks, word by word."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import expit

from attractor import pipeline
from attractor.errors import UserError
from attractor.files import noted
from attractor.free_text import LONGEST, as_known, words
from attractor.models.recurrent import Recurrent
from attractor.results import PREDICTIONS, read_csv
from attractor.tracing.cli import main
from attractor.tracing.figure import MAPS, figure, name
from attractor.tracing.measure import BACKWARD, FORWARD, SIZES, Traced, measure
from attractor.tracing.runs import Run
from attractor.tracing.table import WIDTH, table
from attractor.vocab import BEGIN, END, Vocabulary
from jobs import tiny_job
from reading_states import states_of
from tiny import FLAGSHIP

# What a network of each task reads around the flagship sentence, when asked after its last word.
AROUND = {
    "number_prediction": ([], []),
    "verb_inflection": ([], ["[be]"]),
    "language_model": ([BEGIN], []),
    "cloze": ([BEGIN], [END]),
}
ASKED = [
    ("srn", "number_prediction"),
    ("lstm", "number_prediction"),
    ("bilstm", "number_prediction"),
    ("bilstm", "verb_inflection"),
    ("lstm", "language_model"),
    ("bilstm", "cloze"),
]
Runs = dict[tuple[str, str], Path]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The folders of tiny runs by model and task; not to be changed."""
    output = tmp_path_factory.mktemp("outputs")
    folders = {}
    for model, task in [*ASKED, ("gru", "number_prediction"), ("lstm", "grammaticality")]:
        chosen = f"model={model}", f"task={task}", "~suite.probes", "train.max_epochs=1"
        job = tiny_job(output, *chosen, "name=trial")
        pipeline.run(job, {}, lambda _: None)
        folders[model, task] = job.folder / job.run_id
    return folders


@pytest.mark.parametrize("asked", ASKED)
def test_answers_at_the_verbs_are_those_of_predictions_csv(
    runs: Runs, asked: tuple[str, str]
) -> None:
    traced = measure(Run.of(runs[asked]), words(FLAGSHIP))
    assert traced.answers.shape == (8, 5)
    scored = read_csv(runs[asked] / "predictions.csv", PREDICTIONS)
    scored = scored[scored["suite"] == "flagship"].sort_values("verb_index")
    assert scored["verb_index"].tolist() == [4, 6]
    was, were = scored["margin"]  # of right over wrong: `was` is right in the singular
    np.testing.assert_allclose(traced.answers["log_odds"][[3, 5]], [-was, were], atol=1e-5)
    np.testing.assert_allclose(
        traced.answers["p_plural"][[3, 5]], expit([-was, were]), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("asked", ASKED)
def test_states_are_those_of_the_fused_layers_and_gates_are_shares(
    runs: Runs, asked: tuple[str, str]
) -> None:
    run = Run.of(runs[asked])
    traced = measure(run, words(FLAGSHIP))
    trained, network = run.load()
    assert isinstance(network.encoder, Recurrent)
    before, after = AROUND[asked[1]]
    tokens = trained.vocabulary.encode([*before, *FLAGSHIP.split(" "), *after])
    states = states_of(network.encoder, torch.tensor([tokens]), torch.tensor([len(tokens)]))
    both = {FORWARD: states[0], BACKWARD: states[1]}
    assert list(traced.readings) == [side for side, found in both.items() if found is not None]
    for side, frame in traced.readings.items():
        assert list(frame.columns) == (["|h|"] if asked[0] == "srn" else list(SIZES))
        assert len(frame) == 8
        h = both[side]
        assert h is not None
        assert h.shape[2] == traced.units
        wanted = h[0, len(before) : len(before) + 8].abs().mean(dim=1).detach()
        np.testing.assert_allclose(frame["|h|"], wanted, atol=1e-6)
        shares = frame.drop(columns="|C|", errors="ignore").to_numpy()
        assert (shares > 0).all()
        assert (shares < 1).all()


def test_gates_are_means_over_units(runs: Runs) -> None:
    """The first word's, by hand: h_0 = C_0 = 0, so that f is sigmoid(W x + b) and C is i C̃."""
    run = Run.of(runs["lstm", "number_prediction"])
    found = measure(run, ["flights"]).readings[FORWARD]
    assert found.shape == (1, 6)
    trained, network = run.load()
    layer, embedding = network.encoder.forward_layer, network.encoder.embedding
    x = embedding.weight[trained.vocabulary.index["flights"]]  # type: ignore[index]
    z = layer.weight_ih_l0 @ x + layer.bias_ih_l0 + layer.bias_hh_l0  # type: ignore[union-attr,operator]
    i, f, candidate, o = z.detach().double().chunk(4)  # type: ignore[union-attr]
    i, f, o, candidate = i.sigmoid(), f.sigmoid(), o.sigmoid(), candidate.tanh()
    C = i * candidate
    wanted = [v.abs().mean().item() for v in (f, i, o, candidate, C, o * C.tanh())]
    np.testing.assert_allclose(found.iloc[0], wanted, atol=1e-6)


def test_cloze_sees_the_words_after_the_masked_one_and_others_do_not(runs: Runs) -> None:
    a, b = "the pilots were full", "the pilots were tired"
    for asked, sees in ((("bilstm", "cloze"), True), (("bilstm", "number_prediction"), False)):
        one, other = (measure(Run.of(runs[asked]), text.split()).answers for text in (a, b))
        assert len(one) == len(other) == 4
        assert (one["log_odds"][1] != other["log_odds"][1]) == sees


def test_every_way_to_give_a_text_says_the_same(
    runs: Runs,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "The snark the  flights Snark was."
    run, output = str(runs["lstm", "number_prediction"]), f"--output={tmp_path / 'out'}"
    (tmp_path / "text").write_text(f"\n{text}\n", encoding="utf-8-sig")
    assert main([run, output, text]) == 0
    said = capsys.readouterr().out
    assert main([run, output, "--file", str(tmp_path / "text")]) == 0
    assert capsys.readouterr().out == said
    for arguments in ([run, output], [run, output, "--file=-"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert main(arguments) == 0
        assert capsys.readouterr().out == said
    lines = said.splitlines()
    assert lines[:3] == [
        Path(run).name,
        "read as: The → the",
        "unknown: snark Snark . (read as <unk>, a word that training never held)",
    ]
    rows = lines[4:12]
    assert rows[0].split() == ["word", "p(plural)", "log-odds", *SIZES]
    assert [row.split()[:-8] for row in rows[1:]] == [
        *(["the"], ["snark", "<unk>"], ["the"], ["flights"], ["Snark", "<unk>"], ["was"]),
        [".", "<unk>"],
    ]
    places = [Path(line) for line in lines if line.endswith((".svg", ".png"))]
    assert sorted(places) == sorted((tmp_path / "out").iterdir())
    assert len(places) == 2


def test_several_runs_and_sentences(
    runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text").write_text("the pilots\n\nthe pilot\n")
    asked = ("lstm", "language_model"), ("gru", "number_prediction"), ("bilstm", "cloze")
    given = [str(runs[one]) for one in asked]
    output = tmp_path / "out"
    assert main([*given, given[0], "--file", str(tmp_path / "text"), "--output", str(output)]) == 0
    said = capsys.readouterr().out
    for folder in given:  # each once a sentence, though one was given twice
        assert said.count(Path(folder).name) == 2
    assert len(list(output.iterdir())) == 4
    assert "no gates: this model has no step-by-step reference" in said  # gru
    assert max(map(len, said.split(str(output))[0].splitlines())) <= WIDTH


def test_figures_stand_beside_the_run_unless_told_otherwise(runs: Runs) -> None:
    folder = runs["srn", "number_prediction"]
    assert main([str(folder), "The pilots"]) == 0
    drawn = sorted(path.name for path in (folder.parent / "figures").iterdir())
    assert len(drawn) == 2
    assert re.fullmatch(r"trace_the_pilots_[0-9a-f]{6}\.png", drawn[0])


def _traced(run_id: str, given: list[str], readings: tuple[str, ...]) -> Traced:
    n = len(given)
    answers = pd.DataFrame({"given": given, "word": given, "unknown": False, "log_odds": 0.0})
    frame = pd.DataFrame(np.full((n, len(SIZES)), 0.5), columns=list(SIZES))
    found = dict.fromkeys(readings, frame)
    return Traced(run_id, "", 3, answers.assign(p_plural=0.5), found)


def test_a_word_met_twice_has_two_places_and_maps_are_few() -> None:
    given = ["the", "flights", "the", '"\\']
    page = figure([_traced(f"lstm-{i}", given, (FORWARD, BACKWARD)) for i in range(3)])
    spec = json.loads(page.to_json())
    answers, maps = spec["vconcat"]
    points = answers["hconcat"][0]["layer"][2]
    [rows] = [rows for rows in spec["datasets"].values() if "p_plural" in rows[0]]
    assert len(rows) == 3 * 4
    assert {row["position"] for row in rows} == {0, 1, 2, 3}
    axis = points["encoding"]["x"]["axis"]
    assert axis["labelExpr"] == r'["the", "flights", "the", "\"\\"][datum.value]'
    panels = maps["hconcat"][0]["vconcat"]
    assert len(panels) == MAPS == 4
    assert spec["title"]["subtitle"][1] == "gates: the first 4 of 6 readings by LSTMs"


@pytest.mark.parametrize("given", [["../../etc", "/", "x"], ["…"], ["Word" * 60] * 5])
def test_a_figures_name_is_safe_short_and_of_its_own(given: list[str]) -> None:
    found = name([_traced("lstm", given, ())])
    assert re.fullmatch(r"trace(_[a-z0-9]+)*_[0-9a-f]{6}", found)
    assert len(found) <= 60
    assert name([_traced("srn", given, ())]) != found
    assert name([_traced("lstm", [*given, "more"], ())]) != found


def test_long_words_leave_the_table_within_its_width() -> None:
    text = table(_traced("lstm", ["w" * 300, "the"], (FORWARD, BACKWARD)))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.count("…") == 2


def test_words_are_spacys_and_lower_case_where_only_that_is_known() -> None:
    assert words(" The\tpilots'  planes\u2003don't\nfly. ") == [
        *("The", "pilots", "'", "planes", "do", "n't", "fly", ".")
    ]
    vocabulary = Vocabulary.of(["the US us paris"])
    known = as_known(["The", "US", "Us", "Paris", "SNARK", "the"], vocabulary)
    assert known == ["the", "US", "us", "paris", "SNARK", "the"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n", "the text is empty; give a sentence"),
        ("the\x1b[31m key", "the text holds the character '\\x1b'; give plain UTF-8 text"),
        ("the \udce9", "the text holds the character '\\udce9'; give plain UTF-8 text"),
        ("a " * (LONGEST + 1), "a text of 61 words; give one sentence, at most 60 words"),
    ],
)
def test_a_text_that_is_no_sentence_is_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        words(text)


def _spoilt(folder: Path, file: str, content: str | None) -> Path:
    """A copy of a run whose file is deleted, or holds something else."""
    path = folder / file
    path.unlink()
    if content is not None:
        path.write_text(content)
    return folder


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("manifest.json", None, "no finished run (no readable manifest.json)"),
        ("manifest.json", "[1]", "no finished run (no readable manifest.json)"),
        ("manifest.json", "{}", "not a whole run"),
        ("config.yaml", None, "no finished run (no readable config.yaml)"),
        ("config.yaml", "model: [", "no finished run (no readable config.yaml)"),
        ("config.yaml", "model: 1", "not a whole run"),
        ("best.safetensors", None, "were deleted or altered"),
        ("best.safetensors", "cut", "were deleted or altered"),
        ("stage.json", None, "were deleted or altered"),
    ],
)
def test_a_broken_run_is_one_clear_line(
    runs: Runs,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    content: str | None,
    message: str,
) -> None:
    run = _copy(runs["srn", "number_prediction"], tmp_path)
    of_run = (run / file).exists()
    [weights] = (tmp_path / "artifacts").iterdir()
    _spoilt(run if of_run else weights, file, content)
    _refused([str(run), "the pilots"], message, tmp_path, capsys)


def _copy(run: Path, output: Path) -> Path:
    """A run and its weights alone, to spoil."""
    trained = json.loads((run / "manifest.json").read_text())["trained"]
    weights = f"artifacts/train-{trained}"
    shutil.copytree(run.parents[1] / weights, output / weights)
    return Path(shutil.copytree(run, output / "trial" / run.name))


def _refused(
    arguments: list[str], message: str, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(output.rglob("*"))
    assert main(arguments) == 2
    found = capsys.readouterr()
    assert found.out == ""
    [line] = found.err.splitlines()
    assert line.startswith("attractor-trace: ")
    assert message in line
    assert sorted(output.rglob("*")) == before


def test_weights_of_another_size_are_one_clear_line(
    runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = _copy(runs["srn", "number_prediction"], tmp_path)
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(config.replace("parameters: 1500", "parameters: 900"))
    _refused([str(run), "the pilots"], "does not fit this version", tmp_path, capsys)


def test_bad_input_is_one_clear_line_and_nothing_is_written(
    runs: Runs,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = runs["lstm", "number_prediction"]
    grammaticality = runs["lstm", "grammaticality"]
    [baselines, *_] = run.parent.glob("baselines-*")
    (tmp_path / "latin").write_bytes("the caf\xe9".encode("latin-1"))
    (tmp_path / "blank").write_text("\n \n")
    (tmp_path / "file").write_text("the pilots")
    good = str(run)
    for arguments, message in (
        (["no/such/run", "the pilots"], "no/such/run: no such run folder"),
        ([good, "no/such/run"], "no/such/run: no such run folder"),
        (["the pilots"], "the pilots: no such run folder"),
        ([good, "the pilots", f"--file={tmp_path / 'file'}"], "the pilots: no such run folder"),
        ([str(run.parent), "the pilots"], "trial: no finished run"),
        ([good, str(baselines), "the pilots"], "baselines have no network"),
        ([good, str(grammaticality), "the pilots"], "its answer cannot be followed"),
        ([good, ""], "the text is empty"),
        ([good, "the \x07pilots"], "the text holds the character '\\x07'"),
        ([good, f"--file={tmp_path / 'latin'}"], "latin: not UTF-8"),
        ([good, f"--file={tmp_path / 'blank'}"], "blank: no text in it"),
        ([good, f"--file={tmp_path / 'none'}"], "none: No such file or directory"),
        ([good, "the pilots", f"--output={tmp_path / 'file'}"], "file: File exists"),
    ):
        _refused(arguments, message, tmp_path, capsys)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    _refused([good], "standard input: no text in it", tmp_path, capsys)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    _refused([good], "no text: give it last", tmp_path, capsys)


def test_a_verb_that_training_never_held_cannot_be_asked_about(
    runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = _copy(runs["lstm", "language_model"], tmp_path)
    [weights] = (tmp_path / "artifacts").iterdir()
    vocabulary = (weights / "vocabulary.json").read_text()
    assert '"were"' in vocabulary
    (weights / "vocabulary.json").write_text(vocabulary.replace('"were"', '"wxyz"'))
    done = json.loads((weights / "stage.json").read_text())
    (weights / "stage.json").unlink()
    (weights / "stage.json").write_text(json.dumps(done | noted(weights)))
    _refused([str(run), "the pilots"], "its training text never held were", tmp_path, capsys)


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from attractor.tracing import cli\n"
        "assert not {'torch', 'spacy', 'altair', 'pandas'} & sys.modules.keys()"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
