"""How to get the page's numbers again: commands, configurations, data, versions, machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from shlex import quote
from typing import Any

import yaml

from attractor.config import Config
from attractor.report.analysis import Analysis
from attractor.report.configs import CONFIG
from attractor.report.page_parts import Code, Figure, Part, Points, Prose, Table
from attractor.report.runs import Run
from attractor.resources import CONF

_MOST_COMMANDS = 6  # that are shown at first
_SAME = {  # of the manifests, what should be the same for all runs
    "git_commit": "git commit",
    "platform": "platform",
    "python": "Python",
    "precision": "precision",
    "threads": "threads",
}
_UNKNOWN = "unknown"
_DATA = "fingerprint"


def experiment(folder: Path, runs: Sequence[Run]) -> str:
    """The experiment's name: as its runs have it, wherever the folder lies now."""
    for run in runs:
        try:
            config = yaml.safe_load((run.folder / "config.yaml").read_text(encoding="utf-8"))
        except (OSError, UnicodeError, yaml.YAMLError):
            continue  # manifests of older releases do not vouch for it
        if isinstance(config, dict) and "name" in config:
            return str(config["name"])
    return folder.name


def reproduce(analysis: Analysis, name: str, figures: Sequence[Figure]) -> list[Part]:
    """Commands, where the runs come from, each configuration, and each figure and table."""
    runs = analysis.collected.runs
    networks = [run for run in runs if not run.is_baselines] or list(runs)
    folder = f"outputs/{name}"
    one = f"{folder}/{networks[0].folder.name}"
    by_hand = [] if (CONF / "experiment" / f"{name}.yaml").is_file() else _by_hand(name, networks)
    whole = [
        "# every run of the experiment again; what is there is kept. What was given beside it, as",
        "# ARGS='…' or on the command line, is among the choices below",
        f"make experiment EXPERIMENT={name}",
    ]
    commands = [
        *([] if by_hand else whole),
        "# one run, from its own resolved configuration",
        f'attractor --config-path "$PWD/{one}" --config-name config \\',
        "  hydra.run.dir=outputs hydra.output_subdir=null hydra/job_logging=none",
        "# all tables and figures of this page, from the finished runs",
        f"attractor-report {folder} --force",
    ]
    return [
        Prose([_alike(runs)]),
        *by_hand,
        Code(commands),
        Points(_origins(runs), "Where the runs come from"),
        _configurations(analysis),
        _made(analysis, figures, folder),
    ]


def _by_hand(name: str, networks: Sequence[Run]) -> list[Part]:
    """The commands of runs that no experiment's file lists: a line a network; many are folded."""
    named = {} if name == Config.name else {"name": name}
    lines = []
    for run in networks:
        chosen = {**named, **run.manifest["choices"], "seed": run.manifest["seed"]}
        lines.append(" ".join(["attractor", *(quote(f"{k}={v}") for k, v in chosen.items())]))
    n = len(lines)
    said = (
        f"There is no conf/experiment/{name}.yaml: each run by a command of its own, of its "
        "choices. Chosen suites, diagnostics and files are none of them: its config.yaml has them."
    )
    return [Prose([said]), Code(lines, f"{n} commands, one a run" if n > _MOST_COMMANDS else "")]


def _alike(runs: Sequence[Run]) -> str:
    """Whether all runs were made with the same, as far as that is known."""
    seen = _seen(runs)
    several = [f"{title} ({len(values)})" for title, values in seen.items() if len(values) > 1]
    unknown = [title for title, values in seen.items() if set(values) == {_UNKNOWN}]
    if several:
        said = f"The runs are not all alike; they differ in {', '.join(several)}, listed below."
    elif unknown:
        said = "Nothing that is known of the runs differs between them."
    else:
        said = "One commit, one platform, one set of versions and one text: the runs are alike."
    return said + f" Unknown of all runs: {', '.join(unknown)}." * bool(unknown)


def _seen(runs: Sequence[Run]) -> dict[str, dict[str, list[Run]]]:
    """By what is asked, its values, each with the runs that have it; data last."""
    seen: dict[str, dict[str, list[Run]]] = {}
    met: dict[str, dict[str, list[Run]]] = {}
    for run in runs:
        for key, title in _SAME.items():
            value = str(run.manifest.get(key) or _UNKNOWN)
            if key == "git_commit":
                value += " with uncommitted changes" * bool(run.manifest.get("git_dirty"))
            seen.setdefault(title, {}).setdefault(value, []).append(run)
        versions = run.manifest.get("versions", {})
        value = ", ".join(f"{package} {version}" for package, version in versions.items())
        seen.setdefault("versions", {}).setdefault(value or _UNKNOWN, []).append(run)
        text = str(run.manifest.get("data_fingerprint") or _UNKNOWN)
        seen.setdefault(f"{_DATA} of the training text", {}).setdefault(text, []).append(run)
        for suite, items in run.manifest["suites"].items():
            met.setdefault(suite, {}).setdefault(str(items), []).append(run)
    return seen | {f"{_DATA} of the items of {suite}": met[suite] for suite in sorted(met)}


def _origins(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """What the runs were made with; where there are several, how many runs each has."""
    points = []
    for title, values in _seen(runs).items():
        told = [
            f"{value} ({_n_runs(len(of_value))}: {_some(run.run_id for run in of_value)})"
            if len(values) > 1
            else value
            for value, of_value in values.items()
        ]
        points.append((title, "; ".join(told)))
    return points


def _n_runs(n: int) -> str:
    return f"{n} run{'s' * (n > 1)}"


def _some(names: Iterable[str]) -> str:
    """At most three of them."""
    names = sorted(names)
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _configurations(analysis: Analysis) -> Table:
    """A row a configuration: what was chosen, its seeds, its size, and where its config.yaml is."""
    labels = analysis.collected.configs.set_index(CONFIG)["label"]
    rows: dict[str, list[Run]] = {}
    for run in analysis.collected.runs:
        rows.setdefault(run.config_id, []).append(run)
    cells: list[list[str]] = []
    for config, runs in rows.items():
        first: dict[str, Any] = runs[0].manifest
        key = (config, str(first["task"]), str(first["model"]))
        chosen = ", ".join(f"{k}={v}" for k, v in runs[0].choices.items()) or "defaults"
        size = first.get("parameters")
        cells.append(
            [
                str(labels.get(key, first["model"])),
                config,
                chosen,
                ", ".join(str(run.manifest["seed"]) for run in runs),
                f"{size:,}" if size else "",
                f"{runs[0].folder.name}/config.yaml",
            ]
        )
    head = ["", "config_id", "choices", "seeds", "parameters", "resolved configuration"]
    return Table("Configurations", head, [("", sorted(cells))])


def _made(analysis: Analysis, figures: Sequence[Figure], folder: str) -> Table:
    """A row a figure and table: what it is made from, and the command."""
    configs = analysis.collected.configs["config_id"].nunique()
    runs = analysis.collected.runs
    commits = sorted({str(run.manifest.get("git_commit") or _UNKNOWN) for run in runs})
    dirty = " with changes" * any(bool(run.manifest.get("git_dirty")) for run in runs)
    command = f"attractor-report {folder} --force"
    source = [command, ", ".join(commits) + dirty, f"all {configs} above", _texts(runs)]
    drawn = [[f"figures/{f.name}.svg, .png", f.data, *source] for f in figures]
    tables = [
        [contract.name, f"predictions.csv of {_n_runs(len(runs))}", *source]
        for contract, _ in analysis.tables
    ]
    head = ["", "made from", "command", "commit", "configurations", "data fingerprint"]
    return Table(
        "Every figure and table of this page",
        head,
        [("figures", drawn), ("tables", tables)],
        folded="Every figure and table, with command, commit, configuration and data",
    )


def _texts(runs: Sequence[Run]) -> str:
    return _some({str(run.manifest.get("data_fingerprint", "")) for run in runs} - {""})
