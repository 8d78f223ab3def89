"""What Cendyn has of contacts that were sent, by our own id: GET contact?user_id= and GET purchases?transaction_code=
(third-party copy of the vendor's pages; vendor reference, section 6). Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crmdesk.core.batch import BatchKind, BatchRow, Found
from crmdesk.core.foreign import items, mapping, text
from crmdesk.vendors.cendyn.kinds import PURCHASE
from crmdesk.vendors.cendyn.values import is_empty

if TYPE_CHECKING:
    from crmdesk.vendors.cendyn.connector import Line

_NAMES = ("email", "name_first", "name_last")
_TEXTS = ("full_address", "zip", "city", "region", "facebook_id", "twitter_id")
"""Fields that come back as they were sent; phones, dates and countries have other spellings there. Whether a contact is
given back with its _TEXTS is not printed, so one that lacks the key says nothing."""
_MOST = 200  # entries of one answer


class Finder:
    """BatchFinder of one account. One request for each contact, and one for each purchase."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def lacks(self, kind: BatchKind) -> str:
        """See `BatchFinder.lacks`."""
        return ""

    async def find(self, kind: BatchKind, rows: Sequence[BatchRow], since: datetime) -> Mapping[str, tuple[Found, ...]]:
        """See `BatchFinder.find`. Our id alone proves nothing, as the contact may have been there before: what can be
        compared must be what was sent, and a purchase of the row must be there, too."""
        found: dict[str, tuple[Found, ...]] = {}
        for row in rows:
            if is_empty(row.values.get("user_id")):
                continue
            user_id = str(row.values["user_id"])
            answer = await self._line.contacts(user_id)
            hits = [one for one in _listed(answer, "contacts") if text(one.get("user_id")) == user_id]
            hits = [one for one in hits if _like(row.values, one)]
            if hits and (code := _transaction(row.values)):
                bought = _listed(await self._line.purchases(code), "purchases")
                if not any(text(one.get("transaction_code")) == code for one in bought):
                    hits = []
            found[row.uid] = tuple(Found(_id(one)) for one in hits)
        return found


def _listed(answer: Any, name: str) -> list[Mapping[str, Any]]:
    """Entries under the name of the thing, or a bare list: the form of lists is not printed."""
    given = mapping(answer).get(name, answer)
    return [one for one in items(given, _MOST) if isinstance(one, Mapping)]


def _id(one: Mapping[str, Any]) -> str:
    return text(one.get("id"), 100) or text(one.get("_id"), 100)


def _like(sent: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    compared = (*_NAMES, *(path for path in _TEXTS if path in there))
    return all(
        text(sent[path]).casefold() == text(there.get(path)).casefold()
        for path in compared
        if not is_empty(sent.get(path))
    )


def _transaction(values: Mapping[str, Any]) -> str:
    given = values.get(PURCHASE)
    entries = [given] if isinstance(given, Mapping) else items(given, 1)
    return text(entries[0].get("transaction_code")) if entries and isinstance(entries[0], Mapping) else ""
