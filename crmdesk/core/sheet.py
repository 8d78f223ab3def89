"""A table as it came from a file or the clipboard: cells that keep their type, and remarks on what was found. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from crmdesk.core.said import said


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that holds no value: an error of its program, or a formula whose result was never stored."""

    text: str
    why: str


Cell = str | int | float | Decimal | bool | datetime | date | time | BadCell | None
"""Text stays text: "000123" is no number."""


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a text file is to be read; '' = it is found out."""

    encoding: str = ""
    separator: str = ""
    quote: str = '"'


@dataclass(frozen=True, slots=True)
class Layout:
    """What a person chose; '' and None = it is found out."""

    form: TextForm = TextForm()
    sheet: str = ""
    header: bool | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook."""

    name: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about the file that a person should know before it is imported."""

    code: str
    text: str
    warning: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Columns have different names, each row is as long as them, wholly empty rows are left out. `layout` is complete:
    what was found out stands in it. `hash` is the SHA-256 of the bytes."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    layout: Layout
    sheets: tuple[Sheet, ...] = ()
    remarks: tuple[Remark, ...] = ()
    hash: str = ""


def as_text(cell: Cell) -> str:
    """The cell as a person reads it in the file, and as the report gives it back."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case BadCell():
            return cell.text
        case float():
            return _number(Decimal(repr(cell)))
        case Decimal():
            return _number(cell)
        case datetime():
            return cell.isoformat(" ") if cell.time() != time.min else cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
    return str(cell)


def unique(titles: Sequence[str], reserved: str = "") -> tuple[str, ...]:
    """No title twice and none empty: the second *Amount* is *Amount (2)*, a nameless one *Column 3*. `reserved` is
    taken already."""
    found: list[str] = []
    taken = {reserved.casefold()}
    for place, title in enumerate(titles, 1):
        plain = " ".join(title.split()) or said("Column {number}", number=place)
        name, number = plain, 2
        while name.casefold() in taken:
            name, number = f"{plain} ({number})", number + 1
        taken.add(name.casefold())
        found.append(name)
    return tuple(found)


def _number(value: Decimal) -> str:
    if not value.is_finite():
        return str(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
