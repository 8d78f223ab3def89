"""What was done to all contacts, newest first. Reads only; the lines of one contact are in `ops`."""

from __future__ import annotations

from dataclasses import dataclass

from crmdesk.core.outbox import HistoryLine
from crmdesk.core.text import fold
from crmdesk.store.driver import Driver
from crmdesk.store.ops import LINE_COLUMNS, line_of

MOST = 500  # lines of one answer
_LOOKED_AT = 50_000  # lines, for a text that few have
_OPERATOR = LINE_COLUMNS.index("operator")


@dataclass(frozen=True, slots=True)
class Deed:
    """A line of some contact's history. `name` is the contact's, as it is now or was when it was deleted here; '' where
    it is erased. `here`: it is in the list."""

    line: HistoryLine
    name: str
    here: bool


_NEWEST = (
    f"SELECT {', '.join('h.' + name for name in LINE_COLUMNS)}, coalesce(c.name, t.title, ''), c.id IS NOT NULL"  # noqa: S608
    " FROM history AS h LEFT JOIN contact AS c ON c.id=h.contact_id LEFT JOIN trash AS t ON t.contact_id=h.contact_id"
    " ORDER BY h.id DESC LIMIT ?"
)


def newest(driver: Driver, text: str = "") -> list[Deed]:
    """At most MOST. Every word of `text` is in the contact's name or the operator's, capitals and accents or not."""
    words, found = fold(text).split(), list[Deed]()
    for row in driver.execute(_NEWEST, (_LOOKED_AT if words else MOST,)):
        *columns, name, here = row
        if words and not _named(f"{name} {columns[_OPERATOR]}", words):
            continue  # before its changes are read out of their JSON: most lines are passed over
        found.append(Deed(line_of(columns), name, bool(here)))
        if len(found) == MOST:
            break
    return found


def _named(text: str, words: list[str]) -> bool:
    folded = fold(text)
    return all(word in folded for word in words)
