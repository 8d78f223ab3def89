"""Reads of submissions for a screen; each sees one state of the file."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING

from crmdesk.core.submission import Call, CallStage, Line, Row, RowStage, Snapshot, Submission
from crmdesk.store import call_reads, ledger, mappings, submissions
from crmdesk.store.database import Connection, driver_of
from crmdesk.store.driver import Driver
from crmdesk.store.mappings import KeptMapping

if TYPE_CHECKING:
    from crmdesk.store.database import Database

_OPEN = (CallStage.SEALED, CallStage.SENDING, CallStage.ANSWERED)


def snapshot(driver: Driver, submission_id: int) -> Snapshot:
    """NotFoundError."""
    tally = call_reads.tallied(driver, submission_id)
    return Snapshot(
        submissions.get(driver, submission_id),
        MappingProxyType(submissions.counts(driver, submission_id)),
        calls=sum(tally.values()),
        calls_ended=sum(number for stage, number in tally.items() if stage not in _OPEN),
        in_flight=tally.get(CallStage.SENDING, 0) + tally.get(CallStage.ANSWERED, 0),
        halted=call_reads.halted(driver),
    )


class SubmissionReader:
    """`reader.submissions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, *, templates: bool = False) -> list[Submission]:
        """Newest first."""
        return await self._database.read(lambda c: submissions.listed(driver_of(c), templates=templates))

    async def tallies(self, ids: Iterable[int]) -> dict[int, dict[RowStage, int]]:
        """Rows by stage of several submissions."""
        wanted = list(ids)

        def run(connection: Connection) -> dict[int, dict[RowStage, int]]:
            driver = driver_of(connection)
            return {one: submissions.counts(driver, one) for one in wanted}

        return await self._database.read(run)

    async def rows(
        self, submission_id: int, stages: Iterable[RowStage] = (), *, after: int = -1, most: int = 1_000_000
    ) -> list[Row]:
        """In their order, from behind the position `after`; `stages` () = all."""
        chosen = tuple(stages)
        return await self._database.read(
            lambda c: submissions.rows(driver_of(c), submission_id, chosen, after=after, most=most)
        )

    async def rows_of_calls(self, calls: Iterable[int]) -> list[Row]:
        wanted = list(calls)
        return await self._database.read(
            lambda c: [row for call in wanted for row in submissions.rows_of_call(driver_of(c), call)]
        )

    async def rows_by_id(self, ids: Iterable[int]) -> list[Row]:
        wanted = list(ids)
        return await self._database.read(lambda c: submissions.rows_by_id(driver_of(c), wanted))

    async def calls(self, submission_id: int) -> list[Call]:
        """In their order, without their bodies."""
        return await self._database.read(lambda c: call_reads.of_submission(driver_of(c), submission_id))

    async def call(self, call_id: int) -> Call | None:
        """With the exact body that was, or is to be, sent; no secret is in it."""
        return await self._database.read(lambda c: call_reads.get(driver_of(c), call_id))

    async def attempts(self, row_id: int) -> list[Line]:
        """Every time that a row left or may have left, with what was answered; the first one first."""
        return await self._database.read(lambda c: ledger.of_row(driver_of(c), row_id))

    async def numbers(self, ids: Iterable[int]) -> dict[int, str]:
        """Row → our own number under which it may be at the vendor; nothing of rows that never left."""
        wanted = list(ids)
        return await self._database.read(lambda c: ledger.numbers(driver_of(c), wanted))

    async def about(self, who: str) -> list[Line]:
        """What was sent about somebody (`core.fingerprint.Fingerprints.who`), newest first."""
        return await self._database.read(lambda c: ledger.of_person(driver_of(c), who))

    async def search(self, text: str) -> list[Line]:
        """The ledger's lines with `text` in person, number, id, operator, code or label; newest first."""
        return await self._database.read(lambda c: ledger.search(driver_of(c), text))

    async def mappings(self, kind: str) -> list[KeptMapping]:
        """Kept column mappings of a kind, the one used last first."""
        return await self._database.read(lambda c: mappings.listed(driver_of(c), kind))
