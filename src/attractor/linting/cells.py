"""A suite by cell: how its numbers balance, and what rules on nouns score, without any network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attractor.linting.compare import Compared, Tokens
from attractor.linting.contents import Fault, Format

if TYPE_CHECKING:
    import pandas as pd

CHANCE = 0.05  # of a false alarm in a file, over all its cells
_PIPELINE = "en_core_web_sm"


def balance(pairs: Sequence[Compared]) -> pd.DataFrame:
    """By cell: pairs; singular and plural ones; their distinct prefixes; p of that difference.

    p: of the exact two-sided binomial test that either number is as likely for a prefix: pairs of
    one prefix are one observation. Pairs whose verb's number is not known are left out.
    """
    import pandas as pd
    from scipy.special import bdtr

    table = pd.DataFrame(
        [(one.pair.cell or "all", one.number, " ".join(one.prefix)) for one in pairs if one.number],
        columns=["cell", "number", "prefix"],
    )
    prefixes = table.drop_duplicates()
    rows = []
    for cell, of_cell in table.groupby("cell"):
        numbers = of_cell["number"].value_counts()
        drawn = prefixes.loc[prefixes["cell"] == cell, "number"].value_counts()
        singular, plural = (int(drawn.get(number, 0)) for number in ("singular", "plural"))
        tail = float(bdtr(min(singular, plural), singular + plural, 0.5))
        rows.append(
            {
                "cell": cell,
                "pairs": len(of_cell),
                "singular": int(numbers.get("singular", 0)),
                "plural": int(numbers.get("plural", 0)),
                "prefixes": singular + plural,
                "singular_prefixes": singular,
                "p": min(1.0, 2 * tail),
            }
        )
    return pd.DataFrame(rows)


def imbalances(table: pd.DataFrame) -> Iterator[Fault]:
    """The cells whose imbalance chance hardly makes, with so many cells (Bonferroni)."""
    for row in table.to_dict("records"):
        if row["p"] < CHANCE / len(table):
            plural = row["prefixes"] - row["singular_prefixes"]
            said = f"{row['singular_prefixes']:,} singular, {plural:,} plural, p = {row['p']:.2g}"
            yield Fault("number_imbalance", str(row["cell"]), said)


def heuristics(pairs: Sequence[Compared], nouns: Sequence[str]) -> pd.DataFrame:
    """By cell: the pairs asked; share right of first, most recent and majority of nouns; disagree.

    nouns: of each pair, S and P before the verb. disagree: the share of pairs on which the three do
    not all say the same. Left out are pairs whose verb's number is not known and those without a
    noun before the verb.
    """
    import pandas as pd

    from attractor.baselines import HEURISTICS

    rows = [
        {
            "cell": one.pair.cell or "all",
            "preceding": "",
            "condition": letters,
            "subject_number": one.number,
        }
        for one, letters in zip(pairs, nouns, strict=True)
        if one.number and letters
    ]
    items = pd.DataFrame(rows, columns=["cell", "preceding", "condition", "subject_number"])
    scores = pd.DataFrame({name: (rule(items) + 1) / 2 for name, rule in HEURISTICS.items()})
    disagree = scores.max(axis=1) > scores.min(axis=1)
    scores = scores.assign(disagree=disagree.astype(float), asked=1, cell=items["cell"])
    shares = dict.fromkeys([*HEURISTICS, "disagree"], "mean")
    return scores.groupby("cell", as_index=False).agg({"asked": "sum", **shares})


def lone_nouns(pairs: Sequence[Compared], nouns: Sequence[str]) -> Iterator[Fault]:
    """Pairs whose right verb does not agree with the only noun before it."""
    for one, letters in zip(pairs, nouns, strict=True):
        if len(letters) == 1 and one.number and letters != one.number[0].upper():
            yield Fault("lone_noun", one.pair.place, f"{one.pair.good} / {one.pair.bad}")


def nouns_before(pairs: Sequence[Compared], form: Format) -> list[str]:
    """S and P of the nouns before each verb.

    By the format; else by the words that the suite's configuration lists; else as spaCy tags them.
    """
    by_prefix = _listed(pairs, form.words) if form.words else {}
    # One sentence tells the nouns of all pairs with its prefix.
    untold = {one.prefix: one for one in pairs if one.pair.nouns is None and one.verb is not None}
    tagged = [one for prefix, one in untold.items() if prefix not in by_prefix]
    by_prefix |= dict(zip((one.prefix for one in tagged), _tagged(tagged), strict=True))
    return [
        by_prefix.get(one.prefix, "") if one.pair.nouns is None else one.pair.nouns for one in pairs
    ]


def _listed(pairs: Sequence[Compared], suite: str) -> dict[Tokens, str]:
    """The nouns of the prefixes that the words of conf/suite/<suite>.yaml make up."""
    import yaml

    from attractor.errors import UserError
    from attractor.resources import CONF
    from attractor.suites.readings import Reader

    file = CONF / "suite" / f"{suite}.yaml"
    reader = Reader.of(yaml.safe_load(file.read_text(encoding="utf-8"))["words"], str(file))
    found: dict[Tokens, str] = {}
    for prefix in {one.prefix: None for one in pairs}:
        try:
            factors = reader.factors(prefix, "")
        except UserError:
            continue  # other words than the release's: spaCy reads them
        found[prefix] = factors["preceding"] + factors["condition"]
    return found


def _tagged(pairs: Sequence[Compared]) -> list[str]:
    """The nouns before the verb of each pair's good sentence, by spaCy's tags."""
    if not pairs:
        return []
    from spacy.tokens import Doc

    from attractor.corpus.agreement import NOUNS
    from attractor.corpus.parser import load

    nlp = load(_PIPELINE)
    documents = (Doc(nlp.vocab, words=list(one.good)) for one in pairs)
    return [
        "".join(NOUNS[t.tag_][0].upper() for t in document[: one.verb] if t.tag_ in NOUNS)
        for one, document in zip(pairs, nlp.pipe(documents, disable=["parser"]), strict=True)
    ]
