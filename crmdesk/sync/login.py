"""One sign-in of a guest, step by step, for the dialog to draw.

    IDENTIFY ─ask─► REQUESTING ─a code is on its way─► CODE_SENT ─verify─► VERIFYING ─► DONE
       ▲                ├─ a guest at once ─► DONE                            ├─ WRONG ─verify─►   (third miss: WAIT)
       │                ├─ refused ─► IDENTIFY with problems                  ├─ EXPIRED ─send again─► REQUESTING
       │                ├─ too often ─► WAIT ─time─► IDENTIFY                 ├─ WAIT ─time─► CODE_SENT
       └─another way────┴─ OFFLINE, TROUBLE ─retry─►                          └─ OFFLINE, TROUBLE ─retry─► CODE_SENT

The session lives on the caller's loop; what is asked of the vendor runs in the network thread, one request at a time.
Codes and passwords are arguments only: nothing here keeps, logs or words one, and none is ever sent again by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, TypeVar

from crmdesk.core import otp
from crmdesk.core.errors import (
    KnownError,
    NotFoundError,
    OfflineError,
)
from crmdesk.core.fields import FieldSpec
from crmdesk.core.guest import Challenge, CodeRefusedError, Guest, GuestAwayError, GuestDesk, Tab, Way
from crmdesk.core.listeners import Listeners
from crmdesk.core.said import said
from crmdesk.core.seams import Clock
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account
from crmdesk.sync.login_verdicts import Verdicts
from crmdesk.sync.login_view import (
    MAY_HAVE_LEFT,
    NOBODY_IN,
    NOT_KNOWN,
    NOTHING,
    ONLY_NEWEST,
    OURS,
    REGISTER,
    STILL_COUNTS,
    SWITCHED_OFF,
    WRONG,
    LoginView,
    Step,
    identify,
    no_code,
    plain,
    told,
    typed_again,
    without,
)

__all__ = ["NOTHING", "REGISTER", "Entrance", "LoginSession", "LoginView", "Step"]

log = logging.getLogger(__name__)

T = TypeVar("T")


class Entrance(Protocol):
    """How a sign-in reaches its vendor, and where a guest goes who has signed in."""

    @property
    def offline(self) -> bool:
        """A person chose to work offline: nothing is asked."""
        ...

    async def ask(self, fn: Callable[[GuestDesk], Awaitable[T]]) -> T:
        """`fn` in the network thread. KnownError. Cancelled, a guest who got in all the same is signed out."""
        ...

    async def enter(self, guest: Guest) -> int:
        """Reads and stores the profile and keeps the session: the contact's id here. KnownError: nobody entered."""
        ...

    async def leave(self, guest: Guest) -> None:
        """Signs out somebody who has signed in and did not enter; never fails."""
        ...


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for, without its secrets; `repeatable`: it had none, and may be asked for again as it is."""

    way: str
    values: Mapping[str, str] = field(repr=False)
    channel: str
    repeatable: bool


class LoginSession:
    """One dialog's sign-in. Verbs return when they have come to an end, also to a bad one: `view` tells. A verb without
    a place in the present step does nothing. Only the three about passwords and e-mail raise KnownError."""

    def __init__(
        self,
        account: Account,
        vendor: str,
        entrance: Entrance,
        clock: Clock,
        *,
        ways: Sequence[Way],
        register_fields: Sequence[FieldSpec] = (),
        lacks: Mapping[str, str] = NOTHING,
        on_close: Callable[[LoginSession], object] = lambda _session: None,
        goodbye: Callable[[Coroutine[Any, Any, None]], asyncio.Task[Any] | None] | None = None,
    ) -> None:
        """`goodbye` runs a sign-out, which must not end with the dialog."""
        self.account, self.vendor, self.clock = account, vendor, clock
        self.ways, self.register_fields, self.lacks = tuple(ways), tuple(register_fields), lacks
        self._entrance, self._on_close = entrance, on_close
        self._scope = TaskScope(_report)
        self._goodbye = goodbye or partial(self._scope.start, what="sign-out of somebody who did not enter")
        self._one = asyncio.Lock()  # one request at a time
        self._task: asyncio.Task[None] | None = None
        self._told: Listeners[Callable[[], None]] = Listeners()
        self._view = LoginView()
        self._back = self._view  # where a cancelled step goes back to
        self._stopped = ""  # what may have happened all the same, if it is cancelled
        self._redo: Callable[[], Awaitable[None]] | None = None
        self._asked: _Asked | None = None
        self._challenge: Challenge | None = None
        self._nobody = False  # the vendor knows no such contact, which is nobody's business
        self._sent: LoginView | None = None  # as the newest request left it
        self._guest: Guest | None = None  # signed in at the vendor, not yet here
        self._verdicts = Verdicts(vendor, clock)
        self._channels: set[str] = set()  # by which the present request was made
        self._closed = False

    # ── what is seen ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def view(self) -> LoginView:
        """A wait that is over has become CODE_SENT (or IDENTIFY): whoever counts down looks again, nobody is told."""
        view = self._view
        if view.step is not Step.WAIT or self.clock.monotonic() < view.wait_until:
            return view
        return plain(view, Step.CODE_SENT if view.asked else Step.IDENTIFY)

    def subscribe(self, fn: Callable[[], None]) -> Callable[[], None]:
        """`fn()` after each change of `view`."""
        return self._told.add(fn)

    def _show(self, view: LoginView) -> None:
        if self._closed:
            return
        self._view = view
        for fn in self._told:
            fn()

    def suggest(self, values: Mapping[str, str]) -> None:
        """What is known of who signs in, for the fields; nothing where somebody has begun already."""
        if self._view == LoginView():
            self._show(replace(self._view, values=dict(values)))

    # ── verbs ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def ask(self, way: str, values: Mapping[str, str], channel: str = "") -> None:
        """Signs in, or asks for a code. `values` by the paths of the way's fields."""
        if self.view.step not in (Step.IDENTIFY, Step.OFFLINE, Step.TROUBLE):
            return
        fields = next(known.fields for known in self.ways if known.key == way)
        secrets = _secrets(fields, values)
        asked = _Asked(way, _open(fields, values), channel, not secrets)
        if self._sent is not None and not secrets and self._too_early(asked, self._sent):
            self._show(replace(self._sent, explained=STILL_COUNTS))
            return
        await self._request(asked, lambda desk: desk.sign_in(way, values, channel), secrets)

    async def register(self, values: Mapping[str, str]) -> None:
        """Somebody new. `values` by the paths of `register_fields`; meanwhile `view.way` is REGISTER."""
        if self.view.step not in (Step.IDENTIFY, Step.OFFLINE, Step.TROUBLE):
            return
        asked = _Asked(REGISTER, _open(self.register_fields, values), "", repeatable=False)
        secrets = _secrets(self.register_fields, values)
        await self._request(asked, lambda desk: desk.register(values), secrets)

    async def send_again(self, channel: str = "") -> None:
        """A new code, by another channel if one is named; not before `view.resend_at`. A password that would go with it
        has to be typed again."""
        view, asked = self.view, self._asked
        if view.step not in (Step.CODE_SENT, Step.WRONG, Step.EXPIRED, Step.WAIT) or asked is None:
            return
        if self.clock.monotonic() >= view.resend_at:
            await self._again(replace(asked, channel=channel or asked.channel))

    async def verify(self, text: str) -> None:
        """The code in what was typed or pasted; a text without exactly one is not sent."""
        view, challenge = self.view, self._challenge
        if view.step not in (Step.CODE_SENT, Step.WRONG) or challenge is None:
            return
        cleaned = otp.clean(text, letters=view.letters)
        if not cleaned.code:
            self._show(told(view, view.step, *no_code(cleaned.candidates)))
            return

        async def call(desk: GuestDesk) -> Guest | Challenge:
            if self._nobody:
                raise CodeRefusedError(WRONG)
            return await desk.verify(challenge, cleaned.code)

        self._redo = self._to_the_field
        await self._step(
            Step.VERIFYING,
            lambda: self._signing(call, self._not_verified, further=True),
            stopped=NOT_KNOWN,
            secrets=(cleaned.code,),
        )

    async def retry(self) -> None:
        """What failed, again. A code or password is typed again first."""
        if self.view.step in (Step.OFFLINE, Step.TROUBLE) and self._redo is not None:
            await self._redo()

    def use_another_way(self) -> None:
        """Back to the first page; what was typed there is kept."""
        view = self.view
        if not view.step.busy and view.step is not Step.DONE:
            if view.step in (Step.WRONG, Step.EXPIRED, Step.WAIT) and view.asked:
                self._sent = view
            self._drop_guest()
            self._show(identify(view))

    def cancel(self) -> None:
        """Ends the request under way, goes back to where it came from, and says what may have happened all the same."""
        if self._view.step.busy and self._task is not None:
            self._task.cancel()
            self._drop_guest()
            self._show(told(self._back, self._back.step, "Stopped.", self._stopped))

    async def forgot_password(self, username: str) -> None:
        """A message goes out if there is such a contact. KnownError."""
        await self._plainly(lambda desk: desk.forgot_password(username))

    async def change_password(self, token: str, password: str) -> None:
        """With the token (or link) of that message. KnownError."""
        await self._plainly(lambda desk: desk.change_password(token, password))

    async def verify_email(self, token: str) -> None:
        """With the token (or link) of the message. KnownError."""
        await self._plainly(lambda desk: desk.verify_email(token))

    async def stopped(self) -> None:
        """Returns once the request that was cancelled has ended."""
        async with self._one:
            pass

    async def aclose(self) -> None:
        """The dialog is gone. A guest who has entered stays signed in; one who has not is signed out."""
        self._closed = True
        self._told.clear()
        step = self._task if self._task is not None and not self._task.done() else None
        if step is not None:
            step.cancel()
        leaving = self._drop_guest()
        try:
            if step is not None:
                await asyncio.wait([step])
            if leaving is not None:
                await asyncio.wait([leaving])
                if not leaving.cancelled():  # by the lock, which waits for no vendor long: that is no end of this
                    leaving.result()
        finally:
            await self._scope.aclose()
            self._on_close(self)

    # ── one request ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _step(
        self, busy: Step, work: Callable[[], Awaitable[LoginView]], *, stopped: str, secrets: Sequence[str] = ()
    ) -> None:
        """`work` as the one request under way; it gives the next view."""
        if self._closed:
            return
        self._back, self._stopped = self.view, stopped
        if self._entrance.offline:
            self._show(told(self._back, Step.OFFLINE, *SWITCHED_OFF))
            return
        if (waiting := self._verdicts.patient(self._back)) is not None:
            self._show(waiting)
            return

        async def run() -> None:
            async with self._one:
                view = await work()
            self._show(without(view, secrets))

        self._show(told(self._back, busy))
        task = self._task = self._scope.start(run(), what="a step of a sign-in")
        if task is None:
            return
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            if task is self._task:
                self.cancel()
            raise
        if not task.cancelled() and task.exception() is not None:
            self._show(told(self._back, Step.TROUBLE, *OURS))

    async def _request(
        self, asked: _Asked, call: Callable[[GuestDesk], Awaitable[Guest | Challenge]], secrets: Sequence[str]
    ) -> None:
        """The first page's request."""
        if not self._same_person(asked):
            self._verdicts.requests = 0
            self._channels.clear()
        self._channels.add(asked.channel)
        self._asked, self._sent, self._challenge = asked, None, None
        self._show(LoginView(way=asked.way, values=asked.values, channel=asked.channel))
        self._redo = (lambda: self._again(asked)) if asked.repeatable else self._to_the_first_page
        stopped = MAY_HAVE_LEFT if asked.repeatable else NOBODY_IN
        await self._step(
            Step.REQUESTING, lambda: self._signing(call, self._not_asked), stopped=stopped, secrets=secrets
        )

    def _too_early(self, asked: _Asked, sent: LoginView) -> bool:
        """It would be *Send again* by another door."""
        again = self._same_person(asked) and asked.channel in self._channels
        return again and self.clock.monotonic() < sent.resend_at

    def _same_person(self, asked: _Asked) -> bool:
        before = self._asked
        return before is not None and (before.way, before.values) == (asked.way, asked.values)

    async def _again(self, asked: _Asked) -> None:
        """The same request once more, by a person's wish."""
        if not asked.repeatable:
            self._show(identify(self.view, *typed_again(register=asked.way == REGISTER)))
            return
        self._asked = asked
        self._channels.add(asked.channel)
        self._redo = lambda: self._again(asked)
        self._view = replace(self.view, channel=asked.channel)
        await self._step(
            Step.REQUESTING,
            lambda: self._signing(lambda desk: desk.sign_in(asked.way, asked.values, asked.channel), self._not_asked),
            stopped=f"{MAY_HAVE_LEFT} {ONLY_NEWEST}" if self._challenge else MAY_HAVE_LEFT,
        )

    async def _signing(
        self,
        call: Callable[[GuestDesk], Awaitable[Guest | Challenge]],
        failed: Callable[[KnownError], LoginView],
        *,
        further: bool = False,
    ) -> LoginView:
        """`further`: a code was given, so that a challenge in answer to it asks for one more."""
        try:
            found = await self._entrance.ask(call)
        except KnownError as error:
            return failed(error)
        if isinstance(found, Challenge):
            return self._challenged(found, further=further)
        self._guest = found
        return await self._enter()

    async def _enter(self) -> LoginView:
        """The profile of somebody whom the vendor has let in; asked for again without signing in again."""
        guest = self._guest
        if guest is None:
            return identify(self._back)
        try:
            contact_id = await self._entrance.enter(guest)
        except GuestAwayError as error:
            self._guest = None
            return identify(self._back, error.title, error.hint)
        except KnownError as error:
            self._redo = self._enter_again
            return self._verdicts.not_entered(self._back, error)
        self._guest = None
        return replace(plain(self._back, Step.DONE), guest=guest, contact_id=contact_id)

    async def _enter_again(self) -> None:
        await self._step(Step.VERIFYING, self._enter, stopped=NOBODY_IN)

    async def _plainly(self, fn: Callable[[GuestDesk], Awaitable[None]]) -> None:
        if self._entrance.offline:
            raise OfflineError(*SWITCHED_OFF)
        async with self._one:
            await self._entrance.ask(fn)

    # ── what it gave ─────────────────────────────────────────────────────────────────────────────────────────────

    def _challenged(self, challenge: Challenge, *, further: bool = False, nobody: bool = False) -> LoginView:
        """A code is on its way. `nobody`: the vendor knows no such contact, and nobody is told (UX-OTP-12)."""
        again = self._challenge is not None and not further
        self._challenge, self._nobody = challenge, nobody
        explained = challenge.explained or self._why_a_code(further=further)
        self._sent = self._verdicts.sent(self._back, challenge, again=again, explained=explained)
        return self._sent

    def _why_a_code(self, *, further: bool) -> str:
        """Where nobody asked for one."""
        if further:
            return said("{vendor} asks for one more code.", vendor=self.vendor)
        tab = self._tab()
        if tab is Tab.PASSWORD:
            return said("{vendor} asks for a code besides the password.", vendor=self.vendor)
        return "" if tab is not None else said("{vendor} sends a code to make sure who registers.", vendor=self.vendor)

    def _tab(self) -> Tab | None:
        """Of the way that was asked by; None for a registration."""
        return next((way.tab for way in self.ways if self._asked and way.key == self._asked.way), None)

    def _not_asked(self, error: KnownError) -> LoginView:
        if isinstance(error, NotFoundError) and self._tab() is Tab.CODE:
            return self._challenged(Challenge(), nobody=True)
        return self._verdicts.not_asked(self._back, error)

    def _not_verified(self, error: KnownError) -> LoginView:
        return self._verdicts.not_verified(self._back, error)

    async def _to_the_field(self) -> None:
        """The code is typed again."""
        self._show(plain(self.view, Step.CODE_SENT))

    async def _to_the_first_page(self) -> None:
        """What was secret is typed again."""
        self._show(identify(self.view))

    def _drop_guest(self) -> asyncio.Task[Any] | None:
        """Somebody signed in whose sign-in is not wanted any more: the sign-out, which goes on by itself."""
        guest, self._guest = self._guest, None
        if guest is None:
            return None

        async def leave() -> None:
            async with self._one:  # behind the step that was stopped
                await self._entrance.leave(guest)

        return self._goodbye(leave())


def _secrets(fields: Sequence[FieldSpec], values: Mapping[str, str]) -> list[str]:
    return [values[spec.path] for spec in fields if spec.kind.secret and values.get(spec.path)]


def _open(fields: Sequence[FieldSpec], values: Mapping[str, str]) -> dict[str, str]:
    """Only what a field names that is no secret."""
    return {spec.path: values[spec.path] for spec in fields if not spec.kind.secret and spec.path in values}


def _report(what: str, error: BaseException) -> None:
    log.error("%s failed", what, exc_info=error)
