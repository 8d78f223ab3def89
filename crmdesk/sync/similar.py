"""Contacts that may be the person whose values are just being typed: a look, no verdict. What the same e-mail or the
same phone number is, `core.match` says; the search index is asked, which knows what was saved a moment ago."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crmdesk.core.match import email_key, number_of
from crmdesk.core.merge import overlay
from crmdesk.core.outbox import FieldChange
from crmdesk.core.query import parse
from crmdesk.core.types import ContactRow, Summary
from crmdesk.core.vendor import Vendor

if TYPE_CHECKING:
    from crmdesk.store.reader import Reader

MOST = 5


@dataclass(frozen=True, slots=True)
class Similar:
    """A contact that may be the same person, and why, in words."""

    row: ContactRow
    why: str


async def find_similar(reader: Reader, vendor: Vendor, values: Mapping[str, Any], now: datetime) -> list[Similar]:
    """Best first: the same e-mail, then the same phone number, then the same name."""
    typed = vendor.summarise(vendor.derive(overlay({}, (FieldChange(path, None, one) for path, one in values.items()))))
    found: dict[int, Similar] = {}
    for text, why in _questions(typed):
        hits = await reader.search(parse(text, now=now), first=MOST * 4)
        for row in hits.first:
            if row.id not in found and _holds(row, typed, why):
                found[row.id] = Similar(row, why)
    return list(found.values())[:MOST]


def _questions(typed: Summary) -> Iterator[tuple[str, str]]:
    if "@" in typed.email:
        yield f'email:"{_plain(typed.email)}"', "same e-mail"
    for phone in typed.phones[:3]:
        if (number := number_of(phone.number)) is not None:
            yield f"phone:{number.tail}", "same phone number"
    if typed.first and typed.last:
        yield f'first:"{_plain(typed.first)}" last:"{_plain(typed.last)}"', "same name"


def _plain(text: str) -> str:
    """Fit to stand between quotes of a search."""
    return text.replace('"', " ").strip()


def _holds(row: ContactRow, typed: Summary, why: str) -> bool:
    """The search finds beginnings and parts; of an e-mail only the whole counts."""
    return why != "same e-mail" or email_key(row.email) == email_key(typed.email)
