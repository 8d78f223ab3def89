"""Which part of a person's name leads, on screen and in the order of lists. What is stored and sent stays as it is."""

from __future__ import annotations

from enum import StrEnum

from crmdesk.core.text import is_pictures, key_words, words


class NameOrder(StrEnum):
    """`sorts_by_given`: lists go by the first name; else by the family name."""

    AUTO = "auto"  # shown as its script has it, sorted by the family name
    GIVEN = "given"
    FAMILY = "family"

    @property
    def sorts_by_given(self) -> bool:
        return self is NameOrder.GIVEN


def arranged(name: str, family_key: str, order: NameOrder) -> str:
    """`name`, which has the given name first, in this order: *Ruiz, Ana*; in Chinese, Japanese and Korean letters
    without the comma. `family_key`: what the contact is sorted by, its family name first. A name that cannot be told
    apart stays as it is."""
    if order is NameOrder.GIVEN or (order is NameOrder.AUTO and name.isascii()):
        return name
    pictures = is_pictures(name)
    if order is NameOrder.AUTO and not pictures:
        return name
    given, family = parted(name, family_key)
    if not family:
        return name
    return f"{family} {given}" if pictures else f"{family}, {given}"


def parted(name: str, family_key: str) -> tuple[str, str]:
    """Given and family name, '' for a family name that cannot be told: the key's words begin with those of the family
    name, and go on with given ones (perhaps not all: a middle name is in the name only)."""
    key = key_words(family_key)
    at = name.find(" ")
    while at > 0:
        given, family = name[:at].strip(), name[at:].strip()
        tail = words(family)
        rest = key[len(tail) :]
        if rest and key[: len(tail)] == tail and words(given)[: len(rest)] == rest:
            return given, family
        at = name.find(" ", at + 1)
    return name, ""
