"""Run folders: what a person finds of a finished job, or of a failed one, in its experiment."""

from __future__ import annotations

import json
import shutil
import tempfile
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from attractor.artifacts import Stage, checksums, digest, file_sizes, is_whole, publish
from attractor.config import OF_BASELINES, CorpusConfig
from attractor.corpus.shards import VERSION as SHARDS
from attractor.diagnose import suites_of
from attractor.plan import THREADS, VERSIONS, Plan, Stages

MANIFEST = "manifest.json"
ERROR = "error.txt"
# Today's, by which the report tells what an older program made.
STAGE_VERSIONS = {**VERSIONS, "shards": SHARDS}


def read_manifest(folder: Path) -> dict[str, Any]:
    """A published folder's manifest; empty if the folder is not (wholly) there."""
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def is_published(job: Plan) -> bool:
    """Whether the job's run and its baselines stand in the experiment, whole and up to date."""
    return _stands(job.folder / job.run_id, job.stages.evaluate.key) and _stands(
        job.folder / job.baselines_id, job.stages.baselines.key
    )


def _stands(folder: Path, fingerprint: str) -> bool:
    manifest = read_manifest(folder)
    return manifest.get("fingerprint") == fingerprint and is_whole(folder, manifest)


def publish_run(
    job: Plan, facts: Mapping[str, Any], choices: Mapping[str, Any], fill: Callable[[Path], None]
) -> None:
    """Publish the run's folder: what `fill` puts there, the configuration and the manifest.

    facts: what the text holds and what training found; choices: what was chosen on the command line
    or by the sweep.
    """
    own = {
        "run_id": job.run_id,
        "config_id": job.config_id,
        "model": job.config.model["name"],
        "seed": job.config.seed,
        "fingerprint": job.stages.evaluate.key,
        "trained": job.stages.train.key,
        "stage_versions": _stage_versions(job, job.stages.suites, "train", "evaluate"),
        "suite_config_ids": _suite_config_ids(job, VERSIONS["evaluate"]),
        "choices": dict(choices),
    }
    _publish(job, {**own, **facts}, fill)


def is_diagnosed(job: Plan) -> bool:
    """Whether all that the job's diagnostics find of its run stands there."""
    wanted = job.stages.diagnostics if "diagnose" in job.config.stages else {}
    return all(has_diagnostic(job, name) for name in wanted)


def has_diagnostic(job: Plan, name: str) -> bool:
    """Whether what a diagnostic finds of the run stands there, whole and up to date."""
    return _stands(job.folder / job.run_id / name, job.stages.diagnostics[name].key)


def announce_diagnostic(job: Plan, name: str) -> None:
    """Leave an empty folder where a diagnostic's tables will stand, for the report to miss them."""
    (job.folder / job.run_id / name).mkdir(parents=True, exist_ok=True)


@contextmanager
def keeping_traceback(job: Plan, name: str) -> Iterator[None]:
    """Leave the traceback of what fails in the diagnostic's folder, where the report finds it."""
    try:
        yield
    except Exception:
        error = job.folder / job.run_id / name / ERROR
        error.write_text(traceback.format_exc(), encoding="utf-8")
        raise


def publish_diagnostic(job: Plan, name: str, made: Path) -> None:
    """Publish a diagnostic's tables, which stand in `made`, beside the run's predictions."""
    run, spec = job.folder / job.run_id, job.config.diagnostic[name]
    suites = suites_of(name, spec, job.stages.suites)
    # Of any text: runs on several texts are compared, by one ruler.
    ruler = {suite: job.stages.suites[suite].parts["suite"] for suite in suites}
    versions = {stage: VERSIONS[stage] for stage in ("suite", "diagnose")}
    tables = sorted(path.name for path in made.glob("*.csv"))
    manifest = {
        "diagnostic": name,
        "_target_": spec["_target_"],
        "fingerprint": job.stages.diagnostics[name].key,
        "form": digest({"versions": versions, "spec": spec, "suites": ruler})[:8],
        "stage_versions": _stage_versions(job, suites, "train", "diagnose"),
    }
    temporary = Path(tempfile.mkdtemp(prefix=".publishing-", dir=run))
    try:
        for table in tables:
            shutil.copyfile(made / table, temporary / table)
        manifest |= _files(temporary)
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        publish(temporary, run / name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def publish_baselines(
    job: Plan, facts: Mapping[str, Any], choices: Mapping[str, Any], fill: Callable[[Path], None]
) -> None:
    """Publish the folder of the baselines for this job's text, unless it is there."""
    if _stands(job.folder / job.baselines_id, job.stages.baselines.key):
        return
    own = {
        "run_id": job.baselines_id,
        "config_id": job.baselines_config_id,
        "model": "baselines",
        "seed": 0,
        "fingerprint": job.stages.baselines.key,
        "trained": job.stages.text.key,
        "stage_versions": _stage_versions(job, job.stages.suites, "baselines"),
        "suite_config_ids": _suite_config_ids(job, VERSIONS["baselines"]),
        # Only text and suites matter to a baseline, not the model's settings or the training's.
        "choices": {
            key: value for key, value in choices.items() if key.partition(".")[0] in OF_BASELINES
        },
    }
    _publish(job, own, fill)


def _stage_versions(job: Plan, suites: Collection[str], *stages: str) -> dict[str, int]:
    """The versions of `stages` and of those before them: just what a rerun's keys would hold."""
    text = ["corpus", "shards"] if isinstance(job.config.data, CorpusConfig) else ["text"]
    return {stage: STAGE_VERSIONS[stage] for stage in [*text, *["suite"] * bool(suites), *stages]}


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    """What a manifest notes of the files beside it: sizes to look at often, and checksums."""
    return {"files": file_sizes(folder), "sha256": checksums(folder)}


def _suites(stages: Stages) -> dict[str, Stage]:
    """The stages that made what a job is asked: its suites, and the text's own test items."""
    return {"test": stages.text, **stages.suites}


def _suite_config_ids(job: Plan, version: int) -> dict[str, str]:
    """A suite's hash, the same for all seeds: where two differ, answers are never pooled.

    version: of the stage that answered.
    """
    return {
        name: digest({"version": version, "items": stage.key})[:8]
        for name, stage in _suites(job.seedless).items()
    }


def _publish(job: Plan, own: Mapping[str, Any], fill: Callable[[Path], None]) -> None:
    from omegaconf import OmegaConf

    from attractor.provenance import provenance

    manifest = {
        "task": job.task_name,
        "data": job.config.data.name,
        "data_seed": job.config.data.seed,
        "natural": isinstance(job.config.data, CorpusConfig),
        "data_fingerprint": job.stages.text.key,
        "suites": {name: stage.key for name, stage in _suites(job.stages).items()},
        "precision": job.config.train.precision,
        "threads": THREADS,
        **provenance(),
        **own,
    }
    temporary = Path(tempfile.mkdtemp(prefix=".publishing-", dir=job.folder))
    try:
        fill(temporary)
        OmegaConf.save(OmegaConf.create(asdict(job.config)), temporary / "config.yaml")
        manifest |= _files(temporary)
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        final = job.folder / str(own["run_id"])
        for diagnostic in final.glob(f"[!.]*/{MANIFEST}"):  # found of the same weights
            shutil.copytree(diagnostic.parent, temporary / diagnostic.parent.name)
        publish(temporary, final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def keep_traceback(job: Plan) -> None:
    """Leave the current exception's traceback where the report finds it."""
    folder = job.folder / job.run_id
    if not (folder / MANIFEST).exists():
        folder.mkdir(exist_ok=True)
        (folder / ERROR).write_text(traceback.format_exc(), encoding="utf-8")
