"""Records of one person side by side: the same fields under one name, and which of them differ. Pure.

Two records that differ are no conflict: each vendor has its own truth, and only a person may say which one is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from crmdesk.core.match import Number, email_key, number_of, same_number
from crmdesk.core.meanings import MEANINGS, Content
from crmdesk.core.text import fold, phone_digits


@dataclass(frozen=True, slots=True)
class Cell:
    """One record's values of one field, as texts of one line each. `has`: its vendor knows such a field at all."""

    values: tuple[str, ...]
    has: bool = True


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of all records. `field` is a key of MEANINGS, `label` its words; `cells` in the records' order."""

    field: str
    label: str
    cells: tuple[Cell, ...]
    differs: bool


def compare(records: Sequence[Content]) -> tuple[Compared, ...]:
    """The fields that any of the records has a value in, in the order of MEANINGS."""
    rows = []
    for meaning, label in MEANINGS.items():
        cells = tuple(_cell(record, meaning) for record in records)
        if any(cell.values for cell in cells):
            rows.append(Compared(meaning, label, cells, differs(meaning, cells)))
    return tuple(rows)


def _cell(record: Content, meaning: str) -> Cell:
    values = record.values(meaning)
    return Cell(values, bool(values or record.specs(meaning)))


def differs(meaning: str, cells: Sequence[Cell]) -> bool:
    """Whether those that know the field say different things; nothing is another thing than something."""
    known = [cell.values for cell in cells if cell.has]
    return any(not same_values(meaning, known[0], values) for values in known[1:])


def same_values(meaning: str, one: Sequence[str], other: Sequence[str]) -> bool:
    """Case, accents, spaces and the order of several values say nothing; of phone numbers the way they are written."""
    if meaning == "phone":
        return _covers(one, other) and _covers(other, one)
    key = _KEYS.get(meaning, _plain)
    return {key(value) for value in one} == {key(value) for value in other}


def _plain(value: str) -> str:
    return " ".join(fold(value).split())


def _covers(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether each number of the first is among those of the second."""
    return all(any(_same_phone(value, known) for known in other) for value in one)


def _same_phone(one: str, other: str) -> bool:
    first, second = number_of(one), number_of(other)
    if isinstance(first, Number) and isinstance(second, Number):
        return same_number(first, second)
    return (phone_digits(one) or _plain(one)) == (phone_digits(other) or _plain(other))


_KEYS: Mapping[str, Callable[[str], str]] = {"email": email_key}
