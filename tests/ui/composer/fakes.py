"""Submissions in memory, as the store keeps them, for the composer's grid."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QTimer

from crmdesk.core.batch import BatchKind
from crmdesk.core.errors import KnownError
from crmdesk.core.row_checks import Flaw
from crmdesk.core.submission import EDITABLE, NewRow, Row, RowStage, Submission, SubmissionStage
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account
from crmdesk.ui.composer.document import Document
from crmdesk.vendors.crmcom_events.kinds import kinds_of

KIND = kinds_of((17, 0))[0].batch
ACCOUNT, CLASS = "accounts_receivable_identifier.number", "classification_identifier.name"
UNIT, WHEN, TEXT = "performed_by_unit_identifier.name", "performed_on", "description"


class FakeSubmissions:
    """Verbs and reads at once. `calls` says what was stored, `broken` is raised by the next saves, `between` runs
    while a save or a check is under way, `flaws` are what every check finds."""

    def __init__(
        self, rows: Iterable[Row] = (), stage: SubmissionStage = SubmissionStage.DRAFT, kind: BatchKind = KIND
    ) -> None:
        self.submissions = self
        self.batch = kind
        self.one = Submission(1, 1, kind.key, "Test", stage=stage)
        self.account = Account(1, "crmcom_events", "Office", "https://office.example")
        self.stored: dict[int, Row] = {}
        self.calls: list[tuple[str, int]] = []
        self.broken: KnownError | None = None
        self.between: Callable[[], Awaitable[None]] | None = None
        self.flaws: list[Flaw] = []
        self._last = 0
        for row in rows:
            self._put(row)

    def _put(self, row: Row) -> None:
        self._last += 1
        self.stored[self._last] = replace(row, id=self._last, position=self._last)

    def alter(self, place: int, **changes: Any) -> None:
        """What somebody else, or the sender, made of the row."""
        number = list(self.stored)[place]
        self.stored[number] = replace(self.stored[number], **changes)

    @property
    def stages(self) -> list[RowStage]:
        return [row.stage for row in self.stored.values()]

    def texts(self, path: str) -> list[Any]:
        """Stored values of a column, None where there is none."""
        return [row.values.get(path) for row in self.stored.values()]

    async def get(self, _number: int) -> Submission:
        return self.one

    async def kind(self, _account: int, _kind: str, *, reading: bool = False) -> BatchKind:
        assert reading, "what is only looked at may be of a removed account"
        return self.batch

    async def account_of(self, _number: int) -> Account:
        return self.account

    async def rows(self, _number: int) -> list[Row]:
        await asyncio.sleep(0)
        return [replace(row, values=dict(row.values)) for row in self.stored.values()]

    async def change(self, _number: int, **changes: Any) -> Submission:
        await asyncio.sleep(0)
        if self.broken is not None:
            raise self.broken
        self.one = replace(self.one, **changes)
        return self.one

    async def check(self, *_args: Any, **_more: Any) -> Sequence[Flaw]:
        await asyncio.sleep(0)
        await self._amid()
        return self.flaws

    async def change_rows(self, _number: int, values: Mapping[int, Mapping[str, Any]]) -> int:
        await self._began("change", len(values))
        for number, new in values.items():
            row = self.stored[number]
            if row.stage in EDITABLE:
                out = row.stage is RowStage.LEFT_OUT
                stage, note = (row.stage, row.note) if out else (RowStage.READY, "")
                self.stored[number] = replace(row, values=new, stage=stage, note=note)
        await self._amid()
        return len(values)

    async def put_rows(self, _number: int, rows: Iterable[NewRow]) -> int:
        new = list(rows)
        await self._began("put", len(new))
        assert all(row.stage in EDITABLE for row in self.stored.values()), "what was sent stays"
        self.stored = {}
        for row in new:
            stage = RowStage.LEFT_OUT if row.left_out else RowStage.READY
            self._put(Row(0, 0, row.values, row.cells, stage, note=row.left_out))
        await self._amid()
        return len(new)

    async def _began(self, what: str, rows: int) -> None:
        await asyncio.sleep(0)
        if self.broken is not None:
            raise self.broken
        self.calls.append((what, rows))

    async def _amid(self) -> None:
        between, self.between = self.between, None
        if between is not None:
            await between()


def row(number: int, stage: RowStage = RowStage.READY, **more: Any) -> Row:
    """A row with an account and a text; a failed one was in a call."""
    attempt = int(stage in (RowStage.FAILED, RowStage.SENT, RowStage.NOT_SENT))
    values = {ACCOUNT: f"ACR{number}", TEXT: f"text {number}"}
    return Row(0, 0, values, stage=stage, **{"attempt": attempt, **more})


async def opened(fake: FakeSubmissions, scope: TaskScope) -> Document:
    """The document over it, as it is after opening; nothing is saved or checked by time alone."""
    document = Document(fake, fake, scope)
    for timer in document.findChildren(QTimer):
        timer.setInterval(1_000_000)
    await document.open(1)
    return document
