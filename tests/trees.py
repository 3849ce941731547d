"""Trees from a compact notation, and treebanks of many sentences, for tests of the corpus."""

from __future__ import annotations

from attractor.corpus.agreement import Excluded, read_verb
from attractor.corpus.trees import Tree

_LEMMAS = {"is": "be", "are": "be", "was": "be", "were": "be", "'s": "be", "am": "be"}
_LEMMAS |= {"has": "have", "does": "do", "said": "say", "ate": "eat", "been": "be"}


def tree(notation: str) -> Tree:
    """A tree from `the|DT|det|2 dogs|NNS|nsubj|3 bark|VBP|root|0`: heads count from 1, 0 is root.

    A fifth part is the lemma; otherwise known verbs have theirs, and a form in VBZ loses its s. A
    star before a word marks it (see `marked`).
    """
    parts = [token.lstrip("*").split("|") for token in notation.split()]
    words = [part[0] for part in parts]
    return Tree(
        "a test",
        tuple(words),
        tuple(part[4] if len(part) > 4 else _lemma(part[0].lower(), part[1]) for part in parts),
        tuple(part[1] for part in parts),
        tuple(int(part[3]) - 1 for part in parts),
        tuple(part[2] for part in parts),
    )


def _lemma(word: str, tag: str) -> str:
    return _LEMMAS.get(word, word.removesuffix("s") if tag == "VBZ" else word)


def marked(notation: str) -> int:
    """The token with a star before it."""
    return next(i for i, token in enumerate(notation.split()) if token.startswith("*"))


def outcome(sentence: Tree, verb: int) -> str:
    """What becomes of a verb: its subject's index from 1 and word (`2 dogs`), or the reason."""
    found = read_verb(sentence, verb)
    if isinstance(found, Excluded):
        return found.reason
    return f"{found.subject + 1} {sentence.words[found.subject]}"


def treebank(n: int) -> str:
    """CoNLL-U of n sentences, all different, with an item in each.

    `the dogs of farmera see Cata .`, and each third without its prepositional phrase.
    """
    return "".join(map(_sentence, range(n)))


def _sentence(i: int) -> str:
    subject, verb = ("dog\tNN", "sees\tVBZ") if i % 2 else ("dogs\tNNS", "see\tVBP")
    phrase = ["of\tIN\t4\tcase", f"farmer{_letters(i)}\tNN\t2\tnmod"] if i % 3 else []
    v = 3 + len(phrase)
    rows = ["the\tDT\t2\tdet", f"{subject}\t{v}\tnsubj", *phrase, f"{verb}\t0\troot"]
    rows += [f"Cat{_letters(i % 7)}\tNN\t{v}\tobj", f".\t.\t{v}\tpunct"]
    lines = []
    for number, row in enumerate(rows, start=1):
        word, tag, head, relation = row.split("\t")
        lemma = "see" if tag.startswith("VB") else word.lower()
        lines.append(f"{number}\t{word}\t{lemma}\t_\t{tag}\t_\t{head}\t{relation}\t_\t_")
    return "\n".join(lines) + "\n\n"


def _letters(i: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in str(i))
