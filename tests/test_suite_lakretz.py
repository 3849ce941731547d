"""Lakretz et al.: the templates read, labels held against words, faulty lines told."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite_reading import read, release, told, write

# Of each pair: prefix, right and wrong form, label; subject, condition, distance, construction.
BY_HAND = [
    ("The athlete", "admires", "admire", "singular", "athlete", "S", 1, "simple"),
    ("The women certainly", "know", "knows", "plural", "women", "P", 2, "simple"),
    ("The boy most probably", "greets", "greet", "singular", "boy", "S", 3, "simple"),
    ("The men near the car", "greet", "greets", "plural_singular", "men", "PS", 4, "prep_phrase"),
    ("The boy near the cars", "greets", "greet", "singular_plural", "boy", "SP", 4, "prep_phrase"),
    ("The boys next to Bill", "greet", "greets", "plural", "boys", "PS", 4, "prep_phrase"),
    ("The boy near the cat certainly", "runs", "run", *("singular_singular", "boy", "SS", 5),
     "prep_phrase"),
]  # fmt: skip


def lines(prefix: str, right: str, wrong: str, label: str, name: str = "id1") -> str:
    rows = [
        (f"{prefix} {right}", label, "correct", name),
        (f"{prefix} {wrong}", label, "wrong", name),
    ]
    return "".join("\t".join(row) + "\n" for row in rows)


def test_every_template_is_read(tmp_path: Path) -> None:
    text = "".join(lines(*pair[:4], f"id{i}") for i, pair in enumerate(BY_HAND))
    write(tmp_path / "any.txt", text)
    items, tables = read("lakretz", tmp_path)
    assert len(items) == len(BY_HAND)
    columns = ["correct_form", "wrong_form", "subject", "condition", "distance", "construction"]
    found = items[columns].itertuples(index=False, name=None)
    assert list(found) == [(*pair[1:3], *pair[4:]) for pair in BY_HAND]
    assert items["item_id"].tolist() == [f"lakretz-any-id{i}" for i in range(7)]
    assert items["last_cue_distance"].tolist() == [1, 2, 3, 1, 1, 1, 2]
    assert items["n_attractors"].tolist() == [0, 0, 0, 1, 1, 1, 0]
    assert set(items["n_following"]) == {0}
    counts = tables["counts.csv"].set_index("file")
    assert counts.loc["any", ["lines", "pairs", "items"]].tolist() == [14, 7, 7]


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (("The athlete", "admires", "admire", "plural"), "number"),
        (("The athlete", "admire", "admires", "singular"), "number"),
        (("The athlete near the bike", "admires", "admire", "singular_plural"), "number"),
        (("The athlete that the bike knows", "admires", "admire", "singular"), "template"),
        (("The boy near the cat under the car", "runs", "run", "singular"), "template"),
        (("Boys", "run", "runs", "plural"), "template"),
        (("The boy", "runs", "runs", "singular"), "identical"),
        (("The boy", "is", "were", "singular"), "tense"),
    ],
)
def test_what_makes_no_item(tmp_path: Path, pair: tuple[str, str, str, str], reason: str) -> None:
    text = lines(*BY_HAND[0][:4]) + lines(*pair, "id2")
    items, tables = read("lakretz", write(tmp_path / "any.txt", text))
    assert items["item_id"].tolist() == ["lakretz-any-id1"]
    assert tables["excluded.csv"]["reason"].tolist() == [reason]
    assert tables["excluded.csv"]["place"].tolist() == [f"{tmp_path / 'any.txt'} line 3"]
    assert tables["counts.csv"].set_index("file").loc["any", reason] == 1


GOOD = lines(*BY_HAND[0][:4])


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (GOOD + "The boy runs\tsingular\tcorrect\n", 3, "separated by tabs, but it is `The boy"),
        (GOOD + "The boy runs\tdual\tcorrect\tid2\n", 3, "`dual` and `correct` where singular or"),
        (GOOD + "The boy runs\tsingular\tright\tid2\n", 3, "`singular` and `right` where"),
        (GOOD + "The boy runs\tsingular\tcorrect\tid2\n", 3, "the last pair has no second line"),
        (GOOD + GOOD, 3, "id1 is the name of an earlier pair"),
        (GOOD.replace("id1", "id2", 1), 1, "but are id2 singular correct and id1 singular wrong"),
        (GOOD.replace("wrong", "correct"), 1, "must be the correct and the wrong one of a pair"),
        (GOOD + "\n", 3, "separated by tabs"),
    ],
)
def test_a_faulty_file_is_told(tmp_path: Path, text: str, line: int, message: str) -> None:
    file = write(tmp_path / "any.txt", text)
    said = told("lakretz", tmp_path)
    assert said.startswith(f"{file} line {line}: ")
    assert message in said


@pytest.mark.third_party
def test_the_release_is_what_the_yaml_says() -> None:
    folder = release("lakretz")
    items, tables = read("lakretz", folder)
    counts = tables["counts.csv"]
    assert set(counts["as_expected"]) == {"yes"}
    assert counts["items"].tolist() == counts["pairs"].tolist()
    n_lines = {f.stem: f.read_bytes().count(b"\n") for f in folder.glob("*.txt")}
    assert dict(zip(counts["file"], 2 * counts["pairs"], strict=True)) == n_lines
    conditions = items.groupby("probe_set")["condition"].value_counts().to_dict()
    assert conditions == {
        **{("simple", c): 300 for c in "SP"},
        **{("adv", c): 900 for c in "SP"},
        **{("namepp", c): 900 for c in ("SS", "PS")},
        **{("nounpp", c): 600 for c in ("SS", "SP", "PS", "PP")},
    }
