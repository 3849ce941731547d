"""Synthetic run folders, as the pipeline leaves them: models that follow a known curve."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from attractor.files import sha256
from attractor.results import HISTORY, PREDICTIONS, Table, read_csv, write_csv
from attractor.runs import STAGE_VERSIONS

# intercept, slope per token, slope per attractor (log-odds)
MODELS = {
    "srn": (4.2, -0.30, -1.2),
    "birnn": (2.6, -0.24, -1.0),
    "lstm": (4.6, -0.20, -0.9),
    "bilstm": (4.4, -0.16, -1.1),
}
TWO = {name: MODELS[name] for name in ("srn", "lstm")}
HEURISTICS = ("first_noun", "most_recent_noun", "majority_of_nouns", "majority_class")
NUMBER = "number_prediction"
FLIP = str.maketrans("SP", "PS")


def items(per_cell: int = 24, longest: int = 9) -> pd.DataFrame:
    """Probes by cell (balanced: a fronted noun independent of the subject), test, flagship."""
    rows = []
    cells = product(range(1, longest + 1), range(3), range(3), "SP", (3, 6), ("balanced", "inner"))
    for distance, between, attractors, subject, position, probe_set in cells:
        if attractors > between or distance < 1 + 2 * between:
            continue
        for k in range(per_cell):
            nouns = subject.translate(FLIP) * attractors + subject * (between - attractors)
            rows.append(
                {"distance": distance, "n_intervening": between, "n_attractors": attractors}
                | {"subject_index": position, "condition": subject + nouns, "suite": "probes"}
                | {"preceding": "SP"[k % 2], "probe_set": probe_set, "split": "probe"}
                | {"role": "inner" if probe_set == "inner" else "outer"}
            )
    for k in range(per_cell * 8):
        rows.append(
            {"distance": 1 + k % 3, "n_intervening": 0, "n_attractors": 0}
            | {"subject_index": (1, 4, 6, 9)[k // 3 % 4], "n_following": k // 12 % 4}
            | {"right_context_reveals": int(k % 8 == 5)}
            | {"condition": "SP"[k % 2], "suite": "test", "preceding": "", "probe_set": ""}
            | {"role": "outer", "split": "test"}
        )
    for role, condition, preceding in (("inner", "S", "P"), ("outer", "PS", "")):
        rows.append(
            {"distance": 1 if role == "inner" else 5, "suite": "flagship", "probe_set": ""}
            | {"n_intervening": len(condition) - 1, "n_attractors": len(condition) - 1}
            | {"subject_index": 3 if role == "inner" else 1, "condition": condition}
            | {"preceding": preceding, "role": role, "split": "probe"}
        )
    return _with_factors(pd.DataFrame(rows))


def clams() -> pd.DataFrame:
    """An imported suite: five files, two pairs to a prefix, every fourth prefix unknown.

    Each pattern of nouns comes equally often; simple_agrmt has 12 prefixes, others 24 or 48.
    """
    rows = []
    for file, construction, coordination, within, patterns, n_prefixes in (
        ("simple_agrmt", "simple", "none", "none", (" S", " P"), 12),
        ("vp_coord", "simple", "short_vp_coordination", "none", (" S", " P"), 24),
        ("prep_anim", "prep_phrase", "none", "none", (" SS", " SP", " PS", " PP"), 48),
        ("within_anim", "simple", "none", "object_relative", ("S S", "S P", "P S", "P P"), 48),
        ("nested", "prep_phrase", "none", "none", (" SSS", " SPS", " PSS", " PPP"), 48),
        ("nested", "object_relative", "none", "none", (" SPP", " PSS", " SSS", " PPP"), 48),
    ):
        for k in range(2 * n_prefixes):
            preceding, condition = patterns[k // 2 % len(patterns)].split(" ")
            rows.append(
                {"distance": 1 + 3 * (len(condition) - 1), "n_intervening": len(condition) - 1}
                | {"n_attractors": len(condition) - condition.count(condition[0])}
                | {"subject_index": 1, "condition": condition, "preceding": preceding}
                | {"suite": "clams", "probe_set": file, "split": "probe", "within": within}
                | {"construction": construction, "coordination": coordination}
                | {"role": "outer" if within == "none" else "inner"}
                | {"prefix_id": f"{file}-{construction}-{k // 2}"}
                | {"in_vocabulary": int(k // 2 % 4 > 0)}
            )
    return _with_factors(pd.DataFrame(rows))


def _with_factors(given: pd.DataFrame) -> pd.DataFrame:
    """Items with all columns: what is not given is the same for all or follows."""
    for column, usual in (("n_following", 2), ("right_context_reveals", 0)):
        given[column] = given[column].fillna(usual).astype(int) if column in given else usual
    constant = {"construction": "prep_phrase", "coordination": "none", "in_vocabulary": 1}
    within = (given["role"] == "inner").map({True: "object_relative_no_that", False: "none"})
    ids = [f"p{i:05d}" for i in range(len(given))]
    frame = given.assign(
        **{**constant, "within": within, "prefix_id": ids, **{c: given[c] for c in given}}
    )
    frame["template_id"] = frame["prefix_id"]
    number = frame["condition"].str[0].map({"S": "singular", "P": "plural"})
    # Rare beyond distance 6, unseen beyond 8, and rarer with each attractor.
    seen = 20000 * 0.35 ** frame["distance"] * 0.1 ** frame["n_attractors"]
    return frame.assign(
        item_id=[f"{s}-{i:05d}" for i, s in enumerate(frame["suite"])],
        subject_number=number,
        verb_index=frame["subject_index"] + frame["distance"],
        train_frequency=(seen * (frame["distance"] <= 8)).astype(int),
        structure="[pp]",
        n_preceding_opposite=0,
        opening="none",
        last_cue_distance=frame["distance"],
        depth=frame["n_intervening"],
        tense="present",
        verb_class="be",
        prefix_seen=0,
        inner_verb_marked=0,
        determiner_marked=0,
    )


def heuristic_correct(name: str, frame: pd.DataFrame) -> np.ndarray:
    """[N] 0, ½ or 1: each heuristic's score on S/P letters."""
    scores = []
    for before, condition in zip(frame["preceding"], frame["condition"], strict=True):
        nouns, subject = before + condition, condition[0]
        share = {
            "first_noun": float(nouns[0] == subject),
            "most_recent_noun": float(nouns[-1] == subject),
            "majority_class": float(subject == "S"),
        }.get(name)
        if share is None:
            difference = 2 * nouns.count(subject) - len(nouns)
            share = 0.5 + 0.5 * np.sign(difference)
        scores.append(share)
    return np.array(scores)


def write_runs(
    folder: Path,
    seeds: int = 5,
    models: dict[str, tuple[float, float, float]] = MODELS,
    per_cell: int = 24,
    longest: int = 9,
    choices: dict[str, object] | None = None,
    vary_data: bool = False,
    suites: Sequence[str] = ("probes", "flagship"),
    job: str = "",
    forms: Mapping[str, str] | None = None,
    task: str = NUMBER,
) -> None:
    """Write `seeds` runs of each model and one folder of baselines below `folder`.

    Jobs of other names train the same networks and ask them other suites; forms: suites that are
    not as in other jobs. Baselines are the same whatever the task.
    """
    table = pd.concat([items(per_cell, longest), clams()], ignore_index=True)
    table = table[table["suite"].isin(["test", *suites])].reset_index(drop=True)
    met = {suite: f"{suite}-0" for suite in ("test", *suites)} | dict(forms or {})
    choices = {"data.regime": "natural", **(choices or {})}
    of_network = ("model", "task", "train")
    of_text = {k: v for k, v in choices.items() if k.partition(".")[0] not in of_network}
    suffix = "-".join(str(v) for v in of_text.values())
    mine = "-".join([*map(str, choices.values()), *[task] * (task != NUMBER)])
    for number, (model, curve) in enumerate(models.items()):
        for seed in range(seeds):
            rng = np.random.default_rng([number, seed])
            intercept, token, attractor = curve
            eta = intercept + rng.normal(0, 0.25)
            eta = eta + token * table["distance"] + attractor * table["n_attractors"]
            margin = eta + _noise(table["suite"], number, seed)
            run_id = f"{model}-{mine}-{seed}{job}"
            manifest = {
                "run_id": run_id,
                "config_id": f"c{number}{mine}",
                "model": model,
                "task": task,
                "seed": seed,
                "trained": f"t{number}{mine}{seed}",
                "suites": _asked(met, suffix, seed if vary_data else 0),
                "suite_config_ids": met,
                "choices": {"model": model, "hidden": 10 * (1 + number), "task": task, **choices},
                "data_seed": seed if vary_data else 0,
                "parameters": 20000 + number,
                "train_seconds": 10.0 + seed,
                "tokens_per_second": 30000.0,
            }
            scores = {"margin": margin}
            if task == "grammaticality":
                scores["absolute"] = np.clip(np.round(2 + margin), 0, 4) / 4
            if task == "language_model":
                scores["sentence_margin"] = margin - 1.0
            if task in ("language_model", "cloze"):
                manifest["perplexity"] = 20.0 + seed
            write_run(folder, manifest, table.assign(**scores, model=model))
            epochs = np.arange(1, 9 + seed % 3)
            loss = 0.25 + 0.45 * np.exp(-epochs / (2 + number)) + rng.normal(0, 0.01, len(epochs))
            history = pd.DataFrame(
                {"run_id": run_id, "epoch": epochs, "train_loss": loss, "valid_loss": loss + 0.03}
                | {"valid_accuracy": 1.15 - loss, "grad_norm": 0.5, "grad_norm_max": 2.0}
                | {"tokens": 100_000, "seconds": 1.5}
            )
            write_csv(history, HISTORY, folder / run_id / "history.csv")
    manifest = {
        "run_id": f"baselines-{suffix}{job}",
        "config_id": f"b{suffix}",
        "model": "baselines",
        "seed": 0,
        "trained": f"b{suffix}",
        "suites": _asked(met, suffix, 0),
        "suite_config_ids": met,
        "choices": of_text,
        "data_seed": 0,
    }
    scored = []
    for name in HEURISTICS:
        margin = 2 * heuristic_correct(name, table) - 1
        scored.append(table.assign(margin=margin, model=f"baseline:{name}"))
    for name, share in (("bag_of_words", 0.58), ("ngrams", 0.64)):
        margin = np.where(_noise(table["suite"], len(name), 0) < np.log(share / (1 - share)), 1, -1)
        scored.append(table.assign(margin=margin, model=f"baseline:{name}"))
    write_run(folder, manifest, pd.concat(scored, ignore_index=True))


def _asked(forms: Mapping[str, str], text: str, data_seed: int) -> dict[str, str]:
    """The very items of each suite: its form on one text."""
    return {suite: f"{form}-{text}-{data_seed}" for suite, form in forms.items()}


def _noise(suites: pd.Series, *seed: int) -> np.ndarray:
    """[N] logistic noise, the same for a suite whatever suites stand beside it."""
    noise = np.empty(len(suites))
    for suite in set(suites):
        rows = np.flatnonzero(suites == suite)
        rng = np.random.default_rng([zlib.crc32(suite.encode()), *seed])
        noise[rows] = rng.logistic(size=len(rows))
    return noise


def write_small(folder: Path) -> Path:
    """Two models × 2 seeds, few items; returns `folder`."""
    write_runs(folder, seeds=2, models=TWO, per_cell=4, longest=5)
    return folder


def as_published(folder: Path) -> Path:
    """Note in each manifest below `folder` what stands beside it, as the pipeline does; `folder`.

    Without, manifests are as the first release wrote them, and tables may be written anew.
    """
    for path in folder.glob("**/manifest.json"):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        baselines = manifest.get("model") == "baselines"
        stages = ("text", "suite", *(["baselines"] if baselines else ["train", "evaluate"]))
        beside = sorted(p for p in path.parent.iterdir() if p.is_file() and p != path)
        manifest["files"] = {p.name: p.stat().st_size for p in beside}
        manifest["sha256"] = {p.name: sha256(p) for p in beside}
        manifest["stage_versions"] = {stage: STAGE_VERSIONS[stage] for stage in stages}
        path.write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def read(folder: Path, table: Table) -> pd.DataFrame:
    """A table of the contract in `folder`."""
    return read_csv(folder / table.name, table)


def matches(frame: pd.DataFrame, cell: Mapping[str, object]) -> pd.Series:
    """Which rows have the values of `cell`, of those columns that there are."""
    mask = pd.Series(True, index=frame.index)
    for column, value in cell.items():
        if column in frame:
            mask &= frame[column] == value
    return mask


def write_run(folder: Path, manifest: dict[str, object], predictions: pd.DataFrame) -> None:
    """One finished run folder: predictions.csv, config.yaml, and manifest.json last."""
    run = folder / str(manifest["run_id"])
    correct = 0.5 + 0.5 * np.sign(predictions["margin"])
    seed = {"run_id": manifest["run_id"], "seed": manifest["seed"]}
    task = manifest.get("task", NUMBER)
    nowhere = {
        c: np.nan for c in ("sentence_margin", "absolute", "formula") if c not in predictions
    }
    predictions = predictions.assign(task=task, correct=correct, **seed, **nowhere)
    write_csv(predictions, PREDICTIONS, run / "predictions.csv")
    (run / "config.yaml").write_text("seed: 0\n", encoding="utf-8")
    constant = {"task": NUMBER, "epochs": 8, "git_dirty": False, "threads": 1}
    full = {**constant, "fingerprint": f"f-{manifest['run_id']}", **manifest}
    (run / "manifest.json").write_text(json.dumps(full), encoding="utf-8")
