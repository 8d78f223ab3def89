"""One row, ready to paint: texts, highlights, avatar. Built once, when the row first comes to sight."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from crmdesk.core.text import fold, initials, one_line, phone_digits
from crmdesk.core.types import ContactRow, Flag, State
from crmdesk.ui.contacts.columns import AS_OF, COLUMNS, MAX_TEXT, PHONE, Desk
from crmdesk.ui.words import tr

Span = tuple[int, int]  # start and length, in characters of the text
MIN_DIGITS = 4  # a shorter run of digits is no part of a phone number

FOUND_IN = {
    "notes": "Notes", "address": "Address", "zip": "Zip", "state": "State", "company": "Company", "website": "Website",
    "gender": "Gender", "lang": "Languages", "id": "Vendor id", "type": "Type", "email": "E-mail", "phone": "Phone",
    "city": "City", "country": "Country", "name": "Name", "first": "First name", "last": "Last name",
}  # fmt: skip


@dataclass(slots=True)
class Look:
    """`texts` and `spans` by column of COLUMNS; `elided` keeps what fits per (column, width)."""

    id: int
    texts: tuple[str, ...]
    spans: dict[int, list[Span]]
    initials: str
    avatar: int  # number for the theme's avatar palette
    account_id: int
    state: State
    old: bool
    found: str
    second: str  # the card layout's second line
    elided: dict[tuple[int, int], str] = field(default_factory=dict)

    def fit(self, column: int, width: int, elide: Callable[[str, int], str]) -> str:
        """Text of a cell cut to `width` pixels, measured once per width."""
        key = (column, width)
        if key not in self.elided:
            self.elided[key] = elide(self.texts[column] if column >= 0 else self.second, width)
        return self.elided[key]


def build(row: ContactRow, desk: Desk, terms: Sequence[str] = ()) -> Look:
    """`terms` are the folded words of the search whose matches get a tint."""
    texts = tuple(one_line(column.text(row, desk), MAX_TEXT) for column in COLUMNS)
    return Look(
        id=row.id,
        texts=texts,
        spans=_all_spans(texts, terms) if terms else {},
        initials=initials(texts[0]),
        avatar=row.id,
        account_id=row.account_id,
        state=Flag(row.flags).state if row.flags else State.CLEAN,
        old=desk.is_old(row.fetched_at),
        found=found_words(row.found_in),
        second="   ·   ".join(one_line(text) for text in (row.email, row.phone, _place(row)) if text)[:MAX_TEXT],
    )


def found_words(field_name: str) -> str:
    """*found in Notes* for a match in a field that no column shows."""
    return tr("found in {field}").replace("{field}", tr(FOUND_IN.get(field_name, field_name))) if field_name else ""


def _place(row: ContactRow) -> str:
    return ", ".join(text for text in (row.city, row.country) if text)


def _all_spans(texts: Sequence[str], terms: Sequence[str]) -> dict[int, list[Span]]:
    found = {}
    for number, text in enumerate(texts):
        spans = phone_spans(text, terms) if number == PHONE else word_spans(text, terms)
        if spans and number != AS_OF:
            found[number] = spans
    return found


def word_spans(text: str, terms: Sequence[str]) -> list[Span]:
    """Where words of `text` begin with one of the folded `terms`; positions are those of the unfolded text."""
    folded, origin = _fold_map(text)
    spans: list[Span] = []
    for term in terms:
        at = folded.find(term) if term else -1
        while at >= 0:
            if at == 0 or not folded[at - 1].isalnum() or not term[0].isalnum() or _is_wide(term[0]):
                start, end = origin[at], origin[at + len(term) - 1] + 1
                spans.append((start, end - start))
            at = folded.find(term, at + 1)
    return _merged(spans)


def phone_spans(text: str, terms: Sequence[str]) -> list[Span]:
    """Where the digits of `text` hold those of a term, whatever stands between them."""
    places = [at for at, letter in enumerate(text) if letter.isdigit()]
    digits = phone_digits("".join(text[at] for at in places))
    if len(digits) != len(places):
        return []
    spans: list[Span] = []
    for needle in _needles(terms):
        at = digits.find(needle)
        if at >= 0:
            spans.append((places[at], places[at + len(needle) - 1] + 1 - places[at]))
    return _merged(spans)


def _needles(terms: Sequence[str]) -> list[str]:
    numbers = [term for term in terms if term.isdigit()]
    joined = ["".join(numbers)] if len(numbers) > 1 else []
    plain = [number for number in (*joined, *numbers) if len(number) >= MIN_DIGITS]
    return plain + [number[1:] for number in plain if number.startswith("0") and len(number) > MIN_DIGITS]


def _fold_map(text: str) -> tuple[str, Sequence[int]]:
    if text.isascii():
        return text.lower(), range(len(text))
    letters: list[str] = []
    origin: list[int] = []
    for at, letter in enumerate(text):
        piece = fold(letter) if letter.strip() else letter
        letters.append(piece)
        origin.extend([at] * len(piece))
    return "".join(letters), origin


def _is_wide(letter: str) -> bool:
    """Scripts without blanks between words: each character is a word of its own."""
    return letter > "\u2e7f" and unicodedata.category(letter) == "Lo"


def _merged(spans: list[Span]) -> list[Span]:
    """Sorted, without overlaps."""
    merged: list[Span] = []
    for start, length in sorted(spans):
        if merged and start <= merged[-1][0] + merged[-1][1]:
            first, size = merged[-1]
            merged[-1] = (first, max(size, start + length - first))
        else:
            merged.append((start, length))
    return merged
