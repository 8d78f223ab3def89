"""A vendor in memory: contacts, a server clock, deletions, pages that shift while they are read, faults. No HTTP."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from crmdesk.core.errors import NotFoundError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.outbox import FieldChange, OpKind, Request
from crmdesk.core.seams import iso
from crmdesk.core.types import Account, Cursor, Flag, Json, Page, RemoteContact, Revision, Summary
from crmdesk.core.vendor import Access, CheckStep, Secrets, Vendor, Written

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
TOLERANCE = 2  # ticks


def summarise(raw: Json) -> Summary:
    name = str(raw.get("name") or "")
    flags = Flag.CANCELLED if raw.get("canceled_at") else Flag(0)
    flags |= Flag.RESTRICTED if raw.get("restricted_at") else Flag(0)
    flags |= Flag.FORGET if raw.get("forget_at") else Flag(0)
    return Summary(
        name=name,
        last=name,
        updated_at=str(raw.get("updated_at") or ""),
        forget_at=str(raw.get("forget_at") or ""),
        flags=flags,
        city=str(raw.get("city") or ""),
        email=str(raw.get("email") or ""),
        texts={key: str(raw[key]) for key in ("name", "city", "email") if raw.get(key)},
    )


FIELDS = (
    FieldSpec("name", "Name", required=True, source="memory"),
    FieldSpec("city", "City", max_length=100, source="memory"),
    FieldSpec("email", "E-mail", FieldKind.EMAIL, source="memory"),
    FieldSpec("notes", "Notes", FieldKind.LINES, source="memory"),
    FieldSpec("tags", "Tags", FieldKind.CHOICES, source="memory"),
    FieldSpec("updated_at", "Updated", FieldKind.TIME, writable=False, source="memory"),
)


class MemoryVendor:
    """`contacts` is the truth. Every request and every change moves the server's clock by one second.

    `order` is the key of the list; `faults` are raised one per request (None = none); `before_read(vendor, page)` runs
    before a page is put together, `after_read` just before it is handed over; `requests` counts."""

    def __init__(self, count: int = 0, *, per_page: int = 10, whole: bool = False) -> None:
        self.contacts: dict[str, Json] = {}
        self.per_page = per_page
        self.order: Callable[[Json], Any] = lambda raw: int(raw["id"])
        self.deleted: list[tuple[str, str]] = []
        self.faults: deque[BaseException | None] = deque()
        self.before_read: Callable[[MemoryVendor, int], None] | None = None
        self.pause: Callable[[int], Any] | None = None  # awaited before each page
        self.tells_total = True
        self.tells_time = True
        self.requests: list[str] = []
        self.whole = whole
        self.changed_at = iso(EPOCH)
        self.ticks = 0
        self.given: dict[str, list[Json]] = {}  # every state of a contact that was handed out
        self.states: dict[str, list[Json]] = {}  # every state a contact has had, oldest first
        self._last = 0
        self.overwrites = False  # an update replaces the whole contact
        self.refuse: Callable[[Json], None] = lambda values: None  # raises RejectedError
        self.lost: deque[BaseException | None] = deque()  # raised after a write was done
        self.before_write: Callable[[MemoryVendor, str], None] | None = None  # somebody else, just before a write
        self.created: list[str] = []  # remote ids that were made through the writer
        self.overwritten: list[tuple[str, Json, bool]] = []  # remote id, state replaced unseen, whether it was answered
        self.writes: list[tuple[str, str, Any, Any]] = []  # remote id, path, value replaced, value written
        self.deletes: list[tuple[str, Json]] = []  # remote id, contact as it was
        for _ in range(count):
            self.make()

    # -- what happens at the vendor

    def make(self, **values: Any) -> str:
        self._last += 1
        remote_id = str(values.pop("id", self._last))
        self.contacts[remote_id] = {"id": int(remote_id), "name": f"Guest {remote_id}", **values}
        self._stamp(remote_id)
        return remote_id

    def edit(self, remote_id: str, **values: Any) -> None:
        self.contacts[remote_id].update(values or {"name": f"Guest {remote_id} at {self.ticks}"})
        self._stamp(remote_id)

    def remove(self, remote_id: str) -> None:
        del self.contacts[remote_id]
        self._tick()
        self.deleted.append((remote_id, self.now()))
        self.changed_at = self.now()

    def now(self) -> str:
        return iso(EPOCH + timedelta(seconds=self.ticks))

    def bodies(self) -> dict[str, Json]:
        return {remote_id: dict(raw) for remote_id, raw in self.contacts.items()}

    def _tick(self) -> None:
        self.ticks += 1

    def _stamp(self, remote_id: str) -> None:
        self._tick()
        self.contacts[remote_id]["updated_at"] = self.changed_at = self.now()
        self.states.setdefault(remote_id, []).append(dict(self.contacts[remote_id]))

    # -- the connector's side

    async def pages(self, cursor: Cursor) -> AsyncIterator[Page]:
        number, next_since = max(1, cursor.page), cursor.next_since
        while True:
            await self._answer(f"page {number}", number)
            if self.whole and number == 1 and cursor.since and self.changed_at < cursor.since:
                yield Page((), number=1, next_since=cursor.since, unchanged=True)
                return
            listed = self._listed("" if self.whole else cursor.since)
            if number == 1 and self.tells_time:
                next_since = iso(EPOCH + timedelta(seconds=max(0, self.ticks - TOLERANCE)))
            chunk = listed[(number - 1) * self.per_page : number * self.per_page]
            pages = max(1, -(-len(listed) // self.per_page))
            more = number < pages
            yield Page(
                contacts=tuple(self._hand_out(raw) for raw in chunk),
                number=number,
                removed=() if self.whole else self._gone_since(cursor.since),
                after=Cursor(cursor.since, number + 1, next_since) if more else None,
                total=len(listed) if self.tells_total else None,
                pages=pages,
                next_since=next_since,
                full=self.whole or not cursor.since,
            )
            if not more:
                return
            number += 1

    async def get(self, remote_id: str) -> RemoteContact:
        await self._answer(f"get {remote_id}", 0)
        if remote_id not in self.contacts:
            raise NotFoundError("This contact no longer exists at Memory.")
        return self._hand_out(self.contacts[remote_id])

    def _hand_out(self, raw: Json) -> RemoteContact:
        self.given.setdefault(str(raw["id"]), []).append(dict(raw))
        return _remote(raw)

    async def revisions(self, remote_id: str) -> tuple[Revision, ...]:
        await self._answer(f"revisions {remote_id}", 0)
        return tuple(
            Revision(number, raw["updated_at"], raw)
            for number, raw in reversed(list(enumerate(self.states[remote_id], 1)))
        )

    # -- the writer

    can = frozenset(OpKind)

    async def create(self, values: Json) -> RemoteContact:
        await self._write("create")
        self.refuse(values)
        raw = self.contacts[self.make(**values)]
        self.created.append(str(raw["id"]))
        return self._answered(raw)

    async def update(self, base: RemoteContact, changes: Sequence[FieldChange], orders: Sequence[str] = ()) -> Written:
        await self._write(f"update {base.remote_id}")
        if base.remote_id not in self.contacts:
            raise NotFoundError("This contact no longer exists at Memory.")
        self.refuse({change.path: change.now for change in changes})
        before = dict(self.contacts[base.remote_id])
        between = (before,) if self.overwrites and before["updated_at"] != base.raw["updated_at"] else ()
        if between:
            self.overwritten.append((base.remote_id, before, not self.lost or self.lost[0] is None))
        if self.overwrites:
            self.contacts[base.remote_id] = dict(base.raw)
        for change in changes:
            self.writes.append((base.remote_id, change.path, before.get(change.path), change.now))
            self.contacts[base.remote_id][change.path] = change.now
        self._stamp(base.remote_id)
        return Written(self._answered(self.contacts[base.remote_id]), between)

    async def delete(self, remote_id: str) -> None:
        await self._write(f"delete {remote_id}")
        if remote_id not in self.contacts:
            raise NotFoundError("This contact no longer exists at Memory.")
        self.deletes.append((remote_id, dict(self.contacts[remote_id])))
        self.remove(remote_id)
        self._answered({"id": remote_id})

    async def find_created(self, values: Json, since: datetime) -> tuple[RemoteContact, ...]:
        await self._answer("find", 0)
        return tuple(
            self._hand_out(raw)
            for remote_id, raw in self.contacts.items()
            if remote_id in self.created and all(raw.get(key) == value for key, value in values.items())
        )

    def request(
        self, kind: OpKind, remote_id: str, base: Json, changes: Sequence[FieldChange], orders: Sequence[str] = ()
    ) -> Request:
        body = json.dumps({change.path: change.now for change in changes})
        return Request({"create": "POST", "update": "PUT", "delete": "DELETE"}[kind.value], f"/{remote_id}", body)

    async def _write(self, what: str) -> None:
        await self._answer(what, 0)
        if self.before_write is not None:
            self.before_write(self, what)

    def _answered(self, raw: Json) -> RemoteContact:
        """Done; the answer may be lost on its way."""
        if self.lost and (fault := self.lost.popleft()) is not None:
            raise fault
        return self._hand_out(raw)

    def _gone_since(self, since: str) -> tuple[str, ...]:
        return tuple(gone for gone, at in self.deleted if since and at >= since)

    def _listed(self, since: str) -> list[Json]:
        found = [raw for raw in self.contacts.values() if raw["updated_at"] >= since]
        return sorted(found, key=self.order)

    async def _answer(self, what: str, page: int) -> None:
        self.requests.append(what)
        if self.pause is not None and page:
            await self.pause(page)
        else:
            await asyncio.sleep(0)
        self._tick()
        if self.before_read is not None and page:
            self.before_read(self, page)
        if self.faults and (fault := self.faults.popleft()) is not None:
            raise fault


def _remote(raw: Json) -> RemoteContact:
    return RemoteContact(str(raw["id"]), json.dumps(raw).encode(), dict(raw))


def check_base_url(text: str) -> str:
    from crmdesk.core.errors import SettingsError

    if not text.startswith(("https://", "http://127.0.0.1")):
        raise SettingsError("This address cannot be used.", "It must start with https://.", field="base_url")
    return text.rstrip("/")


class Opened:
    """What `open_access` was given, for tests to look at."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.addresses: list[str] = []
        self.closed = 0


def vendor_of(
    memory: MemoryVendor | dict[str, MemoryVendor],
    opened: Opened | None = None,
    key: str = "memory",
    lacks: dict[str, str] | None = None,
) -> Vendor:
    """The vendor around one memory, or around one per account title."""
    seen = opened or Opened()

    def open_access(account: Account, secrets: Secrets, transport: Any) -> Access:
        source = memory[account.title] if isinstance(memory, dict) else memory

        async def check() -> tuple[CheckStep, ...]:
            seen.tokens.append(await secrets.get("token"))
            seen.addresses.append(account.base_url)
            return (CheckStep("Reachable", True, "The server answers."),)

        async def aclose() -> None:
            seen.closed += 1

        history = None if "history" in (lacks or {}) else source
        return Access(check=check, aclose=aclose, contacts=source, writer=source, history=history)

    return Vendor(
        key=key,
        title="Memory",
        letter="M",
        fields=FIELDS,
        credentials=(
            FieldSpec("base_url", "Address", FieldKind.URL, required=True),
            FieldSpec("token", "Access token", FieldKind.SECRET, required=True),
        ),
        default_base_url="https://memory.example",
        summarise=summarise,
        open_access=open_access,
        sandbox=lambda **_: None,
        check_base_url=check_base_url,
        lacks=lacks or {},
    )
