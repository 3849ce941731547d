"""Every yaml opens with the command that uses it, and every command and sweep composes."""

from __future__ import annotations

import re
import shlex
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from attractor.cli import configuration
from attractor.resources import CONF, LEXICON
from tiny import ROOT, composed, job

YAMLS = sorted(CONF.rglob("*.yaml"))
EXPERIMENTS = sorted((CONF / "experiment").glob("*.yaml"))
PACKAGE = re.compile(r"# @package \S+$")


def opening(path: Path) -> str:
    """The first line, or the one after a `# @package` line, without its `# `."""
    lines = path.read_text(encoding="utf-8").splitlines()
    line = lines[1] if PACKAGE.match(lines[0]) else lines[0]
    assert line.startswith("# "), f"{path}: opens with {line!r}, not with a command"
    return line[2:]


def overrides(command: str) -> list[str]:
    """What `attractor …` or `make experiment …` hands to Hydra."""
    words = shlex.split(re.sub(r"\s\(or: .*\)$", "", command))
    while re.match(r"[A-Z_]+=", words[0]):  # a variable of the environment
        words = words[1:]
    if words[0] == "attractor":
        return [word for word in words[1:] if word not in ("-m", "--multirun")]
    assert words[:2] == ["make", "experiment"], command
    variables = dict(word.split("=", 1) for word in words[2:])
    assert set(variables) <= {"EXPERIMENT", "ARGS"}, command
    experiment = f"experiment={variables.get('EXPERIMENT', 'distance')}"
    return [experiment, *shlex.split(variables.get("ARGS", ""))]


def params(path: Path) -> dict[str, Any]:
    """What every job of an experiment is swept over."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    found: dict[str, Any] = content["hydra"]["sweeper"]["params"]
    return found


def grids(path: Path) -> list[dict[str, Any]]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content["hydra"]["sweeper"].get("grids", [])
    return found


def chosen(group: str, given: list[str]) -> list[str]:
    """The yamls of a group that a command uses: its own, its experiment's, or the defaults."""
    experiments = [o.partition("=")[2] for o in given if o.startswith("experiment=")]
    paths = [CONF / "config.yaml", *(CONF / "experiment" / f"{name}.yaml" for name in experiments)]
    found: object = None
    for path in paths:
        for entry in yaml.safe_load(path.read_text("utf-8")).get("defaults", []):
            if isinstance(entry, dict):
                found = entry.get(group, entry.get(f"override /{group}", found))
    for override in given:
        key, _, value = override.partition("=")
        if key == group:
            found = yaml.safe_load(value)
    return found if isinstance(found, list) else [str(found)]


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: str(path.relative_to(CONF)))
def test_a_yaml_opens_with_a_command_that_composes_and_uses_it(path: Path) -> None:
    given = overrides(opening(path))
    configuration(composed(*given))
    if path.parent != CONF:
        assert path.stem in chosen(path.parent.relative_to(CONF).as_posix(), given)


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_every_value_of_an_experiments_sweep_can_be_chosen(path: Path) -> None:
    raw = composed(f"experiment={path.stem}")
    assert configuration(raw).name == path.stem  # its folder bears its name
    swept = [*params(path).items(), *(item for grid in grids(path) for item in grid.items())]
    for key, values in swept:
        (override,) = OverridesParser.create().parse_overrides([f"{key}={values}"])
        points = [str(values)]  # what tells one grid from another
        if override.is_sweep_override():
            points = list(override.sweep_string_iterator())
        assert len(points) == len(set(points))
        assert len(points) > 1 or (key, values) not in params(path).items(), f"{key} is not swept"
        for point in points:
            if key == "diagnostic":
                configuration(composed(f"experiment={path.stem}", f"{key}={point}"))
                continue
            if (CONF / key).is_dir():
                assert (CONF / key / f"{point}.yaml").exists(), point
            else:  # refuses keys that are not there and values of another type
                merged = OmegaConf.merge(raw, OmegaConf.from_dotlist([f"{key}={point}"]))
                assert isinstance(merged, DictConfig)
                configuration(merged)


def test_no_two_jobs_of_a_sweep_share_a_folder() -> None:
    models = params(CONF / "experiment" / "distance.yaml")["model"].split(",")
    runs = {job(f"model={model}", f"seed={seed}").run_id for model in models for seed in (0, 4)}
    assert len(runs) == 2 * len(models)


def test_tuning_uses_no_seed_of_another_experiment() -> None:
    """What chose the settings must not have seen the seeds that the results come from."""
    before = {"tuning", "learning_curve"}

    def seeds(path: Path) -> set[str]:
        (override,) = OverridesParser.create().parse_overrides([f"seed={params(path)['seed']}"])
        return set(override.sweep_string_iterator())

    choosing = set().union(*(seeds(path) for path in EXPERIMENTS if path.stem in before))
    reporting = set().union(*(seeds(path) for path in EXPERIMENTS if path.stem not in before))
    assert choosing
    assert reporting
    assert not choosing & reporting


def test_models_differ_in_kind_and_in_what_tuning_chose_alone() -> None:
    contents = {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((CONF / "model").glob("*.yaml"))
    }
    assert {"srn", "lstm", "gru", "birnn", "bilstm"} <= set(contents)
    for name, content in contents.items():
        assert content["model"]["name"] == name
        assert content["model"]["hidden_size"] is None
        assert set(content["train"]) == {"learning_rate", "clip"}
    budgets = {(c["model"]["embedding_size"], c["model"]["parameters"]) for c in contents.values()}
    assert len(budgets) == 1


def test_groups_are_one_level_deep_and_every_file_is_a_yaml() -> None:
    files = [path for path in CONF.rglob("*") if path.is_file()]
    assert files == [path for path in files if path.suffix == ".yaml"]
    groups = {path.parent.relative_to(CONF).as_posix() for path in files}
    assert [group for group in groups if "/" in group] == ["hydra/launcher"]  # Hydra's own name


def test_the_wheel_holds_configuration_and_word_lists(tmp_path: Path) -> None:
    reason = "hatchling builds the wheel: pip install -e '.[test]'"
    wheel = pytest.importorskip("hatchling.builders.wheel", reason=reason)
    (built,) = wheel.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(built) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    for folder, place in ((CONF, "attractor/conf"), (LEXICON, "attractor/data/lexicon")):
        for path in (path for path in folder.rglob("*") if path.is_file()):
            assert held[f"{place}/{path.relative_to(folder)}"] == path.read_bytes()
    assert "attractor/models/recurrent.py" in held
    scripts = next(data for name, data in held.items() if name.endswith("entry_points.txt"))
    assert b"attractor = attractor.cli:main" in scripts
    assert b"attractor-report = attractor.report.cli:main" in scripts
    assert not [name for name in held if name.startswith(("tests/", "outputs/", "benchmarks/"))]
