"""Bad input ends in one line that names the place and the remedy, exit code 2, nothing built."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hydra.core.plugins import Plugins

from attractor import cli, explain, plan
from attractor.errors import UserError
from attractor.resources import CONF, LEXICON

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


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the app in this process, which has torch loaded, and returns its one line."""

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["attractor", *arguments])
        for name in ("HYDRA_FULL_ERROR", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            monkeypatch.setenv(name, "1")
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, line = capsys.readouterr()
        return one_line(stopped.value.code, out, line)

    return run


def one_line(code: object, out: str, line: str) -> str:
    assert code == 2, line
    assert out == ""
    assert line.startswith("attractor: "), line
    assert line.endswith("\n"), line
    assert line.count("\n") == 1, line
    return line


@pytest.mark.parametrize(
    ("wrong", "parts"),
    [
        ("train.learnign_rate=0.1", ["train.learnign_rate: there is no such key", "--cfg job"]),
        ("+x=3", ["x: there is no such key", "--cfg job"]),
        ("model=lsmt", ["model=lsmt", "bilstm, birnn, gru, lstm, srn", "did you mean model=lstm"]),
        ("seed=abc", ["seed=abc", "give a whole number"]),
        ("train.learning_rate=nan", ["train.learning_rate=nan: give a finite number above 0"]),
        ("model.hidden_size=0", ["model.hidden_size=0: give a whole number of at least 1"]),
    ],
)
def test_the_console_script_says_one_line_and_exits_2(
    wrong: str, parts: list[str], tmp_path: Path
) -> None:
    process = attractor(f"output_dir={tmp_path}/out", *SMALL, wrong)
    line = one_line(process.returncode, process.stdout, process.stderr)
    assert [part for part in parts if part not in line] == []
    assert finished(tmp_path) == []


@pytest.mark.parametrize(
    ("wrong", "parts"),
    [
        ("experiment=distnace", ["did you mean experiment=distance"]),
        ("suite=[probes,flagshp]", ["suite=flagshp", "choose from blimp, clams, "]),
        ("model.cell=lsmt", ["model.cell=lsmt: choose from srn, lstm, gru"]),
        ("seed=-1", ["seed=-1: give a whole number of at least 0"]),
        ("seed=1.5", ["seed=1.5", "give a whole number"]),
        ("+model.depth=2", ["model: ", "'depth'", "Recurrent takes cell, both_ends"]),
        ("model._target_=attractor.nope.X", ["attractor.nope.X: cannot be imported"]),
        ("task._target_=attractor.nope.X", ["attractor.nope.X: cannot be imported"]),
        ("train.precision=fp8", ["train.precision=fp8: choose fp32, bf16 or auto"]),
        ("data.regime=foo", ["data.regime=foo", "natural, balanced"]),
        ("stages=[generate,dream]", ["stages=", "choose from generate, train, baselines"]),
        ("name=a/b", ["name=a/b: give a folder name"]),
        ("model=[srn", ["'[srn'", "write key=value"]),
        ("grammar.start=Foo", ["start symbol Foo has no rules; define it or rename start"]),
    ],
)
def test_one_line_exit_2_and_nothing_built(
    wrong: str, parts: list[str], tmp_path: Path, told: Callable[..., str]
) -> None:
    line = told(f"output_dir={tmp_path}/out", *SMALL, wrong)
    assert [part for part in parts if part not in line] == []
    assert finished(tmp_path) == []


@pytest.mark.parametrize(
    ("expansion", "part"),
    [
        ("1 Nope", "Clause, `1 Nope`: unknown symbol Nope; define it under rules: or words:"),
        ("1 Clause", "it can never end; add an expansion without recursion"),
        ("Nope", "Clause, `Nope`: start with a weight above 0, then the children"),
        ("1 Noun", "`1 Noun`: Noun carries a number; write Noun[n]"),
    ],
)
def test_a_grammar_of_ones_own_is_told_its_faulty_rule(
    expansion: str, part: str, tmp_path: Path, told: Callable[..., str]
) -> None:
    english = (CONF / "grammar" / "english.yaml").read_text(encoding="utf-8")
    mine, n = re.subn(r"(?m)^  Clause:\n(    - .*\n)+", f"  Clause:\n    - {expansion}\n", english)
    assert n == 1
    (tmp_path / "conf" / "grammar").mkdir(parents=True)
    (tmp_path / "conf" / "grammar" / "mine.yaml").write_text(mine, encoding="utf-8")
    line = told(
        f"--config-dir={tmp_path}/conf", f"output_dir={tmp_path}/out", *SMALL, "grammar=mine"
    )
    assert part in line
    assert finished(tmp_path) == []


def test_a_folder_below_a_file_is_refused(tmp_path: Path, told: Callable[..., str]) -> None:
    (tmp_path / "file").write_text("mine")
    line = told(f"output_dir={tmp_path}/file/below", *SMALL)
    for part in (f"{tmp_path}/file/below", "Not a directory", "output_dir=FOLDER"):
        assert part in line
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
def test_a_device_that_is_not_there_is_refused_before_anything_is_built(
    tmp_path: Path, told: Callable[..., str]
) -> None:
    line = told(f"output_dir={tmp_path}/out", *SMALL, "train.device=cuda")
    assert "train.device=cuda" in line
    assert "give train.device=cpu" in line
    assert finished(tmp_path) == []


@pytest.mark.parametrize("wrong", ["train.learning_rate=nan", "model=srn,lsmt"])
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
    told: Callable[..., str],
) -> None:
    folder = Path(shutil.copytree(LEXICON, tmp_path / "lexicon"))
    edit(folder / "nouns.csv", change)
    monkeypatch.setattr(plan, "LEXICON", folder)
    line = told(f"output_dir={tmp_path}/out", *SMALL)
    assert [part for part in parts if part not in line] == []
    assert finished(tmp_path / "out") == []


def test_the_same_command_without_the_slip_goes_through(tmp_path: Path) -> None:
    """The control: what the other tests change is all that is wrong with them."""
    process = attractor(f"output_dir={tmp_path}", *SMALL, "suite=[flagship]", "stages=[generate]")
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    assert "training text: " in process.stdout
    assert {path.name for path in tmp_path.glob("manual/*.csv")} == {"text.csv", "flagship.csv"}


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


@pytest.mark.parametrize(
    ("launcher", "plugin", "extra"),
    [("submitit_slurm", "SlurmLauncher", "slurm"), ("ray", "RayLauncher", "ray")],
)
def test_a_launcher_that_is_not_installed_names_its_extra(
    told: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    launcher: str,
    plugin: str,
    extra: str,
) -> None:
    known = Plugins.instance().class_name_to_class
    monkeypatch.delitem(known, f"hydra_plugins.attractor_launchers.{plugin}", raising=False)
    line = told("-m", f"hydra/launcher={launcher}", f"output_dir={tmp_path}")
    assert f"hydra/launcher={launcher} is not installed: pip install 'attractor[{extra}]'" in line
