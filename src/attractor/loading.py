"""The tables of an experiment as data frames, each read, and checked, when first asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from attractor.errors import UserError
from attractor.files import sha256
from attractor.registry import contract_of
from attractor.results import ITEMS, PREDICTIONS, read_csv

_PREDICTIONS = "predictions"  # the one name that is of the run folders


class Results:
    """What `attractor.load` gives: a data frame for each CSV file of an experiment's folder.

    An attribute is a file's name without `.csv`: summary, accuracy_by_distance, probes …, of the
    dtypes of the file's contract (docs/results.md); `predictions` are those of the runs that the
    report is made of, one after the other, without those that came later. Raises UserError for a
    folder without a report, and on reading a table, or a run, that is not as the report left it.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._made, self._runs = _made(self.folder)
        present = {path.name for path in self.folder.glob("*.csv")}
        made = {name for name in self._made if name.endswith(".csv")}
        self._names = sorted(name.removesuffix(".csv") for name in present | made)
        if any((self.folder / run).is_dir() for run in self._runs):  # else: the merged tables alone
            self._names.append(_PREDICTIONS)
        self._read: dict[str, pd.DataFrame] = {}

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_"):  # Python and notebooks ask for many that are no table
            raise AttributeError(name)
        if name not in self._names:
            raise AttributeError(
                f"{self.folder}: no table {name}, but {', '.join(self._names)}; "
                f"attractor-report {self.folder} makes all that its runs bear out"
            )
        if name not in self._read:
            self._read[name] = self._predictions() if name == _PREDICTIONS else self._table(name)
        return self._read[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._names]

    def __repr__(self) -> str:
        width = max(map(len, self._names))
        lines = [f"  {name:<{width}}  {self._size(name):>14}" for name in self._names]
        return "\n".join([f"results of {self.folder}", *lines])

    def _size(self, name: str) -> str:
        if name == _PREDICTIONS:
            return f"of {len(self._runs):,} run{'s' * (len(self._runs) > 1)}"
        path = self.folder / f"{name}.csv"
        if not path.is_file():
            return "gone"
        n_lines = path.read_bytes().count(b"\n")
        return f"{n_lines - 1:,} rows"

    def _table(self, name: str) -> pd.DataFrame:
        path = self.folder / f"{name}.csv"
        if path.name not in self._made:  # of the data: items, or what a suite counts
            return read_csv(path, ITEMS) if _is_of_items(path) else _as_it_is(path)
        if not path.is_file() or sha256(path) != self._made[path.name]:
            raise UserError(
                f"{path}: not as the report left it (edited, cut short or made anew); run "
                f"attractor-report {self.folder} and load again"
            )
        contract = contract_of(path.name)
        try:
            return _as_it_is(path) if contract is None else read_csv(path, contract)
        except UserError as error:
            raise UserError(
                f"{path}: made by another version of attractor-report; run attractor-report "
                f"{self.folder} --force and load again"
            ) from error

    def _predictions(self) -> pd.DataFrame:
        frames = []
        for run, digest in self._runs.items():
            path = self.folder / run / PREDICTIONS.name
            if not path.is_file() or sha256(path) != digest:
                raise UserError(
                    f"{path}: not as the report read it (gone, edited, cut short or made anew); "
                    f"run attractor-report {self.folder} and load again"
                )
            frames.append(read_csv(path, PREDICTIONS))
        return pd.concat(frames, ignore_index=True)


def _made(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Checksums of the files that the folder's report made, and of its runs' predictions, by name.

    Raises UserError.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; run an experiment first, e.g. make experiment")
    path = folder / "report.json"
    try:
        report = json.loads(path.read_bytes())
        made, runs = report["files"].items(), report["made_from"]["predictions"].items()
    except FileNotFoundError:
        raise UserError(f"{folder}: no report; run attractor-report {folder}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path}: cut short, edited, or of an older release; run attractor-report {folder} "
            "--force"
        ) from error
    return {str(n): str(x) for n, x in made}, {str(n): str(x) for n, x in runs}


def _as_it_is(path: Path) -> pd.DataFrame:
    """A table without a contract, whose text may be `NA`."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def _is_of_items(path: Path) -> bool:
    header = pd.read_csv(path, nrows=0)
    return set(ITEMS.columns) <= set(header)
