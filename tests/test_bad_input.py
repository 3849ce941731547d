"""Bad input ends in one line that names the place and the remedy, exit code 2, nothing built."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from attractor import cli, explain, plan
from attractor.errors import UserError
from attractor.resources import LEXICON

SCRIPT = Path(sys.executable).parent / "attractor"
SMALL = ("data.n_sentences=300", "data.n_valid=50", "data.n_test=50", "train.max_epochs=1")


def attractor(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=60,
        check=False,
    )


def finished(folder: Path) -> list[Path]:
    """What a reader could take for a result: stages, published runs, tables."""
    wanted = ("stage.json", "manifest.json", "*.csv", "*.safetensors")
    return [path for pattern in wanted for path in folder.rglob(pattern)]


def assert_one_line(process: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert process.returncode == 2, process.stderr
    assert process.stdout == ""
    line = process.stderr
    assert line.startswith("attractor: "), line
    assert line.endswith("\n"), line
    assert line.count("\n") == 1, line
    for part in parts:
        assert part in line


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["train.learnign_rate=0.1"], ["train.learnign_rate: there is no such key", "--cfg job"]),
        (["+x=3"], ["x: there is no such key", "--cfg job"]),
        (["model=lsmt"], ["model=lsmt", "bilstm, birnn, gru, lstm, srn", "mean model=lstm"]),
        (["experiment=distnace"], ["did you mean experiment=distance"]),
        (["suite=[probes,flagshp]"], ["suite=flagshp", "flagship, probes"]),
        (["model.cell=lsmt"], ["model.cell=lsmt: choose from srn, lstm, gru"]),
        (["seed=abc"], ["seed=abc", "give a value of that type"]),
        (["seed=-1"], ["seed=-1: give a whole number of at least 0"]),
        (["model.hidden_size=0"], ["model.hidden_size=0: give a whole number of at least 1"]),
        (["+model.depth=2"], ["model: ", "'depth'", "Recurrent takes cell, both_ends"]),
        (["model._target_=attractor.nope.X"], ["model._target_=attractor.nope.X: cannot be"]),
        (["task._target_=attractor.nope.X"], ["task._target_=attractor.nope.X: cannot be"]),
        (["train.learning_rate=nan"], ["train.learning_rate=nan: give a finite number above 0"]),
        (["train.precision=fp8"], ["train.precision=fp8: choose fp32 or bf16"]),
        (["data.regime=foo"], ["data.regime=foo", "natural, balanced, depth_limited"]),
        (["stages=[generate,dream]"], ["stages=", "choose from generate, train, evaluate"]),
        (["name=a/b"], ["name=a/b: give a folder name"]),
        (["model=[srn"], ["'[srn'", "write key=value"]),
        (["grammar.rules.Clause=['1 Nope']"], ["Clause, `1 Nope`: unknown symbol Nope; define it"]),
        (["grammar.rules.Clause=['1 Clause']"], ["it can never end; add an expansion"]),
        (["grammar.rules.Clause=['Nope']"], ["Clause, `Nope`: start with a weight above 0"]),
        (["grammar.start=Foo"], ["start symbol Foo has no rules; define it or rename start"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) and "=" in value[0] else "",
)
def test_one_line_exit_2_and_nothing_built(
    arguments: list[str], parts: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert_one_line(attractor(f"output_dir={out}", *SMALL, *arguments), *parts)
    assert finished(out) == []


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    process = attractor(f"output_dir={tmp_path}/file/below", *SMALL)
    assert_one_line(process, f"{tmp_path}/file/below", "Not a directory", "output_dir=FOLDER")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
def test_a_device_that_is_not_there_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    process = attractor(f"output_dir={tmp_path}/out", *SMALL, "train.device=cuda")
    assert_one_line(process, "train.device=cuda", "give train.device=cpu")
    assert finished(tmp_path) == []


@pytest.mark.parametrize("wrong", ["train.learning_rate=nan", "+x=3", "model=srn,lsmt"])
def test_a_sweep_tells_it_too(wrong: str, tmp_path: Path) -> None:
    """Hydra names the job, and the remedy is the last line."""
    process = attractor("-m", f"output_dir={tmp_path}/out", *SMALL, "model=srn", "seed=0,1", wrong)
    assert process.returncode == 2, process.stderr
    last = process.stderr.splitlines()[-1]
    key = wrong.strip("+").partition("=")[0]
    assert last.startswith(f"attractor: {key}"), process.stderr
    assert finished(tmp_path) == []


def edit(path: Path, change: Callable[[list[str]], None]) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    change(lines)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def no_plural(lines: list[str]) -> None:
    cells = lines[4].split(",")
    lines[4] = ",".join([cells[0], "", *cells[2:]])


def twice(lines: list[str]) -> None:
    lines.append(lines[4])


def unknown_animacy(lines: list[str]) -> None:
    cells = lines[4].split(",")
    lines[4] = ",".join([*cells[:2], "undead", *cells[3:]])


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (no_plural, ["nouns.csv row 5: ", "has no plural; write it, or remove the row"]),
        (twice, ["nouns.csv row ", "is in row 5 already; remove one"]),
        (unknown_animacy, ["nouns.csv row 5: ", "'undead' is unknown; write animate or inanimate"]),
        (lambda lines: lines.__delitem__(slice(1, None)), ["nouns.csv row 2", "empty; add a row"]),
        (lambda lines: lines.__setitem__(0, "x"), ["nouns.csv row 1: column singular"]),
    ],
)
def test_a_faulty_word_list_names_file_row_and_remedy(
    change: Callable[[list[str]], None],
    parts: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = Path(shutil.copytree(LEXICON, tmp_path / "lexicon"))
    edit(folder / "nouns.csv", change)
    monkeypatch.setattr(plan, "LEXICON", folder)
    monkeypatch.setattr(sys, "argv", ["attractor", f"output_dir={tmp_path}/out", *SMALL])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    told = capsys.readouterr()
    assert stopped.value.code == 2
    assert told.out == ""
    assert told.err.startswith("attractor: ")
    assert told.err.count("\n") == 1
    for part in parts:
        assert part in told.err
    assert finished(tmp_path / "out") == []


def test_the_same_command_without_the_slip_goes_through(tmp_path: Path) -> None:
    """The control: what the other tests change is all that is wrong with them."""
    process = attractor(f"output_dir={tmp_path}", *SMALL, "suite=[flagship]", "model=srn")
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    (manifest,) = tmp_path.glob("manual/srn-*/manifest.json")
    assert json.loads(manifest.read_text())["model"] == "srn"


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (UserError("file row 3: mend it"), "file row 3: mend it", 2),
        (PermissionError(13, "Permission denied", "/out"), "/out: cannot be written", 2),
        (RuntimeError("\n\nfirst\nsecond"), "RuntimeError: first", 1),
        (ZeroDivisionError(), "ZeroDivisionError: ", 1),
    ],
)
def test_explain_gives_one_line_and_tells_bad_input_from_failure(
    error: Exception, line: str, code: int
) -> None:
    message, given = explain.explain(error)
    assert message.startswith(line)
    assert given == code
    assert "\n" not in message


def test_explain_finds_the_cause_that_a_person_can_mend() -> None:
    wrapped = RuntimeError("Hydra says something")
    wrapped.__cause__ = UserError("seed=-1: give a whole number")
    assert explain.explain(wrapped) == ("seed=-1: give a whole number", 2)


