"""Words that the rules of agreement must know, and the other form of a verb."""

from __future__ import annotations

from collections.abc import Collection

# The irregular forms of each tag, and their other forms: "be" and "am" have none.
_IRREGULAR = {
    "VBZ": {"is": "are", "has": "have", "does": "do"},
    "VBP": {"are": "is", "have": "has", "do": "does", "be": ""},
    "VBD": {"was": "were", "were": "was"},
}
_FORMS = frozenset(form for forms in _IRREGULAR.values() for form in forms)

# Tagged as verbs or nouns, and neither: contractions without their apostrophe, and what has no
# finite form.
NO_WORDS = frozenset(
    """dont doesnt didnt cant couldnt wont wouldnt isnt arent wasnt werent im ive thats lets please
    beware""".split()
)
# Tagged as nouns, and pronouns.
INDEFINITES = frozenset(
    """anyone everyone someone anybody everybody somebody nobody anything everything something
    nothing none one following former latter""".split()
)
# With "of": what is counted or measured may be what the verb agrees with.
MEASURES = frozenset(
    """number numbers majority minority lot lots couple pair pairs dozen dozens score scores hundred
    hundreds thousand thousands million millions percent percentage half quarter third fraction
    part portion proportion share rest remainder bulk plenty variety range series host handful bunch
    group set mass masses ton tons deal amount amounts quantity quantities kind kinds sort sorts
    type types %""".split()
)
# With a numeral before it: "ten years is a long time".
UNITS = frozenset(
    """dollar dollars cent cents pound pounds euro euros percent % second seconds minute minutes
    hour hours day days week weeks month months year years decade decades century centuries inch
    inches foot feet yard yards mile miles meter meters metre metres kilometer kilometers acre acres
    ton tons gallon gallons ounce ounces degree degrees""".split()
)
# One in form, several in sense: either number is found.
COLLECTIVES = frozenset(
    """team committee family government police staff crew audience band couple pair jury majority
    minority group public press crowd class percent none rest remainder half personnel
    faculty management data media""".split()
)
# The same in both numbers, or plural in form and singular in use.
SYNCRETIC = frozenset(
    """sheep fish deer species series means aircraft spacecraft offspring headquarters crossroads
    barracks gallows swine bison moose trout salmon cod shrimp chassis corps works news politics
    economics mathematics physics ethics statistics linguistics athletics genetics electronics
    mechanics dynamics acoustics""".split()
)
# Verbs and adjectives whose clause may stand in the subjunctive.
MANDATIVES = frozenset(
    """demand insist suggest recommend require propose request ask urge order advise command
    stipulate essential important necessary vital crucial imperative""".split()
)


def counterpart(word: str, lemma: str, tag: str) -> str:
    """The verb's form of the other number in the same tense, spelt alike; "" if not known.

    tag: VBZ, VBP or VBD. A form that is not its tag's regular one of its lemma (a clitic, a slip of
    a tagger) has none, nor has either of two forms if one is no word for sure (let, lets).
    """
    small, base = word.lower(), lemma.lower()
    if small in _FORMS:
        other = _IRREGULAR[tag].get(small, "")
    elif tag == "VBP" and small == base and small.isalpha():
        other = third_singular(small)
    elif tag == "VBZ" and base.isalpha() and third_singular(base) == small:
        other = base
    else:
        return ""
    return "" if {small, other} & NO_WORDS else _spelt_as(word, other)


def _spelt_as(word: str, other: str) -> str:
    """The other word with capitals where the word has them: none, the first letter, all."""
    if word == word.lower():
        return other
    return other.capitalize() if word == word.capitalize() else other.upper()


def third_singular(base: str) -> str:
    """The third person singular of a regular verb (and of go, do, quiz)."""
    if base.endswith("iz"):
        return base + "zes"
    if base.endswith(("s", "x", "z", "ch", "sh")):
        return base + "es"
    if base.endswith("o") and base[-2:-1] not in "aeiou":
        return base + "es"
    if base.endswith("y") and base[-2:-1] not in "aeiou":
        return base[:-1] + "ies"
    return base + "s"


def other_form(word: str, tag: str, plurals: Collection[str]) -> str:
    """`counterpart` of a verb without its lemma: a plural is one of those that a text holds."""
    small = word.lower()
    if tag == "VBP" or small in _FORMS:
        return counterpart(word, small, tag)
    bases = (small[:-1], small[:-2], small[:-3], small[:-3] + "y")
    base = next((b for b in bases if b in plurals and third_singular(b) == small), "")
    return counterpart(word, base, tag)
