"""Sync as a state machine: a vendor that changes at any moment, a line that fails, a program that is killed.

What must hold after every step: nothing leaves the cache that the vendor still has; no more than the brake allows
leaves it unasked; whatever differs between cache and vendor lies behind the cursor, so that the next pull brings it;
the cursor moves only when a pull has ended well. When faults have stopped, two pulls make both sides equal."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmdesk.core import seams
from crmdesk.core.errors import OfflineError, ProtocolError, RateLimitedError, ServerFaultError
from crmdesk.sync.outcome import PullResult, Removals
from crmdesk.sync.progress import Phase
from tests.helpers.desk import ASK, Desk
from tests.helpers.memory_vendor import MemoryVendor

PER_PAGE = 3
FAULTS = (
    lambda: OfflineError("No connection."),
    lambda: ServerFaultError("A fault on its side (502)."),
    lambda: ProtocolError("This is a web page, not a list."),
    lambda: RateLimitedError("Slow down."),
)
ORDERS = {
    "id": lambda raw: int(raw["id"]),
    "newest": lambda raw: -int(raw["id"]),
    "updated": lambda raw: (raw["updated_at"], int(raw["id"])),
}
numbers = st.integers(0, 40)
events = st.tuples(st.sampled_from(("create", "edit", "delete")), numbers)


class Killed(BaseException):
    """The process is gone."""


class SyncMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="sync-machine-"))
        self.vendor = MemoryVendor(per_page=PER_PAGE)
        self.desk = Desk(self.folder / "desk.db", memory=self.vendor)
        self.result: PullResult | None = None

    def teardown(self) -> None:
        try:
            if hasattr(self, "order"):
                self.settle()
        finally:
            seams.set_gate(None)
            self.desk.close()
            shutil.rmtree(self.folder)

    @initialize(order=st.sampled_from(sorted(ORDERS)), count=st.integers(0, 14), whole=st.booleans())
    def begin(self, order: str, count: int, whole: bool) -> None:
        self.vendor.whole = whole
        self.order = order
        self.vendor.order = ORDERS[order]
        for _ in range(count):
            self.vendor.make()

    # ── at the vendor

    def happen(self, what: str, number: int) -> None:
        known = sorted(self.vendor.contacts, key=int)
        if what == "create" or not known:
            self.vendor.make()
        elif what == "edit":
            self.vendor.edit(known[number % len(known)])
        else:
            self.vendor.remove(known[number % len(known)])

    @rule(event=events)
    def something_happens(self, event: tuple[str, int]) -> None:
        self.happen(*event)

    @rule(first=numbers)
    def many_are_deleted(self, first: int) -> None:
        for remote_id in sorted(self.vendor.contacts, key=int)[first % 3 :]:
            self.vendor.remove(remote_id)

    @rule()
    def many_are_made(self) -> None:
        for _ in range(7):
            self.vendor.make()

    # ── at the desk

    @rule(
        full=st.booleans(),
        meanwhile=st.dictionaries(st.integers(1, 6), events, max_size=2),
        fault=st.one_of(st.none(), st.tuples(st.integers(0, 6), st.sampled_from(FAULTS))),
        crash=st.one_of(st.none(), st.none(), st.integers(1, 25)),
        cancel=st.one_of(st.none(), st.none(), st.integers(1, 5)),
    )
    def pull(self, full: bool, meanwhile: dict[int, Any], fault: Any, crash: int | None, cancel: int | None) -> None:
        self.one_pull(full=full, meanwhile=meanwhile, fault=fault, crash=crash, cancel=cancel)

    @rule()
    def plain_pull(self) -> None:
        self.one_pull()

    @rule()
    def accept(self) -> None:
        """No precondition: which rules there are must not depend on how threads happened to run."""
        if self.result is not None and self.result.phase is Phase.BRAKED:
            self.one_pull(removals=Removals(agreed=self.result.would_remove))

    @rule()
    def restart(self) -> None:
        self.desk.restart()

    @rule(hours=st.sampled_from((-50, 1, 30)))
    def clock_jumps(self, hours: int) -> None:
        self.desk.clock.forward(hours * 3600)

    def one_pull(
        self,
        *,
        full: bool = False,
        meanwhile: dict[int, Any] | None = None,
        fault: Any = None,
        crash: int | None = None,
        cancel: int | None = None,
        removals: Removals = ASK,
    ) -> None:
        """One pull with everything that goes wrong in it, and what must be true after it."""
        before, since = self.desk.cached(), self.desk.since()
        waiting = dict(meanwhile or {})
        self.vendor.faults.extend([*[None] * fault[0], fault[1]()] if fault else [])
        reached: list[str] = []

        async def run() -> PullResult | None:
            task = asyncio.ensure_future(self.desk.pull(full=full, removals=removals))

            def before_read(_vendor: MemoryVendor, page: int) -> None:
                if page in waiting:
                    self.happen(*waiting.pop(page))
                if page == cancel:
                    task.cancel()

            def gate(name: str) -> None:
                reached.append(name)
                if len(reached) == crash:
                    raise Killed(name)

            self.vendor.before_read = before_read
            seams.set_gate(gate)
            try:
                return await task
            except (asyncio.CancelledError, Killed):
                return None

        try:
            self.result = asyncio.run(run())
        finally:
            # A write begun before its pull was cancelled is completed, and its gates are counted.
            with contextlib.suppress(Killed):
                self.desk.database.write_sync(lambda *_: None)
            seams.set_gate(None)
            self.vendor.before_read = None
            self.vendor.faults.clear()
        if crash is not None and self.result is None:
            self.desk.restart()
        self.check(before, since, removals, reached)

    def check(self, before: dict[str, Any], since: str, removals: Removals, reached: list[str]) -> None:
        lost = before.keys() - self.desk.cached().keys()
        assert not lost & self.vendor.contacts.keys(), "something left the cache that the vendor still has"
        if removals is ASK and len(lost) > 10:
            assert len(lost) <= len(before) * 0.1, "more left the cache than the brake allows"
        done = self.result is not None and self.result.phase is Phase.DONE and not self.result.unsettled
        if not done and "pull.finish.before_commit" not in reached:
            assert self.desk.since() == since, "the cursor moved although the pull did not end well"

    @invariant()
    def what_differs_will_be_brought(self) -> None:
        since, cached = self.desk.since(), self.desk.cached()
        if self.vendor.whole:  # one change after the cursor, and everything is read again
            differs = cached != self.vendor.bodies()
            assert not (differs and since) or self.vendor.changed_at >= since, "a change lies before the cursor"
            return
        for remote_id, raw in self.vendor.contacts.items():
            if cached.get(remote_id) != raw:
                assert raw["updated_at"] >= since, f"contact {remote_id} is behind and lies before the cursor"
        told = {gone for gone, at in self.vendor.deleted if at >= since}
        assert not since or cached.keys() - self.vendor.contacts.keys() <= told, "a deletion lies before the cursor"

    @invariant()
    def the_counter_is_right(self) -> None:
        assert self.desk.account.contacts == len(self.desk.cached())

    def settle(self) -> None:
        """Faults have stopped: two pulls (each answered, if it asks) make both sides equal."""
        for full in (False, True):
            result = self.desk.run(full=full)
            for _ in range(2):  # of an interrupted listing the question may be about fewer than really went
                if result.phase is Phase.BRAKED:
                    result = self.desk.run(full=full, removals=Removals(agreed=result.would_remove))
            assert result.phase is Phase.DONE
            if self.desk.cached() == self.vendor.bodies():
                break
        assert self.desk.cached() == self.vendor.bodies(), "cache and vendor differ after two cycles"
