"""Any order of verbs, faults, waits and cancels at the sign-in dialog; what must hold all the time are the invariants.

The vendor counts for itself: what it was asked, when, and how much at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    OfflineError,
    RateLimitedError,
    RejectedError,
    ServerFaultError,
)
from crmdesk.core.guest import CodeFault, CodeRefusedError, Guest, GuestDesk
from crmdesk.core.types import Account
from crmdesk.sync.login import LoginSession, LoginView, Step
from tests.helpers.clock import FakeClock
from tests.helpers.guest_desk import PASSWORD, REGISTER, WAYS, GuestServer, MemoryGuestDesk

T = TypeVar("T")

PIN = "canary-pin-4711"
ASKS: list[tuple[str, dict[str, str]]] = [
    ("password", {"email": "ana@house.example", "password": PASSWORD}),
    ("password", {"email": "ana@house.example", "password": "canary-wrong-one"}),
    ("code", {"email": "ana@house.example"}),
    ("code", {"email": "nobody@house.example"}),
    ("card", {"number": "GC-1", "pin": PIN}),
]
SECRETS = (PASSWORD, PIN, "canary-wrong-one", "canary-auth-otp")
FAULTS: list[Callable[[FakeClock], KnownError]] = [
    lambda _clock: OfflineError("No route."),
    lambda _clock: ServerFaultError("Broken."),
    lambda _clock: InDoubtError("The line dropped."),
    lambda _clock: ForbiddenError("The key lacks a right."),
    lambda _clock: RejectedError("Refused."),
    lambda _clock: CodeRefusedError("Too many.", fault=CodeFault.TOO_MANY),
    lambda _clock: CodeRefusedError("Too many.", fault=CodeFault.TOO_MANY, wait=45.0),
    lambda _clock: RateLimitedError("Slowly."),
    lambda clock: RateLimitedError("Slowly.", until=clock.now() + timedelta(seconds=25)),
]


class Door:
    """An entrance that notes when it was asked what."""

    def __init__(self, server: GuestServer) -> None:
        self.desk = MemoryGuestDesk(server)
        self.offline = False
        self.unread = 0  # times that the profile cannot be read
        self.inside: list[str] = []
        self.left: list[str] = []

    async def ask(self, fn: Callable[[GuestDesk], Awaitable[T]]) -> T:
        return await fn(self.desk)

    async def enter(self, guest: Guest) -> int:
        await asyncio.sleep(0)
        if self.unread:
            self.unread -= 1
            raise ServerFaultError("No profile now.")
        self.inside.append(guest.remote_id)
        return 7

    async def leave(self, guest: Guest) -> None:
        self.left.append(guest.remote_id)


class LoginMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.server, self.clock = GuestServer(), FakeClock()
        self.door = Door(self.server)
        self.codes: list[str] = []
        self.views: list[LoginView] = []
        self.under_way: asyncio.Task[Any] | None = None
        account = Account(1, "guests", "House", "https://memory.example")

        async def make() -> LoginSession:
            return LoginSession(account, "Guest House", self.door, self.clock, ways=WAYS, register_fields=REGISTER)

        self.session = self.loop.run_until_complete(make())
        self.session.subscribe(lambda: self.views.append(self.session.view))

    def teardown(self) -> None:
        self.server.hold = False
        try:
            self.loop.run_until_complete(self.session.aclose())
            if self.under_way is not None:
                self.loop.run_until_complete(asyncio.wait([self.under_way]))
            assert self.server.running == 0
            done = self.session.view.step is Step.DONE
            assert len(self.door.inside) == done, "somebody is inside whom no dialog let in"
        finally:
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            if left:
                self.loop.run_until_complete(asyncio.wait(left))
            self.loop.close()

    def do(self, verb: Callable[[], Awaitable[None]]) -> None:
        """A verb to its end, or, while requests hang, until it hangs."""
        before, requests = self.session.view, len(self.server.requests)

        async def run() -> None:
            await verb()

        if self.server.hold:
            task = self.loop.create_task(run())
            self.loop.run_until_complete(asyncio.wait([task], timeout=0.01))
            if not task.done():
                self.under_way = task
        else:
            self.loop.run_until_complete(run())
        for asked in self.server.requests[requests:]:
            self.check_asked(asked, before)
        if self.server.code and self.server.code not in self.codes:
            self.codes.append(self.server.code)

    def check_asked(self, asked: str, before: LoginView) -> None:
        now = self.clock.monotonic()
        assert not self.door.offline, f"{asked}: a person works offline"
        assert not before.step.busy, f"{asked}: something is under way"
        if asked == "verify":
            assert before.asked, "a code was verified that nobody asked for"
            assert before.step in (Step.CODE_SENT, Step.WRONG)
            assert now >= before.wait_until
        elif before.step in (Step.CODE_SENT, Step.WRONG, Step.EXPIRED, Step.WAIT):
            assert now >= before.resend_at, f"{asked}: sent again too early"

    # ── what people do

    @initialize()
    def a_code_is_on_its_way(self) -> None:
        """Most of what may go wrong comes after that; *another way* leads back."""
        self.do(lambda: self.session.ask("code", {"email": "ana@house.example"}, "SMS"))

    @rule(which=st.sampled_from(ASKS), channel=st.sampled_from(["SMS", "EMAIL"]))
    def ask(self, which: tuple[str, dict[str, str]], channel: str) -> None:
        self.do(lambda: self.session.ask(which[0], which[1], channel))

    @rule(number=st.integers(0, 3))
    def register(self, number: int) -> None:
        self.do(lambda: self.session.register({"email": f"new{number}@house.example", "name": "New"}))

    @rule()
    def newest_code(self) -> None:
        code = self.server.code or "123456"
        self.do(lambda: self.session.verify(f"Your code is {code}!"))

    @precondition(lambda self: len(self.codes) > 1)
    @rule(data=st.data())
    def older_code(self, data: st.DataObject) -> None:
        code = data.draw(st.sampled_from(self.codes[:-1]))
        self.do(lambda: self.session.verify(code))

    @rule(text=st.sampled_from(["000000", "111111 222222", "", "no code"]))
    def other_code(self, text: str) -> None:
        self.do(lambda: self.session.verify(text))

    @rule()
    def three_wrong_codes(self) -> None:
        for _ in range(3):
            self.do(lambda: self.session.verify("000000"))

    @rule(channel=st.sampled_from(["", "SMS", "EMAIL"]))
    def send_again(self, channel: str) -> None:
        self.do(lambda: self.session.send_again(channel))

    @rule()
    def retry(self) -> None:
        self.do(self.session.retry)

    @rule()
    def another_way(self) -> None:
        self.loop.run_until_complete(self._on_the_loop(self.session.use_another_way))

    @rule(seconds=st.sampled_from([1.0, 5.0, 29.0, 30.0, 60.0, 120.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.forward(seconds)

    @rule()
    def switch_offline(self) -> None:
        self.door.offline = not self.door.offline

    # ── what the vendor and the line do

    @rule(fault=st.sampled_from(FAULTS), lost=st.booleans())
    def fails(self, fault: Callable[[FakeClock], KnownError], lost: bool) -> None:
        (self.server.lost if lost else self.server.faults).append(fault(self.clock))

    @rule(what=st.sampled_from(["silent", "wants_code", "second", "expired"]))
    def another_mood(self, what: str) -> None:
        setattr(self.server, what, not getattr(self.server, what))

    @rule(counts=st.sampled_from([None, 0, 2]))
    def counts_tries(self, counts: int | None) -> None:
        self.server.counts = counts

    @rule()
    def profile_unread(self) -> None:
        self.door.unread += 1

    @precondition(lambda self: self.under_way is None)
    @rule()
    def hangs(self) -> None:
        self.server.hold = True

    @precondition(lambda self: self.server.hold)
    @rule(cancel=st.booleans())
    def goes_on(self, cancel: bool) -> None:
        """The request that hangs is stopped, or goes on."""
        busy = self.session.view.step.busy
        if cancel:
            self.loop.run_until_complete(self._on_the_loop(self.session.cancel))
            assert not busy or self.session.view.title == "Stopped."
        self.server.hold = False
        if self.under_way is not None:
            self.loop.run_until_complete(asyncio.wait([self.under_way]))
            self.under_way = None
        if cancel:
            self.loop.run_until_complete(asyncio.sleep(0))
            assert not busy or self.session.view.title == "Stopped.", "what was stopped went on"

    async def _on_the_loop(self, verb: Callable[[], None]) -> None:
        verb()

    # ── what holds

    @invariant()
    def one_at_a_time(self) -> None:
        assert self.server.most <= 1

    @invariant()
    def busy_only_while_something_runs(self) -> None:
        assert self.session.view.step.busy == (self.under_way is not None)

    @invariant()
    def done_only_with_a_guest(self) -> None:
        view = self.session.view
        assert (view.step is Step.DONE) == (view.guest is not None and view.contact_id == 7)
        assert (view.step is Step.DONE) == bool(self.door.inside)

    @invariant()
    def no_secret_is_shown(self) -> None:
        told = "".join(f"{view!r}{dict(view.values)}{view.title}{view.hint}{view.details}" for view in self.views)
        self.views.clear()
        assert not [secret for secret in (*SECRETS, *self.codes) if secret in told]

    @invariant()
    def a_code_is_asked_for_where_one_can_be_typed(self) -> None:
        view = self.session.view
        if view.step in (Step.CODE_SENT, Step.VERIFYING, Step.WRONG, Step.EXPIRED) and not self.door.unread:
            assert view.asked or self.session._guest is not None
