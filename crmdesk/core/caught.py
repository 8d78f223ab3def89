"""What to search for when somebody has copied a note about a caller (UX-SRC-11): numbers, e-mail addresses, names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crmdesk.core.text import phone_digits, words

MOST_TEXT = 10_000  # characters that are looked at; the rest is no note about a caller
MOST = 12  # searches
_NARROWER = 4  # of these with a number and a name
_FEW = 5  # words of a text that may be a name although nothing in it is capital
_SHORTEST, _LONGEST = 6, 15  # digits of a phone number; fewer are a room, a year, a price, more a payment card
_JOINER = 3  # letters of a small word inside a name: van, de, del

_EMAIL = re.compile(r"[^\s<>()\[\],;:\"']{1,64}@[^\s<>()\[\],;:\"'@]{1,255}\.[^\W\d_]{2,24}")
_DATE = re.compile(r"(?<![\d./-])\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?![./-]?\d)")
_NUMBER = re.compile(r"[+(]?\d[\d \t\u00a0\u202f().\-/]{4,40}\d")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def searches(text: str) -> list[str]:
    """Texts for the search box, the most telling first: whoever has the number or address and the name, then either,
    then parts of the name. [] where nothing in `text` tells of a person."""
    text = text[:MOST_TEXT]
    addresses = list(dict.fromkeys(_EMAIL.findall(text)))
    rest = _DATE.sub(";", _EMAIL.sub(";", text))
    numbers = list(dict.fromkeys(_numbers(rest)))
    marks = [*(f"email:{address.rstrip('.')}" for address in addresses), *(f"phone:{digits}" for digits in numbers)]
    strong = " OR ".join(marks[:MOST])
    names = list(_names(_NUMBER.sub(";", rest)))
    found = [f"({strong}) {name}" for name in names if strong and " OR " not in name][:_NARROWER]
    found += [strong] if strong else []
    found += names
    if not found and len(few := words(text)) <= _FEW:
        found = [" ".join(few)] if few else []
    return list(dict.fromkeys(found))[:MOST]


def _numbers(text: str) -> Iterator[str]:
    """As typed, without what stands between its digits; those of a payment card are left alone."""
    for found in _NUMBER.findall(text):
        digits = phone_digits(found)
        if _SHORTEST <= len(digits) <= _LONGEST:
            yield ("+" if found.lstrip("(").startswith(("+", "00")) else "") + digits


def _names(text: str) -> Iterator[str]:
    """Whole runs of capital words, the longest first, then two of them that stand together, then any of them."""
    runs = sorted(_runs(text), key=len, reverse=True)
    yield from (" ".join(run) for run in runs if len(run) > 1)
    yield from (" ".join(run[at : at + 2]) for run in runs if len(run) > 2 for at in range(len(run) - 1))
    single = dict.fromkeys(word for run in runs for word in run if len(word) > 1)
    if single:
        yield " OR ".join(list(single)[:MOST])


def _runs(text: str) -> Iterator[list[str]]:
    for line in re.split(r"[\n;|:]", text):
        run: list[str] = []
        for word in _WORD.findall(line):
            if word[0].isupper():
                run += words(word)
            elif word[0].lower() == word[0].upper():  # of a script without capitals
                run.append(word)
            elif len(word) > _JOINER:
                if run:
                    yield run
                run = []
        if run:
            yield run
