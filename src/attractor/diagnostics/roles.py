"""What each word of an item is to its dependency."""

from __future__ import annotations

from typing import Any

from attractor.items import split_indices

# In the order in which figures and tables list them.
ROLES = (
    "subject",
    "attractor",  # a noun between, of the other number
    "noun of same number",  # a noun between, of the subject's number
    "inner verb",  # a verb between, whether or not it shows number
    "filler",  # any other word between
    "noun before",  # a noun before the subject
    "before",  # any other word before the subject
    "verb",
    "after",
)


def roles(item: Any) -> list[str]:
    """The role of every word of an item's sentence. item: a row of results.ITEMS, as a tuple."""
    nouns = split_indices(item.noun_indices)
    verbs = set(split_indices(item.verb_indices))
    subject, verb = item.subject_index, item.verb_index
    # The letters of the nouns from the subject on: S or P.
    between = dict(zip([i for i in nouns if i >= subject], item.condition, strict=True))

    def role(i: int) -> str:
        if i == subject:
            return "subject"
        if i >= verb:
            return "verb" if i == verb else "after"
        if i < subject:
            return "noun before" if i in nouns else "before"
        if i in between:
            return "noun of same number" if between[i] == item.condition[0] else "attractor"
        return "inner verb" if i in verbs else "filler"

    return [role(i) for i in range(item.sentence.count(" ") + 1)]
