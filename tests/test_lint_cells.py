"""The linter's readings of words: tokens, numbers, spelling, balance and heuristics."""

from __future__ import annotations

import pytest

from attractor.linting.cells import balance, heuristics, imbalances, lone_nouns, nouns_before
from attractor.linting.compare import Compared, compare, faults_of_pairs, tokens_of
from attractor.linting.contents import Format, Pair, Text
from attractor.linting.spelling import faults_of_texts

PLAIN = Format("plain")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The goose isn't here.", "The goose is n't here ."),
        ('"Stop," said Tim\'s cat (again)!', '" Stop , " said Tim \'s cat ( again ) !'),
        ("a <unk> , 5 @-@ year 's `` x '' ... U.S. <eos>", None),
    ],
)
def test_tokens_part_marks_and_clitics(text: str, tokens: str | None) -> None:
    assert tokens_of(text) == tuple((tokens or text).split())


def pair(good: str, bad: str, cell: str = "", number: str = "", nouns: str | None = None) -> Pair:
    return Pair("line 1", good, bad, cell, number, nouns)


@pytest.mark.parametrize(
    ("good", "bad", "verb", "number"),
    [
        ("The cat is in.", "The cat are in.", 2, "singular"),
        ("The cat weren't in.", "The cat isn't in.", 2, "plural"),  # the right form alone tells
        ("The cat carries it.", "The cat carry it.", 2, "singular"),
        ("The cat likes himself.", "The cat likes themselves.", 3, ""),
        ("The cat is in.", "The cats are in.", None, ""),
        ("The cat is in.", "The cat are.", None, ""),
    ],
)
def test_a_pair_tells_its_verb_and_the_number(
    good: str, bad: str, verb: int | None, number: str
) -> None:
    found = compare(pair(good, bad))
    assert (found.verb, found.number) == (verb, number)


def kinds(*pairs: Pair) -> list[str]:
    return [fault.kind for fault in faults_of_pairs([compare(p) for p in pairs], PLAIN)]


def test_a_prefix_before_both_numbers_is_ambiguous() -> None:
    one = pair("The sheep is in.", "The sheep are in.")
    two = pair("The sheep run.", "The sheep runs.")
    other = pair("The cats run.", "The cats runs.")
    assert kinds(one, two, other) == ["ambiguous_prefix", "ambiguous_prefix"]
    assert kinds(one, other) == []


def test_one_good_with_different_verbs_is_no_duplicate() -> None:
    good = "The cats the dog sees run."
    inner, outer = good.replace("sees", "see"), good.replace("run", "runs")
    assert kinds(pair(good, inner), pair(good, outer)) == []
    assert kinds(pair(good, inner), pair(good, inner)) == ["duplicate_pair"]


def spelling(*texts: str, form: Format = PLAIN) -> list[tuple[str, str]]:
    placed = [Text(f"{n}", text) for n, text in enumerate(texts)]
    return [(fault.kind, fault.place) for fault in faults_of_texts(placed, form)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("It ended.Then it rained.", "glued"),
        ("We met cats,dogs and mice.", "glued"),
        ("It is the end ofthe day.", "glued"),
        ("We went to SanAntonio by car.", "glued"),
        ("It has `` quotes '' here.", "penn_quote"),
        ("It is 5 @-@ fold.", "escape"),
        ("It is <unk> here.", "unknown_word"),
        ("It (is here.", "unbalanced"),
        ('It "is here.', "unbalanced"),
        ("It has an", "broken_off"),
        ("It has an.", "broken_off"),
        ("It is  here.", "odd_space"),
        ("It is here", "no_final_stop"),
        ("It is here .", "mixed_ends"),
        ("It is here. <eos>", "end_mark"),
        ("it is here.", "mixed_case"),
    ],
)
def test_each_fault_of_spelling_is_found_alone_and_where_it_is(text: str, kind: str) -> None:
    fine = ("The San people met McDonald and Antonio.", "See www.a.com, a@b.com (or not)!")
    assert spelling(*fine, "He is :) here.") == []
    expected = {kind, *({"no_final_stop"} if text == "It has an" else ())}
    assert set(spelling(*fine, text)) == {(one, "2") for one in expected}


def test_ends_and_capitals_are_not_asked_of_what_is_not_spelt() -> None:
    assert spelling("the cat is", form=Format("prefixes", spelt=False)) == []
    assert spelling("the cat is") == [("no_final_stop", "0"), ("lower_case", "0")]


def test_a_capital_that_lower_casing_left_is_a_fault() -> None:
    found = spelling(*(f"it is {n}." for n in range(200)), "it is in Åland.")
    assert found == [("lower_case", "0"), ("stray_capital", "200")]


def compared(cell: str, prefix: str, plural: bool, nouns: str | None = None) -> Compared:
    good, bad = (f"{prefix} {form}" for form in (("are", "is") if plural else ("is", "are")))
    return compare(pair(good, bad, cell, nouns=nouns))


def test_balance_counts_pairs_and_tests_prefixes() -> None:
    pairs = [compared("a", f"the cat{n}", plural=False) for n in range(8)]
    pairs += 8 * [compared("b", "the cats", plural=True)]
    table = balance(pairs)
    assert list(table["cell"]) == ["a", "b"]
    assert table[
        ["pairs", "singular", "plural", "prefixes", "singular_prefixes"]
    ].to_numpy().tolist() == [[8, 8, 0, 8, 8], [8, 0, 8, 1, 0]]
    assert table["p"].tolist() == pytest.approx([2 / 2**8, 1.0])
    # Eight of eight prefixes is beyond chance with two cells; eight pairs of one prefix are not.
    assert [(f.kind, f.place) for f in imbalances(table)] == [("number_imbalance", "a")]


def test_heuristics_score_by_the_nouns_given() -> None:
    nouns = ["SP", "SSP", "PSS", "P"]
    pairs = [
        compared("a", "x", plural=False, nouns=nouns[0]),
        compared("a", "y", plural=False, nouns=nouns[1]),
        compared("b", "z", plural=True, nouns=nouns[2]),
        compared("b", "w", plural=False, nouns=nouns[3]),
    ]
    assert nouns_before(pairs, PLAIN) == nouns
    table = heuristics(pairs, nouns)
    assert table["cell"].tolist() == ["a", "b"]
    assert table["asked"].tolist() == [2, 2]
    assert table["first_noun"].tolist() == [1.0, 0.5]
    assert table["most_recent_noun"].tolist() == [0.0, 0.0]
    assert table["majority_of_nouns"].tolist() == [0.75, 0.0]  # SP: a draw, half a point
    assert table["disagree"].tolist() == [1.0, 0.5]
    assert [f.shown for f in lone_nouns(pairs, nouns)] == ["w is / w are"]


@pytest.mark.slow  # it loads spaCy
def test_nouns_are_read_off_the_suite_s_words_and_else_tagged() -> None:
    listed = compare(pair("the author near the pilots laughs", "the author near the pilots laugh"))
    assert nouns_before([listed], Format("CLAMS", words="clams")) == ["SP"]
    tagged = compare(pair("Those ideas of the boy are good.", "Those ideas of the boy is good."))
    assert nouns_before([tagged, listed], Format("CLAMS", words="clams")) == ["PS", "SP"]
