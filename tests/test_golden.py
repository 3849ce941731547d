"""What each stage computes, on a tiny job: change it, and its VERSION must change with it.

To accept a change: bump the stage in plan.VERSIONS (or `version:` in the suite's yaml), then
`python tests/test_golden.py` writes tests/golden.json anew.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest

from attractor import stages
from attractor.artifacts import ArtifactStore
from attractor.plan import VERSIONS, Plan
from attractor.resources import CONF
from clams_data import FIXTURES
from jobs import tiny_job, tiny_natural_job

GOLDEN = Path(__file__).with_name("golden.json")
IMPORTED = ("clams", "flagship")
SUITES = {"suite": "probes", **{f"suite {name}": name for name in IMPORTED}}
DIAGNOSTICS = sorted(path.stem for path in (CONF / "diagnostic").glob("*.yaml"))
TREES = Path(__file__).parent / "fixtures" / "treebank" / "three_splits.conllu"
STAGES = sorted({*VERSIONS, *SUITES, *(f"diagnose {d}" for d in DIAGNOSTICS)} - {"diagnose"})


def _digest(*contents: bytes) -> str:
    return hashlib.sha256(b"".join(contents)).hexdigest()[:16]


def _imported(folder: Path) -> str:
    """A digest of the tables of an imported suite, less what its items take over from the text."""
    items = pd.read_csv(folder / "items.csv", dtype=str, keep_default_na=False)
    items = items.drop(columns=["prefix_seen", "train_frequency"])
    others = [path for path in sorted(folder.glob("*.csv")) if path.name != "items.csv"]
    return _digest(items.to_csv().encode(), *(path.read_bytes() for path in others))


def _margins(path: Path) -> list[float]:
    predictions = pd.read_csv(path)
    return [round(m, 6) for m in predictions["margin"].iloc[:: len(predictions) // 20]]


def asked_why(folder: Path) -> Plan:
    """The job with every diagnostic."""
    return tiny_job(folder, "model=lstm", f"diagnostic=[{','.join(DIAGNOSTICS)}]")


def _numbers(folder: Path) -> list[float]:
    """Some numbers of every table of a diagnostic."""
    tables = [pd.read_csv(path) for path in sorted(folder.glob("*.csv"))]
    columns = [t.select_dtypes("number").iloc[:: max(1, len(t) // 5)] for t in tables]
    return [round(float(x), 6) for c in columns for x in c.fillna(-1.0).to_numpy().ravel()]


def measure(folder: Path) -> dict[str, dict[str, Any]]:
    """For each stage its version, and an exact digest or some numbers of what it made."""
    job: Plan = tiny_job(folder, "model=lstm")
    store = ArtifactStore(folder / "artifacts")
    history = pd.read_csv(stages.train(store, job) / "history.csv")
    numbers = {
        "train": [round(loss, 6) for loss in history["valid_loss"]],
        "evaluate": _margins(stages.evaluate(store, job) / "predictions.csv"),
        "baselines": _margins(stages.baselines(store, job) / "predictions.csv"),
    }
    for name in DIAGNOSTICS:
        numbers[f"diagnose {name}"] = _numbers(stages.diagnose(store, asked_why(folder), name))
    digests = {
        "text": _digest((stages.text(store, job) / "items.csv").read_bytes()),
        "suite": _digest((stages.suite(store, job, "probes") / "items.csv").read_bytes()),
    }
    natural = tiny_natural_job(folder, TREES)
    digests["corpus"] = _digest((stages.text(store, natural) / "items.csv").read_bytes())
    asked: Plan = tiny_job(folder, "suite=[probes,flagship,clams]", f"suite.clams.path={FIXTURES}")
    for name in IMPORTED:
        digests[f"suite {name}"] = _imported(stages.suite(store, asked, name))
    versions: dict[str, Any] = {k: v for k, v in VERSIONS.items() if k != "diagnose"}
    for name, spec in asked_why(folder).config.diagnostic.items():
        versions[f"diagnose {name}"] = f"{VERSIONS['diagnose']}, {spec['version']}"
    for stage, name in SUITES.items():
        versions[stage] = f"{VERSIONS['suite']}, {name} {asked.config.suite[name]['version']}"
    made: dict[str, Any] = {**numbers, **digests}
    return {stage: {"version": versions[stage], "made": made[stage]} for stage in versions}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return measure(tmp_path_factory.mktemp("golden"))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_computes_something_else_has_another_version(
    stage: str, measured: dict[str, dict[str, Any]]
) -> None:
    golden = json.loads(GOLDEN.read_text())[stage]
    now = measured[stage]
    # Sums of floats may differ in their last digits from one processor to another.
    same = now["made"] == pytest.approx(golden["made"], abs=2e-3)
    if now["version"] == golden["version"]:
        assert same, f"{stage} computes something else: bump its version, see the head of this file"
    else:
        assert not same, f"{stage} has a new version: write golden.json anew, see this file's head"


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        GOLDEN.write_text(json.dumps(measure(Path(folder)), indent=1) + "\n")
