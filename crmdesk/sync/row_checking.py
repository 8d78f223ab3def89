"""The check of rows: what is pure (`core.row_checks`), what the data file knows, and what the vendor's own code finds
when it would write the call."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from crmdesk.core.batch import BatchKind, BatchRow
from crmdesk.core.closed_guests import Closed, Naming, closed_rows, names_people, naming, shared_clues
from crmdesk.core.errors import Problem, RejectedError
from crmdesk.core.fingerprint import Fingerprints
from crmdesk.core.flaw_groups import VENDOR_SAYS
from crmdesk.core.row_checks import REPEAT, Background, Flaw, Rules, Severity, check, hindered
from crmdesk.core.said import said_of
from crmdesk.core.submission import CONTACT_COLUMN, Line, Submission, sizes_alone
from crmdesk.core.types import Account, Flag
from crmdesk.core.vendor import BatchSender
from crmdesk.store import accounts, known, ledger
from crmdesk.store.database import Connection, driver_of
from crmdesk.store.unsealed import Unsealed
from crmdesk.sync.same_place import same_place
from crmdesk.sync.sealing import kind_of
from crmdesk.sync.submission_drafts import Drafts

OLD_DAYS = 365
_CLOSED = Flag.RESTRICTED | Flag.FORGET
_MOST = 2000  # problems named in one refusal


class HasValues(Protocol):
    """A row as far as checks go: `core.submission.Row`, `NewRow`, `Unsealed`, or one of a grid."""

    @property
    def values(self) -> Mapping[str, Any]: ...

    @property
    def cells(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class _Looked:
    """Rows by their places: their values, their cells in the file, and the contacts that they were made from."""

    values: Sequence[Mapping[str, Any]]
    cells: Sequence[Sequence[str]]
    contacts: Mapping[int, int]

    @classmethod
    def at(cls, rows: Sequence[HasValues], columns: Sequence[str]) -> _Looked:
        return cls([row.values for row in rows], [row.cells for row in rows], contacts_of(rows, columns))


class Checking(Drafts):
    """The part of `Submissions` that checks. An event older than `old_days` is marked."""

    old_days = OLD_DAYS

    async def check(
        self,
        account_id: int,
        kind_key: str,
        rows: Sequence[HasValues],
        request: Mapping[str, Any],
        *,
        columns: Sequence[str] = (),
        old_days: int = 0,
    ) -> list[Flaw]:
        """All findings, by row (their place in `rows`). `columns` are the titles of their cells. Nothing is changed.
        KnownError where the account cannot be used as it is."""
        account = await self._checks.account(account_id)
        kind = await self.kind(account_id, kind_key)
        looked = await asyncio.to_thread(_Looked.at, rows, columns)
        background = await self._background(account, kind, looked)
        rules = Rules(self._clock.now().astimezone(kind.zone).replace(tzinfo=None), old_days or self.old_days)
        found = await asyncio.to_thread(check, kind, looked.values, request, rules, background)
        refused = await self._network.run(lambda: self._refused(account, kind_key, looked.values, request, found))
        return await asyncio.to_thread(lambda: sorted([*found, *refused], key=lambda flaw: flaw.row))

    async def refuse_flawed(self, one: Submission, rows: Sequence[Unsealed]) -> None:
        """RejectedError where rows that are about to be sealed have errors that the vendor's encoder cannot find
        (problems by `ROW ID/FIELD`): whatever was checked before, nothing about a guest who is restricted by now
        leaves."""
        kind = await self.kind(one.account_id, one.kind)
        looked = await asyncio.to_thread(_Looked.at, rows, one.columns)
        closed = await self._closed(one.account_id, kind, looked)
        bad = await asyncio.to_thread(hindered, kind, looked.values, closed)
        if bad:
            count = len({flaw.row for flaw in bad})
            title = said_of(count, "One row has an error.", "{n} rows have errors.")
            problems = tuple(Problem(f"{rows[flaw.row].id}/{flaw.path}", flaw.code, flaw.text) for flaw in bad[:_MOST])
            raise RejectedError(title, "Nothing was sent. Correct what is marked, or leave it out.", problems=problems)

    async def _background(self, account: Account, kind: BatchKind, looked: _Looked) -> Background:
        account_id = account.id

        def marked() -> tuple[dict[bytes, set[bytes]], list[str]]:
            """Each fingerprint with those under which the same event may have been sent by an earlier version."""
            prints = Fingerprints(kind)
            found: dict[bytes, set[bytes]] = {}
            for one in looked.values:
                found.setdefault(mark := prints.of(one), {mark}).add(prints.earlier(one))
            return found, [prints.who(one) for one in looked.values]

        prints, whos = await asyncio.to_thread(marked)
        closed = await self._closed(account_id, kind, looked)
        asked_for = looked.contacts if kind.consents else {}

        def read(connection: Connection) -> Background:
            driver = driver_of(connection)
            flags = known.marks(driver, set(asked_for.values()))
            none = Flag(0)
            places = same_place(self._vendors.get(account.vendor), account, accounts.accounts(connection))
            sent = ledger.repeats(driver, places, set().union(*prints.values()))
            return Background(
                _newest(prints, sent),
                known.known(driver, account_id, whos),
                known.forms(driver, account_id, kind.who),
                closed,
                frozenset(row for row, one in asked_for.items() if flags.get(one, none) & Flag.CONSENT_NO),
                known.currencies(driver, account_id, kind.key, kind.currency, kind.unit) if kind.currency else {},
            )

        return await self._database.read(read)

    async def _closed(self, account_id: int, kind: BatchKind, looked: _Looked) -> frozenset[int]:
        """Rows about guests about whom nothing may be sent: made from their contact, or naming them. A row that was
        made from the contact of somebody else is about that one. Only reading is done in the readers' thread, for
        which the list of contacts waits."""
        flags, guests = await self._read(
            lambda d: (known.marks(d, set(looked.contacts.values())), known.closed(d, account_id, kind))
        )
        made = frozenset(row for row, contact in looked.contacts.items() if flags.get(contact, Flag(0)) & _CLOSED)
        if not guests:
            return made
        if names_people(kind):
            return made | await asyncio.to_thread(closed_rows, kind, looked.values, guests)
        found = await asyncio.to_thread(_naming, kind, looked, guests)
        clues = frozenset[str]().union(*found.clues.values())
        others = await self._read(lambda d: known.others(d, clues)) if clues else []
        shared = await asyncio.to_thread(shared_clues, guests, clues, others)
        named = found.sure | {row for row, own in found.clues.items() if own - shared}
        return made | (named - looked.contacts.keys())

    async def _refused(
        self,
        account: Account,
        key: str,
        values: Sequence[Mapping[str, Any]],
        request: Mapping[str, Any],
        found: Sequence[Flaw],
    ) -> list[Flaw]:
        """What the vendor's encoder would not write and no check has named. Rows that were sent before are asked about
        apart: they are left out as a rule. In the network thread."""
        sender = await self.sending.sender_of(account)
        kind = kind_of(sender, key)
        bad = {flaw.row for flaw in found if flaw.severity is Severity.ERROR}
        before = {flaw.row for flaw in found if flaw.code == REPEAT}
        good = [place for place in range(len(values)) if place not in bad]
        flaws: list[Flaw] = []
        for places in ([one for one in good if one not in before], [one for one in good if one in before]):
            alone = [bool(kind.alone and values[place].get(kind.alone)) for place in places]
            start = 0
            for size in sizes_alone(alone, kind.most, 0):
                chunk = places[start : start + size]
                start += size
                flaws += _by_encoder(sender, kind, [(place, values[place]) for place in chunk], request)
                await asyncio.sleep(0)
        return list(dict.fromkeys(flaws))


def _newest(prints: Mapping[bytes, set[bytes]], sent: Mapping[bytes, Line]) -> dict[bytes, Line]:
    """By fingerprint the newest line of the same event."""
    found = {}
    for mark, same in prints.items():
        if known_as := same & sent.keys():
            found[mark] = max((sent[one] for one in known_as), key=lambda line: line.id)
    return found


def _naming(kind: BatchKind, looked: _Looked, guests: Sequence[Closed]) -> Naming:
    prints = Fingerprints(kind)
    return naming(looked.values, looked.cells, [prints.who(one) for one in looked.values], guests)


def contacts_of(rows: Sequence[HasValues], columns: Sequence[str]) -> dict[int, int]:
    """Row → the contact it was made from, where its cells say so."""
    if CONTACT_COLUMN not in columns:
        return {}
    place = list(columns).index(CONTACT_COLUMN)
    found = {}
    for number, row in enumerate(rows):
        text = row.cells[place] if place < len(row.cells) else ""
        if text.isascii() and text.isdigit() and len(text) < 18:
            found[number] = int(text)
    return found


def _by_encoder(
    sender: BatchSender, kind: BatchKind, rows: Sequence[tuple[int, Mapping[str, Any]]], request: Mapping[str, Any]
) -> list[Flaw]:
    try:
        sender.encode(kind, [BatchRow(f"r{place}", values) for place, values in rows], request)
    except RejectedError as error:
        return [_flaw(problem, rows) for problem in error.problems]
    return []


def _flaw(problem: Problem, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> Flaw:
    """A problem of the call as a whole stands at its first row."""
    uid, slash, path = problem.path.partition("/")
    own = slash and uid[:1] == "r" and uid[1:].isdigit()
    row = int(uid[1:]) if own else rows[0][0]
    where = path.replace("[", ".").replace("].", ".") if own else problem.path
    return Flaw(row, where, VENDOR_SAYS, Severity.ERROR, problem.text)
