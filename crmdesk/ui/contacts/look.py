"""One row, ready to paint: texts, highlights, avatar. Built once, when the row first comes to sight."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from crmdesk.core.text import fold, initials, one_line, phone_digits
from crmdesk.core.types import Consent, ContactRow, flags
from crmdesk.ui.contacts.columns import COLUMNS, CONSENT, KEYS, MAX_TEXT, NAME, PHONE, STATE, VENDOR, Desk, state_of
from crmdesk.ui.hiding import row_on_screen
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap

Span = tuple[int, int]  # start and length, in characters of the text
SECOND_LINE = -1  # column number of the card layout's second line
UNMARKED = (
    STATE,
    VENDOR,
    CONSENT,
    *(KEYS.index(key) for key in ("updated", "as_of", "created", "changed_by")),
)  # words of ours, not the vendor's
MIN_DIGITS = 4  # a shorter run of digits is no part of a phone number

FOUND_IN = {
    "notes": "Notes", "address": "Address", "zip": "Zip", "state": "State", "company": "Company", "website": "Website",
    "gender": "Gender", "lang": "Languages", "id": "Vendor id", "type": "Type", "email": "E-mail", "phone": "Phone",
    "city": "City", "country": "Country", "name": "Name", "first": "First name", "last": "Last name",
}  # fmt: skip


class Look:
    """What is painted of one row. Cells are worded when they are first asked for: most columns are out of sight."""

    __slots__ = ("_cells", "_desk", "_elided", "_of", "_old", "_row", "_terms", "face", "found", "id", "state", "stray")

    def __init__(self, row: ContactRow, desk: Desk, terms: Sequence[str] = (), *, stray: bool = False) -> None:
        """`terms` are the folded words of the search whose matches get a tint. `stray`: it no longer matches."""
        self._of, self._row, self._desk, self._terms = row, row_on_screen(row), desk, terms
        self._cells: dict[int, tuple[str, list[Span]]] = {}
        self._elided: dict[tuple[int, int], str] = {}
        self._old: bool | None = None
        self.face: QPixmap | None = None  # the avatar, once it was painted
        self.id = row.id
        self.state = state_of(row.flags)
        self.stray = stray
        self.found = tr("no longer matches") if stray else found_words(row.found_in)

    def is_of(self, row: ContactRow) -> bool:
        """Whether it was made of this very row."""
        return self._of is row

    @property
    def account_id(self) -> int:
        return self._row.account_id

    @property
    def letters(self) -> list[str]:
        """Of the vendors' badges: its own first."""
        return self.text(VENDOR).split(" ")

    @property
    def consent(self) -> Consent:
        return flags(self._row.flags).consent

    @property
    def initials(self) -> str:
        return initials(self.text(NAME))

    @property
    def old(self) -> bool:
        """Confirmed by the vendor longer ago than the stale limit."""
        if self._old is None:
            self._old = self._desk.is_old(self._row.fetched_at)
        return self._old

    def text(self, column: int) -> str:
        return self._cell(column)[0]

    def spans(self, column: int) -> list[Span]:
        """Parts of the text that the search matched."""
        return self._cell(column)[1]

    def fit(self, column: int, width: int, elide: Callable[[str, int], str]) -> str:
        """Text of a cell cut to `width` pixels, measured once per width."""
        key = (column, width)
        found = self._elided.get(key)
        if found is None:
            found = self._elided[key] = elide(self.text(column), width)
        return found

    def _cell(self, column: int) -> tuple[str, list[Span]]:
        cell = self._cells.get(column)
        if cell is None:
            cell = self._cells[column] = self._worded(column)
        return cell

    def _worded(self, column: int) -> tuple[str, list[Span]]:
        if column == SECOND_LINE:
            parts = (self._row.email, self._row.phone, _place(self._row))
            return "   ·   ".join(one_line(text) for text in parts if text)[:MAX_TEXT], []
        text = one_line(COLUMNS[column].text(self._row, self._desk), MAX_TEXT)
        if not self._terms or column in UNMARKED:
            return text, []
        return text, phone_spans(text, self._terms) if column == PHONE else word_spans(text, self._terms)


def found_words(field_name: str) -> str:
    """*found in Notes* for a match in a field that no column shows."""
    return tr("found in {field}").replace("{field}", tr(FOUND_IN.get(field_name, field_name))) if field_name else ""


def _place(row: ContactRow) -> str:
    return ", ".join(text for text in (row.city, row.country) if text)


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
