"""The shipped lexicon is sound and covers what it must; a faulty one is refused, with its row."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractor.errors import UserError
from attractor.lexicon import CHOICES, COLUMNS, FORMS, Lexicon, faults, read_lexicon

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "data" / "lexicon"
CLAMS = ROOT.parent / "shared" / "data" / "clams_en"
FLAGSHIP = "the flights the airline was cancelling were full ."


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return read_lexicon(FOLDER)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "lexicon"))


def edit(folder: Path, table: str, change: Callable[[list[str]], None]) -> None:
    """Change the lines of a table; `lines[0]` is the header, which a person calls row 1."""
    path = folder / f"{table}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    change(lines)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as error:
        read_lexicon(folder)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_shipped_lexicon_has_no_fault(lexicon: Lexicon) -> None:
    assert faults(lexicon) == []


@pytest.mark.parametrize(
    ("table", "where", "least"),
    [
        ("nouns", {}, 280),
        ("nouns", {"animacy": "animate"}, 120),
        ("nouns", {"animacy": "inanimate"}, 140),
        ("nouns", {"irregular": "yes", "animacy": "animate"}, 10),
        ("nouns", {"irregular": "yes", "animacy": "inanimate"}, 10),
        ("verbs", {}, 130),
        ("verbs", {"frames": "intransitive", "subject": "animate"}, 40),
        ("verbs", {"frames": "intransitive", "subject": "any"}, 20),
        ("verbs", {"frames": "transitive"}, 40),
        ("verbs", {"frames": "sentence"}, 20),
        ("verbs", {"frames": "transitive_past"}, 1),
        ("auxiliaries", {}, 4),
        ("adjectives", {}, 50),
        ("adjectives", {"of": "any"}, 20),
        ("adverbs", {"position": "preverbal"}, 15),
        ("adverbs", {"position": "clause"}, 10),
        ("adjuncts", {"kind": "parenthetical"}, 10),
        ("adjuncts", {"kind": "time"}, 10),
        ("prepositions", {}, 10),
        ("determiners", {"number": "any"}, 7),
        ("determiners", {"number": "marked"}, 4),
        ("nouns", {"relational": "yes", "animacy": "animate"}, 10),
        ("nouns", {"held_out": "subject", "animacy": "animate"}, 10),
        ("nouns", {"held_out": "subject", "animacy": "inanimate"}, 10),
        ("nouns", {"held_out": "attractor", "animacy": "animate"}, 10),
        ("nouns", {"held_out": "attractor", "animacy": "inanimate"}, 10),
    ],
)
def test_enough_words(lexicon: Lexicon, table: str, where: dict[str, str], least: int) -> None:
    assert len(lexicon.rows(table, where)) >= least


def test_about_as_many_animate_as_inanimate_nouns(lexicon: Lexicon) -> None:
    animate = len(lexicon.rows("nouns", {"animacy": "animate"}))
    assert 0.4 < animate / len(lexicon.tables["nouns"]) < 0.6


def test_tables_are_sorted(lexicon: Lexicon) -> None:
    for table, column in (("nouns", "singular"), ("verbs", "plural"), ("adverbs", "adverb")):
        forms = [row[column] for row in lexicon.tables[table]]
        assert forms == sorted(forms)


def test_irregular_marks_the_nouns_that_no_spelling_rule_makes(lexicon: Lexicon) -> None:
    for row in lexicon.tables["nouns"]:
        singular, plural = row["singular"], row["plural"]
        by_rule = {f"{singular}s", f"{singular}es", re.sub("y$", "ies", singular)} - {singular}
        assert (plural not in by_rule) == (row["irregular"] == "yes"), singular


def test_covers_the_flagship(lexicon: Lexicon) -> None:
    for sentence in (FLAGSHIP, "the keys to the cabinet are here ."):
        assert set(sentence.split()) <= lexicon.words()
    singular = {row["singular"] for row in lexicon.tables["nouns"]}
    assert {"airline", "flight", "key", "cabinet", "taxi driver"} <= singular


@pytest.mark.third_party
def test_covers_clams(lexicon: Lexicon) -> None:
    if not CLAMS.is_dir():
        pytest.skip(f"no {CLAMS}")
    words = lexicon.words()
    seen = set()
    for path in sorted(CLAMS.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            seen.update(line.partition("\t")[2].split())
    assert len(seen) > 80
    assert seen - words == set()


@pytest.mark.third_party
def test_covers_the_prepositions_of_clams(lexicon: Lexicon) -> None:
    path = CLAMS / "prep_anim.txt"
    if not path.is_file():
        pytest.skip(f"no {path}")
    known = {row["preposition"] for row in lexicon.tables["prepositions"]}
    nouns = "|".join(
        form for row in lexicon.tables["nouns"] for form in (row["singular"], row["plural"])
    )
    between = re.compile(rf"\tthe (?:{nouns}) (.+?) the (?:{nouns}) ")
    seen = set(between.findall(path.read_text(encoding="utf-8")))
    assert len(seen) == 6
    assert seen <= known


def test_rows_asks_for_every_value(lexicon: Lexicon) -> None:
    laughs = lexicon.rows("verbs", {"frames": "intransitive", "third_singular": "laughs"})
    assert laughs == [
        {
            "third_singular": "laughs",
            "plural": "laugh",
            "past": "laughed",
            "progressive": "laughing",
            "frames": "intransitive",
            "subject": "animate",
            "aspect": "dynamic",
        }
    ]
    both = lexicon.rows("verbs", {"frames": "transitive", "plural": "paint"})
    assert [row["frames"] for row in both] == ["intransitive|transitive"]
    # "transitive_past" is a frame of its own, not a spelling of "transitive".
    assert lexicon.rows("verbs", {"frames": "transitive", "plural": "hurt"}) == []
    assert lexicon.rows("nouns", {"singular": "sheep"}) == []
    assert lexicon.rows("nouns", {}) == lexicon.tables["nouns"]


@pytest.mark.parametrize(
    ("table", "where", "named"),
    [
        ("noun", {}, "nouns, verbs, auxiliaries"),
        ("nouns", {"number": "any"}, "singular, plural, animacy, irregular"),
        ("nouns", {"animacy": "animat"}, "animate, inanimate"),
        ("verbs", {"frames": "ditransitive"}, "intransitive, transitive, sentence"),
    ],
)
def test_rows_names_what_exists(
    lexicon: Lexicon, table: str, where: dict[str, str], named: str
) -> None:
    with pytest.raises(UserError, match=named):
        lexicon.rows(table, where)


def test_words_are_single_tokens(lexicon: Lexicon) -> None:
    words = lexicon.words()
    assert {"taxi", "driver", "drivers", "next", "to", "hurt", "was", "were", ","} <= words
    assert not any(" " in word or word != word.lower() for word in words)
    assert not {"animate", "nouns", "parenthetical"} & words


def test_fingerprint_is_of_the_contents(lexicon: Lexicon, copy: Path) -> None:
    assert read_lexicon(copy).fingerprint == lexicon.fingerprint
    edit(copy, "nouns", lambda lines: lines.append("walrus,walruses,animate,no,no,no"))
    assert read_lexicon(copy).fingerprint != lexicon.fingerprint


def test_bom_and_windows_line_ends_are_no_difference(lexicon: Lexicon, copy: Path) -> None:
    for path in copy.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    other = read_lexicon(copy)
    assert (other.tables, other.fingerprint) == (lexicon.tables, lexicon.fingerprint)


def test_a_table_may_hold_a_column_more(copy: Path) -> None:
    def add(lines: list[str]) -> None:
        lines[:] = [f"{lines[0]},note", *(f"{line}," for line in lines[1:])]

    edit(copy, "nouns", add)
    assert len(read_lexicon(copy).rows("nouns", {"note": ""})) >= 280


# What a slip looks like, in row 5 of a table, and what the message must name beside that row.
SLIPS = [
    ("nouns", "sheep,sheep,animate,yes,no,no", "remove it"),
    ("nouns", "badger,,animate,no,no,no", "badger has no plural"),
    ("nouns", ",badgers,animate,no,no,no", "has no singular"),
    ("nouns", "badger,badgers,animate", "3 cells, not 6"),
    ("nouns", "badger,badgers,animate,no,no,no,no", "7 cells, not 6"),
    ("nouns", "", "0 cells, not 6"),
    ("nouns", "badger,badgers,animal,no,no,no", "write animate or inanimate"),
    ("nouns", "badger,badgers,animate,maybe,no,no", "write yes or no"),
    ("nouns", "badger,badgers,animate,,no,no", "badger has no irregular"),
    ("nouns", " badger,badgers,animate,no,no,no", "write 'badger'"),
    ("nouns", "badger,badgers ,animate,no,no,no", "write 'badgers'"),
    ("nouns", "bus  driver,bus drivers,animate,no,no,no", "write 'bus driver'"),
    ("nouns", "Badger,badgers,animate,no,no,no", "write 'badger'"),
    ("nouns", "badger,badgers,Animate,no,no,no", "write 'animate'"),
    ("nouns", "old very big badger,badgers,animate,no,no,no", "1 to 3 tokens"),
    ("verbs", "reads,read,read,reading,transitive,animate,dynamic", "transitive_past"),
    (
        "verbs",
        "reads,read,read,reading,intransitive|transitive_past,animate,dynamic",
        "transitive_past",
    ),
    ("verbs", "may,may,mayed,maying,intransitive,any,dynamic", "same third_singular and plural"),
    ("verbs", "gives,give,gave,gave,transitive,animate,dynamic", "same past and progressive"),
    (
        "verbs",
        "gives,give,gave,giving,ditransitive,animate,dynamic",
        "frames 'ditransitive' is unknown",
    ),
    (
        "verbs",
        "gives,give,gave,giving,transitive|,animate,dynamic",
        "frames 'transitive|' is unknown",
    ),
    ("verbs", "gives,give,gave,giving,transitive,inanimate,dynamic", "write animate or any"),
    ("verbs", "gives,give,,giving,transitive,animate,dynamic", "give has no past"),
    ("verbs", "sees,see,saw,seeing,transitive|sentence,animate,dynamic", "keep one"),
    ("auxiliaries", "will,future,will,will", "write present or past"),
    ("auxiliaries", "can,past,could,could", "same singular and plural"),
    ("adjectives", "bald,person", "write animate or inanimate or any"),
    ("adverbs", "soon,anywhere", "write preverbal or clause"),
    ("adverbs", "quite often,preverbal", "1 to 1 tokens"),
    ("adjuncts", "however,parenthetical", "2 to 9 tokens"),
    ("adjuncts", "at rest,place", "write parenthetical or time"),
    ("prepositions", "at the very far end of", "1 to 4 tokens"),
    ("determiners", "some,some,mass", "write any or marked"),
    ("determiners", "some,some,marked", "write any"),
    ("determiners", "both,all,any", "write marked"),
    ("nouns", "badger,badgers,animate,no,perhaps,no", "write yes or no"),
    ("nouns", "badger,badgers,animate,no,no,object", "write no or subject or attractor"),
    ("function_words", "if,", "if has no class"),
]


@pytest.mark.parametrize(("table", "line", "named"), SLIPS, ids=lambda value: str(value)[:24])
def test_a_slip_is_refused_with_its_row(copy: Path, table: str, line: str, named: str) -> None:
    edit(copy, table, lambda lines: lines.insert(4, line))
    message = refusal(copy)
    assert f"{copy}/{table}.csv row 5: " in message
    assert named in message
    assert "more)" not in message


# A word that is there already in another use: the message names both places.
HOMOGRAPHS = [
    ("nouns", "laugh,laughs,inanimate,no,no,no", "verbs"),
    ("nouns", "drawing,drawings,inanimate,no,no,no", "verbs"),
    ("nouns", "pilots,pilotses,animate,no,no,no", "nouns"),
    ("nouns", "axis,axes,inanimate,yes,no,no", "nouns"),
    ("nouns", "driver,drivers,animate,no,no,no", ""),
    ("nouns", "taxi,taxis,inanimate,no,no,no", "nouns"),
    ("nouns", "tall,talls,animate,no,no,no", "adjectives"),
    ("nouns", "here,heres,inanimate,no,no,no", "adverbs"),
    ("nouns", "front,fronts,inanimate,no,no,no", "prepositions"),
    ("nouns", "noon,noons,inanimate,no,no,no", "adjuncts"),
    ("nouns", "each,eaches,inanimate,no,no,no", "determiners"),
    ("verbs", "guards,guard,guarded,guarding,transitive,animate,dynamic", "nouns"),
    ("verbs", "bridges,bridge,bridged,bridging,transitive,animate,dynamic", "nouns"),
    ("verbs", "fells,fell,felled,felling,transitive,animate,dynamic", "verbs"),
    ("verbs", "does,do,did,doing,transitive,any,dynamic", "auxiliaries"),
    ("verbs", "empties,empty,emptied,emptying,transitive,animate,dynamic", "adjectives"),
    ("verbs", "courses,course,coursed,coursing,intransitive,any,dynamic", "adjuncts"),
    ("adjectives", "early,any", ""),
    ("adjectives", "near,any", "prepositions"),
    ("adverbs", "behind,clause", "prepositions"),
    ("adverbs", "wet,clause", "adjectives"),
    ("prepositions", "outside", "adverbs"),
    ("adjuncts", "in this case,parenthetical", "determiners"),
    ("adjuncts", "at the desk,time", "nouns"),
    ("adjuncts", "in my view,parenthetical", ""),
]


@pytest.mark.parametrize(("table", "line", "other"), HOMOGRAPHS, ids=lambda value: str(value)[:24])
def test_a_homograph_is_refused_with_both_places(
    copy: Path, table: str, line: str, other: str
) -> None:
    edit(copy, table, lambda lines: lines.insert(4, line))
    if not other:
        assert read_lexicon(copy).tables[table][3] == dict(
            zip(COLUMNS[table], line.split(","), strict=True)
        )
        return
    message = refusal(copy)
    assert f"{table}.csv row 5" in message
    assert re.search(rf"{other}\.csv row \d+", message)
    assert "remove one" in message


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_a_repeated_row_is_refused(copy: Path, table: str) -> None:
    edit(copy, table, lambda lines: lines.append(lines[2]))
    last = len((copy / f"{table}.csv").read_text(encoding="utf-8").splitlines())
    message = refusal(copy)
    assert f"{table}.csv row {last}: " in message
    assert "in row 3 already; remove one" in message


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_a_missing_or_empty_table_is_refused(copy: Path, table: str) -> None:
    edit(copy, table, lambda lines: lines.__delitem__(slice(1, None)))
    assert f"{table}.csv row 2: the table is empty" in refusal(copy)
    (copy / f"{table}.csv").write_bytes(b"")
    assert f"{table}.csv row 1: column {COLUMNS[table][0]}" in refusal(copy)
    (copy / f"{table}.csv").unlink()
    assert f"{table}.csv: no such file" in refusal(copy)


@pytest.mark.parametrize(("table", "column"), [(t, c) for t in COLUMNS for c in COLUMNS[t]])
def test_a_missing_column_is_refused(copy: Path, table: str, column: str) -> None:
    def rename(lines: list[str]) -> None:
        lines[0] = ",".join("other" if name == column else name for name in lines[0].split(","))

    edit(copy, table, rename)
    assert f"{table}.csv row 1: column {column} missing" in refusal(copy)


def test_a_repeated_column_is_refused(copy: Path) -> None:
    def double(lines: list[str]) -> None:
        lines[:] = [f"{line},{line.split(',')[0]}" for line in lines]

    edit(copy, "nouns", double)
    assert "nouns.csv row 1: column singular missing or repeated" in refusal(copy)


def test_text_that_is_not_utf8_is_refused_with_its_row(copy: Path) -> None:
    path = copy / "nouns.csv"
    lines = path.read_bytes().split(b"\n")
    lines.insert(4, "café owner,café owners,animate,no,no,no".encode("latin-1"))
    path.write_bytes(b"\n".join(lines))
    assert "nouns.csv row 5: not UTF-8; save the file as UTF-8" in refusal(copy)


def test_an_open_quotation_mark_is_refused(copy: Path) -> None:
    edit(copy, "nouns", lambda lines: lines.append('"walrus,walruses,animate,no'))
    assert "nouns.csv: not a CSV table" in refusal(copy)


def test_the_number_of_further_faults_is_told(copy: Path) -> None:
    edit(copy, "nouns", lambda lines: lines.append("walrus,,animal,no,no,no"))
    assert "(and 1 more)" in refusal(copy)


@given(st.data())
def test_an_emptied_cell_is_always_found(lexicon: Lexicon, data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(sorted(COLUMNS)))
    index = data.draw(st.integers(0, len(lexicon.tables[table]) - 1))
    column = data.draw(st.sampled_from(COLUMNS[table]))
    rows = [dict(row) for row in lexicon.tables[table]]
    rows[index][column] = ""
    broken = Lexicon(lexicon.folder, lexicon.tables | {table: rows}, lexicon.fingerprint)
    assert any(f"{table}.csv row {index + 2}: " in fault for fault in faults(broken))


def test_every_closed_column_is_a_column() -> None:
    assert all(column in COLUMNS[table] for table, column in CHOICES)
    assert all(set(columns) <= set(COLUMNS[table]) for table, columns in FORMS.items())
