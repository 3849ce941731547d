"""What the grammar's notation means, and that each slip in it ends in one line with a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from attractor.errors import UserError
from attractor.grammar import Child, Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from toy import CONSTRUCTIONS, PLAIN, RULES, WORDS, grammar_spec, toy_spec

NOUN = WORDS["Noun[n]"]
NESTING = {
    "Sentence": ["1 NounPhrase[n] Laughs[n]"],
    "NounPhrase[n]": ["3 The Noun[n]", "1 The Noun[n] Phrase"],
    "Phrase": ["1 Near NounPhrase[p]"],
}


def refusal(lexicon: Lexicon, spec: Mapping[str, Any], regime: str = "natural") -> str:
    with pytest.raises(UserError) as caught:
        read_grammar(spec, lexicon, regime)
    message = str(caught.value)
    assert "\n" not in message
    return message


def rules_refusal(lexicon: Lexicon, rules: Mapping[str, Any]) -> str:
    return refusal(lexicon, grammar_spec(rules))


def test_bundled_grammar_compiles_in_every_regime(
    english: dict[str, Any], lexicon: Lexicon
) -> None:
    depths = {name: read_grammar(english, lexicon, name).max_depth for name in english["regimes"]}
    assert depths == {"natural": 3, "balanced": 3}


def test_rules_are_read_with_weight_children_and_numbers(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(
        grammar_spec(
            {
                "Sentence": ['2.5 Pause The Noun[n] "not" Laughs[n]'],
                "Pause": ["1 nothing", '3 ","'],
            }
        ),
        toy_lexicon,
    )
    (rule,) = grammar.rules["Sentence"]
    assert rule.weight == 2.5
    assert rule.children == (
        Child("Pause"),
        Child("The"),
        Child("Noun", "n"),
        Child('"not"'),
        Child("Laughs", "n"),
    )
    assert str(rule) == 'Sentence: Pause The Noun[n] "not" Laughs[n]'
    assert [(r.children, r.weight) for r in grammar.rules["Pause"]] == [
        ((), 1.0),
        ((Child('","'),), 3.0),
    ]
    assert str(grammar.rules["Pause"][0]) == "Pause: nothing"
    assert grammar.classes['"not"'].forms == ((("not",), ("not",)),)


def test_blocks_of_text_are_read_as_mappings(toy_lexicon: Lexicon) -> None:
    spec = toy_spec("MARKED", 2)
    text = spec | {section: yaml.safe_dump(spec[section]) for section in ("rules", "words")}
    plain, from_text = read_grammar(spec, toy_lexicon), read_grammar(text, toy_lexicon)
    assert from_text.rules.keys() == plain.rules.keys()
    for symbol, rules in plain.rules.items():
        assert [(str(r), r.weight) for r in from_text.rules[symbol]] == [
            (str(r), r.weight) for r in rules
        ]
    assert from_text.classes == plain.classes


def test_rules_of_one_grammar_have_distinct_indices(grammar: Grammar) -> None:
    indices = [rule.index for rules in grammar.rules.values() for rule in rules]
    assert len(indices) == len(set(indices)) > 50


def test_words_of_several_lengths_weigh_as_many_as_they_are(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(toy_spec("STACKED", 2), toy_lexicon)
    weights = {r.children[0].symbol: r.weight for r in grammar.rules["Preposition"]}
    assert weights == {"Preposition/1": 2.0, "Preposition/2": 1.0, "Preposition/3": 1.0}


def test_times_multiplies_the_rules_that_mention_a_symbol(toy_lexicon: Lexicon) -> None:
    regimes = {
        "natural": {"max_depth": 1},
        "heavy": {"max_depth": 2, "times": {"Phrase": 8, "NounPhrase": 0.5}},
    }
    spec = grammar_spec(NESTING, {"Phrase": "pp"}, regimes=regimes)
    plain, heavy = (read_grammar(spec, toy_lexicon, regime) for regime in regimes)
    assert [r.weight for r in plain.rules["NounPhrase"]] == [3, 1]
    assert [r.weight for r in heavy.rules["NounPhrase"]] == [3, 8]
    assert [r.weight for r in heavy.rules["Sentence"]] == [0.5]
    assert (plain.max_depth, heavy.max_depth) == (1, 2)


def test_can_end_and_usable_respect_the_depth_left(toy_lexicon: Lexicon) -> None:
    rules = NESTING | {
        "Phrase": ["1 Near NounPhrase[p]", "1 Near The Noun[p] Deep"],
        "Deep": ["1 Near The Noun[p] Deeper"],
        "Deeper": ["1 Near The Noun[p]"],
    }
    names = {"Phrase": "pp", "Deep": "deep", "Deeper": "deeper"}
    grammar = read_grammar(grammar_spec(rules, names, max_depth=3), toy_lexicon)
    least = {"Sentence": 0, "NounPhrase": 0, "Deeper": 1, "Deep": 2, "Phrase": 1, "Noun": 0}
    for symbol, depth in least.items():
        assert grammar.can_end(symbol, depth), symbol
        assert not grammar.can_end(symbol, depth - 1), symbol

    def usable(symbol: str, depth: int) -> list[str]:
        return [str(r) for r in grammar.usable(symbol, depth)]

    assert usable("NounPhrase", 0) == ["NounPhrase: The Noun[n]"]
    assert usable("NounPhrase", 1) == ["NounPhrase: The Noun[n]", "NounPhrase: The Noun[n] Phrase"]
    assert usable("Phrase", 0) == []
    assert usable("Phrase", 2) == ["Phrase: Near NounPhrase[p]"]
    assert usable("Phrase", 3) == ["Phrase: Near NounPhrase[p]", "Phrase: Near The Noun[p] Deep"]


def test_head_nouns(grammar: Grammar) -> None:
    heads = {s: grammar.head_nouns(s) for s in ("Noun", "NounPhrase", "PersonPhrase", "Clause")}
    assert heads == {"Noun": 1, "NounPhrase": 1, "PersonPhrase": 1, "Clause": 0}
    for symbol in ("Predicate", "ParticipialPhrase", "MarkedInner", "PrepPhrase", "Determiner"):
        assert grammar.head_nouns(symbol) == 0


def test_head_nouns_of_recursive_symbols(toy_lexicon: Lexicon) -> None:
    rules = {
        "Sentence": ["1 A[n] Laughs[n]"],
        "A[n]": ["1 B[n]", "1 The Noun[n]"],
        "B[n]": ["1 Near A[n]"],
    }
    grammar = read_grammar(grammar_spec(rules, {"B": "b"}), toy_lexicon)
    assert (grammar.head_nouns("A"), grammar.head_nouns("B")) == (1, 1)


def test_without_drops_every_rule_that_mentions_a_symbol(grammar: Grammar) -> None:
    less = grammar.without(["MarkedClause", "CompoundNoun"])
    assert "MarkedClause" not in less.rules
    assert [str(r) for r in less.rules["ObjectRelative"]] == ["ObjectRelative: NeutralClause"]
    assert len(less.rules["PersonPhrase"]) == len(grammar.rules["PersonPhrase"]) - 1
    # What stays keeps its identity, so trees of both grammars can share a forest.
    assert less.rules["NounPhrase"] == grammar.rules["NounPhrase"]
    assert grammar.can_end("ObjectRelative", 1)
    starved = grammar.without(["NeutralClause", "MarkedClause"])
    assert not starved.can_end("ObjectRelative", 9)
    assert starved.can_end("NounPhrase", 0)
    assert [str(r) for r in starved.usable("NounPhrase", 9)] == [
        "NounPhrase: SimplePhrase[n]",
        "NounPhrase: Determiner[n] Noun[n] PrepPhrase",
        "NounPhrase: Determiner[n] RelationalNoun[n] RelationalPhrase",
    ]


def test_without_an_unknown_symbol_is_refused(grammar: Grammar) -> None:
    with pytest.raises(UserError, match="no symbol Markedinner to leave out; check the spelling"):
        grammar.without(["Markedinner", "CompoundNoun"])


@pytest.mark.parametrize("weight", ["-1", "0", "nan", "inf", "x", "", "1e400"])
def test_bad_weight(toy_lexicon: Lexicon, weight: str) -> None:
    line = f"{weight} The Noun[n] Laughs[n]"
    message = rules_refusal(toy_lexicon, {"Sentence": [line]})
    assert message == (
        f"grammar, rules, Sentence, `{line}`: start with a weight above 0, then the children"
    )


@pytest.mark.parametrize(
    ("rules", "names", "remedy"),
    [
        pytest.param(
            {"Sentence": ["The Noun[n] Laughs[n]"]},
            "Sentence, `The Noun[n] Laughs[n]`",
            "start with a weight",
            id="weight missing",
        ),
        pytest.param({"Sentence": ["1"]}, "Sentence, `1`", "then the children", id="no children"),
        pytest.param(
            {"Sentence": ["1 Teh Noun[n] Laughs[n]"]},
            "unknown symbol Teh",
            "define it under rules: or words:",
            id="unknown symbol",
        ),
        pytest.param(
            {"Sentence": ["1 The[n] Noun[n] Laughs[n]"]},
            "The carries no number",
            "write The",
            id="number too many",
        ),
        pytest.param(
            {"Sentence": ["1 The Noun Laughs[n]"]},
            "Noun carries a number",
            "write Noun[n]",
            id="number missing",
        ),
        pytest.param(
            {"Sentence": ["1 The Noun[nn] Laughs[n]"]},
            "`Noun[nn]` is no symbol",
            "write Name or Name[n]",
            id="no symbol",
        ),
        pytest.param(
            {"Sentence": ['1 "" The Noun[n] Laughs[n]']},
            "Sentence, `1 ",
            "put each word in quotes of its own",
            id="empty quotes",
        ),
        pytest.param(
            {"Sentence": ['1 "The Noun[n] Laughs[n]']},
            "Sentence, `1 ",
            "put each word in quotes of its own",
            id="quote left open",
        ),
        pytest.param(
            {"Sentence": ["1 The Noun[n] Laughs[n]", "1 Loop"], "Loop": ["1 Loop2"]}
            | {"Loop2": ["1 The Loop"]},
            "rules, Loop",
            "it can never end; add an expansion without recursion",
            id="never ends",
        ),
        pytest.param(
            {"Sentence": ["1 The Noun[n] Laughs[n]", "1 Again"], "Again": ["1 The Sentence"]},
            "Sentence -> Again -> Sentence can recur without bound",
            "name one of these symbols under constructions:",
            id="recursion without a construction",
        ),
        pytest.param(
            {"Sentence": ["1 The Laughs[n]"]},
            "`Sentence: The Laughs[n]`: [n] has 0 head nouns",
            "give it one",
            id="no head noun",
        ),
        pytest.param(
            {"Sentence": ["1 Noun[n] Near Noun[n] Laughs[n]"]},
            "`Sentence: Noun[n] Near Noun[n] Laughs[n]`: [n] has 2 head nouns",
            "give it one",
            id="two head nouns",
        ),
        pytest.param(
            {"Sentence": ["1 NP[n] Laughs[n]"], "NP[n]": ["1 The Noun[n]", "1 Liked[n]"]},
            "`NP: Liked[n]`: it holds 0 head nouns and another rule of NP holds 1",
            "they must agree",
            id="rules differ in head nouns",
        ),
        pytest.param(
            PLAIN | {"NP[n]": ["1 The"]},
            "`NP: The`: no child carries [n]",
            "add it to one",
            id="number dropped",
        ),
        pytest.param(
            PLAIN | {"Noun[n]": ["1 The"]},
            "Noun[n]: Noun is defined twice",
            "rename one",
            id="rule beside a word",
        ),
        pytest.param(
            PLAIN | {"NP[n]": ["1 Noun[n]"], "NP[m]": ["1 Noun[m]"]},
            "NP[m]: NP is defined twice",
            "rename one",
            id="two rules of one name",
        ),
        pytest.param(
            PLAIN | {"Empty": []}, "rules, Empty", "give a list of expansions", id="no expansions"
        ),
    ],
)
def test_refused_rules(
    toy_lexicon: Lexicon, rules: Mapping[str, Any], names: str, remedy: str
) -> None:
    message = rules_refusal(toy_lexicon, rules)
    assert names in message
    assert remedy in message


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"start": "Foo"}, "start symbol Foo has no rules; define it or rename start"),
        ({"start": "Noun"}, "start symbol Noun has no rules; define it or rename start"),
        (
            {"constructions": {"Phrase": "pp"}},
            "grammar, constructions: Phrase is no symbol of rules:; define it there",
        ),
        (
            {"constructions": {"Noun": "noun"}},
            "grammar, constructions: Noun is no symbol of rules:; define it there",
        ),
        ({"rules": None}, "grammar, rules: give a mapping"),
        ({"words": "- a list"}, "grammar, words: give a mapping"),
        ({"rules": "Sentence: ["}, "grammar, rules: this is no yaml: "),
        (
            {"rules": "Sentence: [1 A]\nA: [1 The]\nA: [1 Near]"},
            "grammar, rules: A is defined twice; rename one, or join the two",
        ),
        ({"constructions": "PrepPhrase"}, "grammar, constructions: give a mapping"),
        (
            {"openings": {"Phrase": "phrase"}},
            "grammar, openings: Phrase is no symbol of rules:; define it there",
        ),
        ({"rules": {"Sentence": "1 The"}}, "grammar, rules, Sentence: give a list of expansions"),
        ({"rules": {"Sentence": None}}, "grammar, rules, Sentence: give a list of expansions"),
        (
            {"regimes": {"natural": {"max_depth": 1, "times": {"Noun": 2}}}},
            "grammar, times: Noun is no symbol of rules:; define it there",
        ),
        (
            {"regimes": {"natural": {"max_depth": 1, "times": {"Sentence": -1}}}},
            "grammar, regimes, natural, times, Sentence: -1; give a number above 0",
        ),
        (
            {"regimes": {"natural": {"max_depth": 1, "times": {"Sentence": 0}}}},
            "grammar, regimes, natural, times, Sentence: 0; give a number above 0",
        ),
        ({"regimes": {"natural": None}}, "regimes, natural: give max_depth"),
        ({"regimes": {"natural": {}}}, "regimes, natural: give max_depth"),
        ({"regimes": {"natural": {"max_depth": 1, "time": {}}}}, "regimes, natural: give"),
        (
            {"regimes": {"natural": {"max_depth": -1}}},
            "regimes, natural, max_depth=-1: give a whole number of at least 0",
        ),
        (
            {"regimes": {"natural": {"max_depth": "deep"}}},
            "regimes, natural, max_depth=deep: give a whole number of at least 0",
        ),
    ],
)
def test_refused_sections(toy_lexicon: Lexicon, sections: Mapping[str, Any], message: str) -> None:
    assert message in refusal(toy_lexicon, grammar_spec(PLAIN) | dict(sections))


@pytest.mark.parametrize("section", ["start", "rules", "words", "constructions", "regimes"])
def test_missing_section(toy_lexicon: Lexicon, section: str) -> None:
    spec = grammar_spec(PLAIN)
    del spec[section]
    assert refusal(toy_lexicon, spec) == (
        f"grammar: no `{section}:` section; see the head of conf/grammar/english.yaml"
    )


def test_unknown_regime(toy_lexicon: Lexicon) -> None:
    message = refusal(toy_lexicon, grammar_spec(PLAIN), regime="wild")
    assert message == "data.regime=wild: the grammar has natural"


def test_start_symbol_that_carries_a_number(toy_lexicon: Lexicon) -> None:
    spec = grammar_spec(PLAIN | {"NP[n]": ["1 The Noun[n]"]}, start="NP")
    assert refusal(toy_lexicon, spec) == (
        "grammar: start symbol NP carries a number; name one without [n]"
    )


def test_max_depth_in_which_no_sentence_fits(toy_lexicon: Lexicon) -> None:
    rules = NESTING | {"Sentence": ["1 NounPhrase[n] Phrase Laughs[n]"]}
    assert read_grammar(grammar_spec(rules, {"Phrase": "pp"}, 1), toy_lexicon).max_depth == 1
    assert refusal(toy_lexicon, grammar_spec(rules, {"Phrase": "pp"}, 0)) == (
        "grammar: no sentence fits in max_depth 0; give the regime more"
    )


@pytest.mark.parametrize("kind", ["noun", "verb"])
def test_words_that_show_number_must_carry_it(toy_lexicon: Lexicon, kind: str) -> None:
    bare = NOUN if kind == "noun" else WORDS["Laughs[n]"]
    spec = grammar_spec(PLAIN) | {"words": {**WORDS, "Bare": bare}}
    assert refusal(toy_lexicon, spec) == "grammar, words, Bare: it shows number; write Bare[n]"


@pytest.mark.parametrize("name", sorted(RULES))
def test_toy_grammars_compile(toy_lexicon: Lexicon, name: str) -> None:
    grammar = read_grammar(toy_spec(name, 2), toy_lexicon)
    assert set(grammar.constructions) == set(CONSTRUCTIONS[name])
