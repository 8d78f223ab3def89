"""What the answer to a step of a sign-in leads to. Counts wrong codes and requests, and knows the waits."""

from __future__ import annotations

from dataclasses import replace

from crmdesk.core.errors import InDoubtError, KnownError, NotFoundError, OfflineError, RateLimitedError, RejectedError
from crmdesk.core.guest import Challenge, CodeFault, CodeRefusedError
from crmdesk.core.seams import Clock
from crmdesk.sync.login_view import (
    EXPIRED,
    KEEP_WORKING,
    LOST_CODE,
    LOST_REQUEST,
    NEWEST,
    NO_LINE,
    NOT_ACCEPTED,
    NOT_AGAIN,
    ONLY_NEWEST,
    TOO_MANY,
    UNREAD,
    WRONG,
    LoginView,
    Step,
    details_of,
    identify,
    patience,
    plain,
    told,
)

RESEND_AFTER = (30.0, 60.0, 120.0)  # s after the first, second, third and each later request (UX-OTP-06)
MISS_WAITS = {3: 5.0, 4: 15.0, 5: 60.0}  # s of ours after that many wrong codes; the last one from then on (UX-OTP-10)
LONG_WAIT = 60.0  # s of ours where a vendor says *too many* and not for how long
LONGEST_WAIT = 86400.0  # s; a vendor that asks for more means something else


class Verdicts:
    """Of one session. `not_before`: the vendor asked for patience until then, on `clock.monotonic()`."""

    def __init__(self, vendor: str, clock: Clock) -> None:
        self._vendor, self._clock = vendor, clock
        self.requests = self.misses = 0
        self.not_before = 0.0

    def sent(self, back: LoginView, challenge: Challenge, *, again: bool, explained: str) -> LoginView:
        """A code is on its way."""
        now = self._clock.monotonic()
        wait = RESEND_AFTER[min(self.requests, len(RESEND_AFTER) - 1)]
        self.requests, self.misses = self.requests + 1, 0
        return replace(
            plain(back, Step.CODE_SENT), asked=True, asked_at=now, sent_to=challenge.sent_to, length=challenge.length,
            letters=challenge.letters, resend_at=now + wait, again=again, explained=explained,
        )  # fmt: skip

    def patient(self, back: LoginView) -> LoginView | None:
        """None where the vendor may be asked now."""
        if self._clock.monotonic() >= self.not_before:
            return None
        return replace(told(back, Step.WAIT, *patience(self._vendor)), wait_until=self.not_before)

    def not_asked(self, back: LoginView, error: KnownError) -> LoginView:
        """Signing in, registering or asking for a code failed."""
        match error:
            case CodeRefusedError(fault=CodeFault.TOO_MANY):
                return self._wait(told(back, Step.WAIT, *TOO_MANY), error.wait)
            case NotFoundError():
                return identify(back, *NOT_ACCEPTED)
            case RejectedError() if back.asked:  # no new code; the one before may still count
                step = Step.CODE_SENT if back.step in (Step.OFFLINE, Step.TROUBLE) else back.step
                found = told(back, step, error.title, error.hint)
            case RejectedError():
                found = replace(identify(back, error.title, error.hint), problems=error.problems)
            case InDoubtError():
                found = told(back, Step.TROUBLE, LOST_REQUEST, NOT_AGAIN)
            case _:
                return self._failed(back, error)
        return replace(found, details=self._details(error))

    def not_verified(self, back: LoginView, error: KnownError) -> LoginView:
        """A code was not taken."""
        match error:
            case CodeRefusedError(fault=CodeFault.EXPIRED) | CodeRefusedError(tries_left=0) | NotFoundError():
                return told(back, Step.EXPIRED, *EXPIRED)
            case CodeRefusedError(fault=CodeFault.TOO_MANY):
                return self._wait(told(back, Step.WAIT, *TOO_MANY), error.wait)
            case CodeRefusedError():
                return self._missed(back, error.tries_left, error.wait)
            case RejectedError():
                return self._missed(back)
            case InDoubtError():
                return replace(told(back, Step.TROUBLE, LOST_CODE, NOT_AGAIN), details=self._details(error))
        return self._failed(back, error)

    def not_entered(self, back: LoginView, error: KnownError) -> LoginView:
        """The vendor has let the guest in, and the profile could not be read."""
        step = Step.OFFLINE if isinstance(error, OfflineError) else Step.TROUBLE
        return replace(told(back, step, UNREAD, error.title), details=self._details(error))

    def _missed(self, back: LoginView, tries_left: int | None = None, wait: float | None = None) -> LoginView:
        """A wrong code. A wait of ours only where the vendor does not count itself."""
        self.misses += 1
        view = told(back, Step.WRONG, WRONG, ONLY_NEWEST if back.again else NEWEST)
        if wait:
            return self._wait(view, wait)
        if tries_left is not None:
            return replace(view, tries_left=tries_left)
        ours = MISS_WAITS.get(min(self.misses, max(MISS_WAITS)))
        return self._wait(view, None, ours) if ours else view

    def _wait(self, view: LoginView, theirs: float | None, ours: float = LONG_WAIT) -> LoginView:
        """`theirs`: how long the vendor asks for, if it does; then no new code is asked for either."""
        now = self._clock.monotonic()
        until = now + (ours if theirs is None else min(max(theirs, 1.0), LONGEST_WAIT))
        if theirs is not None:
            self.not_before, view = until, replace(view, resend_at=max(view.resend_at, until))
        return replace(view, step=Step.WAIT, wait_until=until, wait_is_ours=theirs is None)

    def _failed(self, back: LoginView, error: KnownError) -> LoginView:
        """What has nothing to do with what was typed."""
        match error:
            case OfflineError():
                found = told(back, Step.OFFLINE, NO_LINE, KEEP_WORKING)
            case RateLimitedError(until=until):
                theirs = (until - self._clock.now()).total_seconds() if until is not None else None
                found = self._wait(told(back, Step.WAIT, *patience(self._vendor)), theirs)
            case _:
                found = told(back, Step.TROUBLE, error.title, error.hint)
        return replace(found, details=self._details(error))

    def _details(self, error: KnownError) -> str:
        return details_of(error, self._vendor, self._clock)
