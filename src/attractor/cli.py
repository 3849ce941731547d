"""The Hydra app: `attractor model=lstm seed=3`, and sweeps with -m. Errors are one line, exit 2."""

from __future__ import annotations

import os
import shlex
import sys
import warnings
from typing import Any, NoReturn

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from attractor.allocator import keep_memory
from attractor.config import Config, Schema, from_mapping
from attractor.explain import BAD_INPUT, explain
from attractor.help import page
from attractor.precision import PRECISION
from attractor.resources import CONF
from attractor.threads import one_thread


def cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


OmegaConf.register_new_resolver("cores", cores, replace=True)
ConfigStore.instance().store(name="schema", node=Schema)
# Ours have the names of the plugins' own, which they fill in; Hydra has deprecated that since 1.1.
warnings.filterwarnings("ignore", r"\s*'hydra/launcher/\w+' is validated against ConfigStore")


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
def app(raw: DictConfig) -> str | None:
    """One job: plan it, and carry out its stages.

    In a sweep, returns the one line that says why it failed: an exception that does not pickle,
    or an exit, would take the other jobs with it.
    """
    one_of_many = HydraConfig.get().mode == RunMode.MULTIRUN
    line, code = _carry_out(raw, one_of_many)
    if line and not one_of_many:
        _fail(line, code)
    return line or None


def _carry_out(raw: DictConfig, one_of_many: bool) -> tuple[str, int]:
    """Run the job; what went wrong in one line, and the exit code: "", 0 if nothing did."""
    from attractor.job_marks import keep_error, running
    from attractor.pipeline import run
    from attractor.plan import SEEDLESS, plan

    job = None
    try:
        job = plan(configuration(raw), configuration(raw, seed=SEEDLESS))
        overrides = OmegaConf.to_container(HydraConfig.get().overrides.task, resolve=True)
        assert isinstance(overrides, list)
        with running(job, shlex.join(["attractor", *overrides])):
            run(job, _choices(raw, job.config, overrides), lambda line: print(line, flush=True))
        if job.config.stages == ["generate"] and not one_of_many:
            from attractor.display import show_generated

            show_generated(job)
    except (Exception, SystemExit) as error:
        if isinstance(error, SystemExit) and "SUBMITIT_EXECUTOR" in os.environ:
            raise  # Slurm wants the node, and submitit has queued the job again
        line, code = explain(error)
        if job and (one_of_many or code != BAD_INPUT):  # by itself, an unsound job leaves nothing
            line = keep_error(job, error)
        return line, code
    return "", 0


def configuration(raw: DictConfig, **replaced: Any) -> Config:
    """The checked configuration, with some of its values replaced before they are resolved."""
    merged = OmegaConf.merge(raw, replaced) if replaced else raw  # a merge copies all of it
    container = OmegaConf.to_container(merged, resolve=True)
    assert isinstance(container, dict)
    return from_mapping({str(key): value for key, value in container.items()})


_NO_CHOICES = ("seed", "experiment", "model", "output_dir", "name", "stages", "suite", "diagnostic")


def _choices(raw: DictConfig, config: Config, overrides: list[Any]) -> dict[str, Any]:
    """What was chosen for this job on the command line or by the sweep, the seed apart."""
    chosen = {"model": raw.model.name}
    for override in overrides:
        key, _, value = str(override).lstrip("+~").partition("=")
        # Where, not what; and how many at once.
        of_place = key.startswith("suite.") and key.endswith(".path")
        of_place |= key in ("data.files", "data.processes")
        if key not in _NO_CHOICES and not of_place and not key.startswith("diagnostic."):
            # What `auto` came to, for another machine may decide otherwise.
            chosen[key] = config.train.precision if key == PRECISION else value
    return chosen


def main() -> None:
    """Console script: run the app, and say what is wrong in one line."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # let its exceptions through, to be told in one line
    one_thread()
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(page())
        return
    keep_memory()
    try:
        app()
    except KeyboardInterrupt:
        _fail("interrupted; the same command goes on from the last epoch", 130)
    except Exception as error:
        _fail(*explain(error))


def _fail(message: str, code: int) -> NoReturn:
    print(f"attractor: {message}", file=sys.stderr)
    sys.exit(code)
