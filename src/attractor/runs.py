"""Run folders: what a person finds of a finished job, or of a failed one, in its experiment."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from attractor.artifacts import Stage, digest
from attractor.config import OF_BASELINES, CorpusConfig
from attractor.corpus.shards import VERSION as SHARDS
from attractor.diagnose import suites_of
from attractor.files import fault_of, noted, published
from attractor.plan import THREADS, VERSIONS, Plan, Stages

MANIFEST = "manifest.json"
_CHECKSUM = "manifest_checksum"
# Today's, by which the report tells what an older program made.
STAGE_VERSIONS = {**VERSIONS, "shards": SHARDS}


def read_manifest(folder: Path) -> dict[str, Any]:
    """A published folder's manifest; empty if it is not there, or not as it was written."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and vouches_for_itself(found) else {}


def vouches_for_itself(manifest: Mapping[str, Any]) -> bool:
    """Whether a manifest has the checksum that was written with it; older releases wrote none."""
    rest = {key: value for key, value in manifest.items() if key != _CHECKSUM}
    return _CHECKSUM not in manifest or str(manifest[_CHECKSUM]) == digest(rest)


def is_published(job: Plan) -> bool:
    """Whether the job's run stands in the experiment, as it was published."""
    return _stands(job.folder / job.run_id, job.stages.evaluate.key)


def has_baselines(job: Plan) -> bool:
    """Whether the baselines for this job's text and suites stand in the experiment."""
    return _stands(job.folder / job.baselines_id, job.stages.baselines.key)


def _stands(folder: Path, fingerprint: str) -> bool:
    manifest = read_manifest(folder)
    return manifest.get("fingerprint") == fingerprint and not fault_of(folder, manifest)


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
    with published(run / name, needless=lambda: has_diagnostic(job, name)) as temporary:
        for table in tables:
            shutil.copyfile(made / table, temporary / table)
        _write_manifest(temporary, manifest)


def publish_baselines(job: Plan, choices: Mapping[str, Any], fill: Callable[[Path], None]) -> None:
    """Publish the folder of the baselines for this job's text; arguments as `publish_run`'s."""
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
    final = job.folder / str(own["run_id"])
    # Another launcher may have been faster: who reads its folder by now should not lose it.
    stands = partial(_stands, final, str(own["fingerprint"]))
    with published(final, needless=stands) as temporary:
        fill(temporary)
        OmegaConf.save(OmegaConf.create(asdict(job.config)), temporary / "config.yaml")
        _write_manifest(temporary, manifest)
        for diagnostic in final.glob(f"[!.]*/{MANIFEST}"):  # found of the same weights
            shutil.copytree(diagnostic.parent, temporary / diagnostic.parent.name)


def _write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write what a run says of itself, and the sizes and checksums of the files beside it."""
    said = {**manifest, **noted(folder)}
    text = json.dumps({**said, _CHECKSUM: digest(said)}, indent=1)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
