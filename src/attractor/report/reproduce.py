"""How to get the page's numbers again: commands, configurations, data, versions, machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from attractor.report.analysis import Analysis
from attractor.report.configs import CONFIG
from attractor.report.page_parts import Code, Figure, Part, Points, Prose, Table
from attractor.report.runs import Run

_SAME = {  # of the manifests, what should be the same for all runs
    "git_commit": "git commit",
    "platform": "platform",
    "python": "Python",
    "precision": "precision",
    "threads": "threads",
}


def experiment(folder: Path, runs: Sequence[Run]) -> str:
    """The experiment's name: as its runs have it, wherever the folder lies now."""
    config = yaml.safe_load((runs[0].folder / "config.yaml").read_text(encoding="utf-8"))
    return str(config.get("name", folder.name)) if isinstance(config, dict) else folder.name


def reproduce(analysis: Analysis, name: str, figures: Sequence[Figure]) -> list[Part]:
    """Commands, where the runs come from, each configuration, and each figure and table."""
    runs = analysis.collected.runs
    networks = [run for run in runs if not run.is_baselines] or list(runs)
    folder = f"outputs/{name}"
    one = f"{folder}/{networks[0].folder.name}"
    commands = [
        "# every run of the experiment again; what is there is kept",
        f"make experiment EXPERIMENT={name}",
        "# one run, from its own resolved configuration",
        f'attractor --config-path "$PWD/{one}" --config-name config',
        "# all tables and figures of this page, from the finished runs",
        f"attractor-report {folder} --force",
    ]
    return [
        Prose([_alike(runs)]),
        Code(commands),
        Points(_origins(runs), "Where the runs come from"),
        _configurations(analysis),
        _made(analysis, figures, folder),
    ]


def _alike(runs: Sequence[Run]) -> str:
    """Whether all runs were made with the same."""
    several = [f"{title} ({len(seen)})" for title, seen in _seen(runs).items() if len(seen) > 1]
    if several:
        return f"The runs are not all alike; they differ in {', '.join(several)}, listed below."
    return "One commit, one platform, one set of versions: nothing below differs between the runs."


def _seen(runs: Sequence[Run]) -> dict[str, dict[str, list[Run]]]:
    """By what is asked, its values, each with the runs that have it."""
    seen: dict[str, dict[str, list[Run]]] = {}
    for run in runs:
        for key, title in _SAME.items():
            value = str(run.manifest.get(key) or "unknown")
            if key == "git_commit":
                value += " with uncommitted changes" * bool(run.manifest.get("git_dirty"))
            seen.setdefault(title, {}).setdefault(value, []).append(run)
        versions = run.manifest.get("versions", {})
        value = ", ".join(f"{package} {version}" for package, version in versions.items())
        seen.setdefault("versions", {}).setdefault(value or "unknown", []).append(run)
    return seen


def _origins(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """What the runs were made with; where there are several, how many runs each has."""
    points = []
    for title, values in _seen(runs).items():
        told = [
            f"{value} ({len(of_value)} runs: {_some(run.run_id for run in of_value)})"
            if len(values) > 1
            else value
            for value, of_value in values.items()
        ]
        points.append((title, "; ".join(told)))
    texts = sorted({str(r.manifest["data_fingerprint"]) for r in runs if _has_text(r)})
    if texts:
        points.append(("data fingerprint of the training text", ", ".join(texts)))
    for suite in sorted({suite for run in runs for suite in run.manifest["suites"]}):
        items = {str(r.manifest["suites"][suite]) for r in runs if suite in r.manifest["suites"]}
        points.append((f"fingerprint of the items of {suite}", ", ".join(sorted(items))))
    return points


def _has_text(run: Run) -> bool:
    return bool(run.manifest.get("data_fingerprint"))


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
    commits = sorted({str(run.manifest.get("git_commit") or "unknown") for run in runs})
    dirty = " with changes" * any(bool(run.manifest.get("git_dirty")) for run in runs)
    command = f"attractor-report {folder} --force"
    source = [command, ", ".join(commits) + dirty, f"all {configs} above", _texts(runs)]
    drawn = [[f"figures/{f.name}.svg, .png", f.data, *source] for f in figures]
    tables = [
        [contract.name, f"predictions.csv of {len(runs)} runs", *source]
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
