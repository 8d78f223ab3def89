"""Events looked up after a lost answer, by our own number: the vendor keeps no label, but it keeps external numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crmdesk.core.batch import BatchKind, BatchRow, Found
from crmdesk.vendors.crmcom_events import fields as f
from crmdesk.vendors.crmcom_events.kinds import kinds_of
from crmdesk.vendors.crmcom_events.lookups import Event, Identifier, Lookups
from crmdesk.vendors.crmcom_events.settings import Settings

_OLD = "Releases before R10.1 do not keep the number by which an event could be found again."


class Finder:
    """BatchFinder of one account. One list for each person, whole or not at all."""

    def __init__(self, lookups: Lookups, settings: Settings) -> None:
        self._lookups, self._settings = lookups, settings
        self._kinds = {kind.batch.key: kind for kind in kinds_of(settings.release)}

    def lacks(self, kind: BatchKind) -> str:
        """See `BatchFinder.lacks`."""
        return "" if self._settings.keeps_numbers and kind.key in self._kinds else _OLD

    async def find(self, kind: BatchKind, rows: Sequence[BatchRow], since: datetime) -> Mapping[str, tuple[Found, ...]]:
        """See `BatchFinder.find`. A row that shares its own number with another one of them is left out, and so is one
        in whose list some event comes without a number: it might be that."""
        numbers = Counter(name for row in rows for name in self._names(row))
        found: dict[str, tuple[Found, ...]] = {}
        for who, group in _by_person(rows).items():
            events = await self._lookups.events(self._kinds[kind.key], dict([who]), after=since)
            for row in group:
                own = all(numbers[name] == 1 for name in self._names(row))
                if own and (hits := self._hits(row, events)) is not None:
                    found[row.uid] = hits
        return found

    def _names(self, row: BatchRow) -> frozenset[tuple[str, str]]:
        """System and number of a row's event, as the encoder sends them; one number for each attempt that went out
        under its own, as earlier versions of crmdesk did it."""
        system = str(row.values.get(f.EXTERNAL_SYSTEM.path) or self._settings.external_system)
        own = row.values.get(f.EXTERNAL_NUMBER.path)
        return frozenset((system, number) for number in ((str(own),) if own else (row.uid, *row.earlier)))

    def _hits(self, row: BatchRow, events: Sequence[Event]) -> tuple[Found, ...] | None:
        names = self._names(row)
        names |= {("", number) for _, number in names}  # a list may leave the system out
        hits = tuple(
            Found(event.id, event.number, event.cancelled)
            for event in events
            if event.id and (event.external_system, event.external_number) in names
        )
        unnamed = any(not event.external_number for event in events)
        return None if not hits and unnamed else hits


def _by_person(rows: Sequence[BatchRow]) -> dict[tuple[str, Identifier], list[BatchRow]]:
    """(identifier's name, (key, value)) → rows. A row that names nobody cannot be looked up."""
    found: dict[tuple[str, Identifier], list[BatchRow]] = {}
    for row in rows:
        who = _person(row.values)
        if who is not None:
            found.setdefault(who, []).append(row)
    return found


def _person(values: Mapping[str, Any]) -> tuple[str, Identifier] | None:
    """The first one that the row names; of a referral the referred one."""
    for group in (f.ACCOUNT, f.PARTICIPANT, f.REFERRED, f.REFERRED_ACCOUNT):
        for spec in group:
            if value := values.get(spec.path):
                name, _, key = spec.path.rpartition(".")
                return name, (key, str(value))
    return None
