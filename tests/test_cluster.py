"""The same sweep on this machine, on Slurm and on Ray; and a job that is lost costs no other."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from attractor.launchers.lost import lost_jobs
from jobs import TINY_FLAGSHIP
from one_node_slurm import missing, one_node_slurm

SWEPT = ["model=srn", "seed=0,1", "name=trial"]


@pytest.fixture(scope="module")
def slurm() -> Iterator[dict[str, str]]:
    """The environment of commands that speak to a Slurm cluster of this machine alone."""
    if lacking := missing():
        pytest.skip(f"no {', '.join(lacking)}: apt-get install slurm-wlm munge")
    with one_node_slurm() as environment:
        yield environment


def attractor(
    folder: Path, environment: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """A sweep of small jobs into a folder."""
    command = [
        sys.executable,
        "-m",
        "attractor",
        "-m",
        *TINY_FLAGSHIP,
        f"output_dir={folder}",
        *arguments,
    ]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """results.csv of the sweep on this machine, without a cluster."""
    folder = tmp_path_factory.mktemp("local")
    done = attractor(folder, os.environ, *SWEPT)
    assert done.returncode == 0, done.stderr
    return (folder / "trial" / "results.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.cluster
def test_ray_makes_the_same_results(local: bytes, tmp_path: Path) -> None:
    if importlib.util.find_spec("ray") is None:
        pytest.skip("the extra is not installed: pip install -e '.[ray]'")
    done = attractor(tmp_path, os.environ, "hydra/launcher=ray", *SWEPT)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert (tmp_path / "trial" / "results.csv").read_bytes() == local


@pytest.mark.slow
@pytest.mark.cluster
def test_slurm_makes_the_same_results_also_beside_a_job_that_is_killed(
    slurm: dict[str, str], local: bytes, tmp_path: Path
) -> None:
    if importlib.util.find_spec("submitit") is None:
        pytest.skip("the extra is not installed: pip install -e '.[slurm]'")
    places = [str(Path(__file__).parent), slurm.get("PYTHONPATH", "")]  # failing.py is here
    environment = {**slurm, "PYTHONPATH": os.pathsep.join(places)}
    killed = "{seed: '7', suite.flagship._target_: failing.is_killed}"
    grids = f"hydra.sweeper.grids=[{{seed: '0,1'}},{killed}]"
    unseeded = [option for option in SWEPT if not option.startswith("seed=")]
    done = attractor(tmp_path, environment, "hydra/launcher=submitit_slurm", grids, *unseeded)
    assert done.returncode == 1, done.stderr
    told = "attractor: seed=7 suite.flagship._target_=failing.is_killed: killed three times"
    assert [line for line in done.stderr.splitlines() if line.startswith(told)], done.stderr
    assert "attractor: 2 of 3 jobs are done" in done.stderr.splitlines()
    assert (tmp_path / "trial" / "results.csv").read_bytes() == local


def test_a_lost_job_is_named_by_what_tells_it_from_the_others() -> None:
    jobs = [["model=lstm", f"seed={seed}", "name=trial"] for seed in range(3)]
    assert str(lost_jobs(jobs, {2: "out of time", 1: "killed"})) == (
        "2 of 3 jobs left no result, the first: seed=1 (killed);"
        " the same command again runs what is missing"
    )
    assert "the first: model=lstm seed=0 name=trial (killed)" in str(
        lost_jobs(jobs[:1], {0: "killed"})
    )
