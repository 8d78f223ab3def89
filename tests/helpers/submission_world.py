"""Submissions against a vendor in memory that keeps a ledger: the real verbs and the real tables, no threads, no HTTP.

`World` is one run of the program on one data file; what `Vendor` has outlives it, and so does the counter beside the
folder."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlcipher3 import dbapi2 as driver

from crmdesk.core.batch import BatchKind, BatchRow, Found, RowOutcome
from crmdesk.core.epoch import MemoryEpochs
from crmdesk.core.errors import InDoubtError, Problem, RejectedError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.submission import NewRow, Row, RowStage, Snapshot, Submission
from crmdesk.core.types import Account, Json
from crmdesk.core.vendor import Access
from crmdesk.store import ledger, schema, submissions
from crmdesk.store.commits import Touched
from crmdesk.sync.submissions import Submissions
from crmdesk.vendors.crmcom_events.settling import settle
from tests.helpers.clock import FakeClock

ACCOUNT = Account(1, "memory", "Seaside", "https://memory.example")
KIND = BatchKind(
    "points",
    "Points",
    (
        FieldSpec("key", "Key", required=True),
        FieldSpec("at", "At", FieldKind.TIME),
        FieldSpec("amount", "Amount", FieldKind.NUMBER),
        FieldSpec("text", "Text"),
    ),
    identity=("key", "at", "amount"),
    who=("key",),
)
Wire = Callable[["Vendor", list[dict[str, Any]]], Json]


class Vendor:
    """BatchSender and BatchFinder. `events` is the truth: one entry per event made. `script`: how the next sends go,
    then all go well. `poison`: keys for which a call as a whole is refused; `refuses`: keys whose rows are refused."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.script: deque[Wire] = deque()
        self.poison: set[str] = set()
        self.refuses: set[str] = set()
        self.hidden = False  # lists do not show new events yet
        self.calls: list[list[str]] = []  # keys of each call that arrived
        self.before_send: Callable[[], None] = lambda: None

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        return (KIND,)

    def encode(self, kind: BatchKind, rows: Sequence[BatchRow], request: Mapping[str, Any]) -> bytes:
        bad = [Problem(f"{row.uid}/key", "required", "empty") for row in rows if not row.values.get("key")]
        if bad:
            raise RejectedError("Some rows cannot be sent.", problems=tuple(bad))
        return json.dumps([{"uid": row.uid, "key": row.values["key"]} for row in rows]).encode()

    async def send(self, kind: BatchKind, body: bytes) -> Json:
        self.before_send()
        rows = json.loads(body)
        self.calls.append([row["key"] for row in rows])
        if self.script:
            return self.script.popleft()(self, rows)
        return went_well(self, rows)

    def settle(self, kind: BatchKind, rows: Sequence[BatchRow], answer: Json) -> list[RowOutcome]:
        return settle(rows, answer)

    # what it does

    def make(self, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        made = []
        for row in rows:
            number = str(len(self.events) + 1)
            self.events.append({**row, "id": f"E{number}", "number": number})
            made.append({"request_unique_identifier": row["uid"], "id": f"E{number}", "number": number})
        return made

    def counts(self) -> Counter[str]:
        return Counter(event["key"] for event in self.events)

    # BatchFinder

    def lacks(self, kind: BatchKind) -> str:
        return ""

    async def find(self, kind: BatchKind, rows: Sequence[BatchRow], since: datetime) -> Mapping[str, tuple[Found, ...]]:
        shown = [] if self.hidden else self.events
        return {
            row.uid: tuple(Found(event["id"], event["number"]) for event in shown if event["uid"] == row.uid)
            for row in rows
        }


def answer(made: list[Any], refused: list[Any]) -> Json:
    return {
        "status": {"code": "OK"},
        "data": {"processed_customer_events_set": made, "unprocessed_customer_events_set": refused},
    }


def refusal(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "request_unique_identifier": row["uid"],
        "error_code": "NotFoundAPIValueException",
        "error_description": f"{row['key']} not found",
    }


def went_well(vendor: Vendor, rows: list[dict[str, Any]]) -> Json:
    """In another order than it was asked."""
    if any(row["key"] in vendor.poison for row in rows):
        raise RejectedError("The vendor refuses this call.", problems=(Problem("", "X", "Bad call."),))
    good = [row for row in rows if row["key"] not in vendor.refuses]
    return answer(vendor.make(good)[::-1], [refusal(row) for row in rows if row["key"] in vendor.refuses])


def lost(vendor: Vendor, rows: list[dict[str, Any]]) -> Any:
    """Done, and the answer does not come."""
    vendor.make(rows)
    raise InDoubtError("The line dropped.")


class InlineDatabase:
    """`Database` without threads, over one connection in memory."""

    def __init__(self, connection: Any) -> None:
        self._native = connection
        self._opened = SimpleNamespace(connection=SimpleNamespace(driver_connection=connection))  # for `driver_of`
        self.touched: list[Touched] = []
        self.fault: Callable[[], None] = lambda: None  # before each write

    async def read(self, fn: Callable[[Any], Any], **_: Any) -> Any:
        return fn(self._opened)

    async def write(self, fn: Callable[[Any, Any], Any], **_: Any) -> Any:
        self.fault()
        self._native.execute("BEGIN IMMEDIATE")
        touched = Touched()
        try:
            result = fn(self._opened, touched)
            self._native.execute("COMMIT")
        except BaseException:
            self._native.execute("ROLLBACK")
            raise
        self.touched.append(touched)
        return result


def empty_file() -> Any:
    """A data file in memory."""
    connection = driver.connect(":memory:", isolation_level=None, check_same_thread=False)
    for statement in schema._statements():
        connection.execute(statement)
    return connection


class Here:
    """The network thread, without one."""

    async def run(self, factory: Callable[[], Any]) -> Any:
        return await factory()


@dataclass
class Desk:
    """What `Checks` is to submissions."""

    vendor: Vendor
    working_offline: bool = False
    active: bool = True
    changing: bool = False
    signed_out_of: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = asyncio.Lock()
        self.open = self

    async def account(self, account_id: int) -> Account:
        return ACCOUNT

    async def access(self, account: Account) -> Access:
        async def nothing() -> Any:
            return ()

        return Access(nothing, nothing, batches=self.vendor, finder=self.vendor)

    def lane(self, account_id: int) -> asyncio.Lock:
        return self._lock

    def is_changing(self, account_id: int) -> bool:
        return self.changing

    async def signed_out(self, account: Account, error: Exception) -> None:
        self.signed_out_of.append(account.id)


class World:
    """One run of the program."""

    def __init__(
        self,
        connection: Any,
        vendor: Vendor | None = None,
        epochs: MemoryEpochs | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        self.native = connection
        self.vendor, self.epochs = vendor or Vendor(), epochs or MemoryEpochs()
        self.clock = clock or FakeClock()
        self.database = InlineDatabase(connection)
        self.desk = Desk(self.vendor)
        self.verbs = Submissions(
            self.database,  # type: ignore[arg-type]
            {},
            Here(),
            self.clock,
            self.desk,  # type: ignore[arg-type]
            self.epochs,
        )

    def again(self) -> World:
        """The program is started anew."""
        return World(self.native, self.vendor, self.epochs, self.clock)

    async def draft(self, keys: Sequence[str], *, per_call: int = 2, trial: int = 0) -> int:
        new = Submission(0, 1, "points", "May", per_call=per_call, trial=trial)
        return (await self.verbs.create(new, [NewRow({"key": key}) for key in keys])).id

    async def pump(self) -> None:
        """Everything goes that may go now."""
        await self.verbs.recover()
        await self.verbs.sending._lane(1)

    async def sent(self, keys: Sequence[str], **how: int) -> int:
        """A submission that has been sent as far as it gets."""
        number = await self.draft(keys, **how)
        await self.verbs.send(number, "Maria")
        await self.pump()
        return number

    def rows(self, submission_id: int, *stages: RowStage) -> list[Row]:
        return submissions.rows(self.native, submission_id, stages)

    def ids(self, submission_id: int, *stages: RowStage) -> list[int]:
        return [row.id for row in self.rows(submission_id, *stages)]

    def stages(self, submission_id: int) -> str:
        """One letter per row, in their order."""
        letters = {"not sent": "n", "left out": "l", "sending": "g", "accepted": "a"}
        return "".join(letters.get(row.stage.value, row.stage.value[0]) for row in self.rows(submission_id))

    async def snapshot(self, submission_id: int) -> Snapshot:
        return await self.verbs.snapshot(submission_id)

    def lines(self, row_id: int) -> list[Any]:
        return ledger.of_row(self.native, row_id)
