"""A sweep on natural text parses it in processes of its own, once for all its jobs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from attractor.corpus.conllu import read_trees
from attractor.sources import read_lines

TREES = Path(__file__).parent / "fixtures" / "treebank" / "three_splits.conllu"


@pytest.mark.slow
def test_jobs_of_a_sweep_may_parse_in_several_processes(tmp_path: Path) -> None:
    sentences = [" ".join(tree.words) for tree in read_trees("trees", read_lines(TREES))]
    (tmp_path / "text.txt").write_text("\n".join(sentences) + "\n", encoding="utf-8")
    options = [
        *("-m", "stages=[generate]", "suite=[flagship]", "data=corpus", "data.n_words=20,30"),
        *(f"data.files=[{tmp_path}/text.txt]", "data.processes=2", "hydra.launcher.n_jobs=2"),
        f"output_dir={tmp_path}/out",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "attractor", *options], capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    artifacts = [path.name for path in (tmp_path / "out" / "artifacts").iterdir()]
    assert sum(name.startswith("text-") for name in artifacts) == 2
    assert sum(name.startswith("parsed-") for name in artifacts) == 1
