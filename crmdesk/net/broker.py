"""The tokens of an account that somebody signed in: kept on the shelf, renewed by age and on refusal, one at a time.

A refresh token may be good for one use only, and a second use of it may end the whole sign-in. So there is one renewal
at a time for an account, whatever runs in parallel; what it gave is stored first and used afterwards; and an answer
that was lost signs nobody out: the shelf is read again, the access token is tried while it lasts, the renewal is tried
once more, and then the vendor's own word decides.

What cannot be healed from here: a program that is killed after the vendor has made a new pair and before it is stored
has only the old refresh token. Where the vendor takes it again, nothing is lost; where it does not, somebody has to
sign in anew. Nothing else is lost by that: edits wait.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from crmdesk.core.errors import (
    InDoubtError,
    KnownError,
    OfflineError,
    ProtocolError,
    ServerFaultError,
    SignInNeededError,
)
from crmdesk.core.seams import Clock, gate
from crmdesk.core.tasks import TaskScope
from crmdesk.core.vendor import Secrets
from crmdesk.net.redact import register_secret

log = logging.getLogger(__name__)

ACCESS, REFRESH, RENEW_AT, UNTIL = "access_token", "refresh_token", "renew_at", "valid_until"
"""Names on the shelf; the moments are whole UNIX seconds of this computer as text. A vendor may keep more
beside them."""

EARLY = 120.0  # seconds before its end a token is replaced (UX-SES-02); at most a quarter of a short one's life
UNKNOWN_LIFE = 300.0  # of a token whose answer does not say, or says what cannot be
LONGEST_LIFE = 400 * 86400.0
PAUSE = 15.0  # between a renewal that was lost and the next try, while the access token still lasts
GOODBYE = 3.0  # so long a renewal under way may go on when the account is closed: its answer is worth waiting for

_LOST = (ServerFaultError, ProtocolError, InDoubtError)  # something left, nothing that can be read came back

Refresh = Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]]


def life_of(value: Any) -> float:
    """`expires_in` of a token answer in seconds: a number, also as text. What is missing or absurd counts as five
    minutes. Total."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        seconds = math.nan
    return seconds if 0 < seconds <= LONGEST_LIFE else UNKNOWN_LIFE


def early(life: float) -> float:
    """How many seconds before its end a token that lives for `life` seconds is replaced."""
    return min(EARLY, life / 4)


def pair(access: str, refresh: str, life: float, clock: Clock) -> dict[str, str]:
    """A pair of tokens as it is kept."""
    now = clock.now().timestamp()
    for secret in (access, refresh):
        register_secret(secret)
    moments = {RENEW_AT: now + life - early(life), UNTIL: now + life}
    return {ACCESS: access, REFRESH: refresh} | {name: str(int(moment)) for name, moment in moments.items()}


class Broker:
    """The TokenSource of one account, for `net.auth.SessionBearer`. On one loop.

    `refresh` makes one renewal call with what is kept and gives what is to be kept instead; SignInNeededError is the
    vendor's word that the sign-in has ended, any other KnownError leaves it as it is. `ended` makes the error for an
    account that nobody has signed in. `clock.now` may jump: then the vendor's refusal decides instead of the age."""

    def __init__(
        self, secrets: Secrets, refresh: Refresh, clock: Clock, ended: Callable[[], SignInNeededError]
    ) -> None:
        self._secrets, self._refresh, self._clock, self._ended = secrets, refresh, clock, ended
        self._scope = TaskScope(_note)
        self._task: asyncio.Task[str] | None = None
        self._not_before = -math.inf  # by the monotonic clock
        self._unsaved: tuple[Mapping[str, str], Mapping[str, str]] | None = None  # before, now

    async def current(self) -> str:
        """The token to send now. SignInNeededError where there is none; KnownError where it must be renewed and
        cannot be."""
        kept = await self._kept()
        return kept[ACCESS] if self._fresh(kept) or self._waits(kept) else await self._renewed("")

    async def renew(self, refused: str) -> str:
        """A token other than `refused`: the newer one that is there already, or a new one."""
        kept = await self._kept()
        if kept[ACCESS] != refused and self._fresh(kept):
            return kept[ACCESS]
        given = await self._renewed(refused)
        if given == refused:  # joined a renewal by age whose answer was lost
            given = await self._renewed(refused)
        return given

    async def aclose(self) -> None:
        """Ends a renewal that is under way, but not at once. Safe to call twice."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=GOODBYE)
        await self._scope.aclose()

    # -- one at a time -------------------------------------------------------------------------------------------

    async def _renewed(self, refused: str) -> str:
        """The renewal that runs, or a new one. It goes on when its caller is cancelled: its answer must not be lost."""
        task = self._task
        if task is None or task.done():
            task = self._task = self._scope.start(self._renew(refused), what="renew a sign-in")
        if task is None:
            raise _closed()
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if task.cancelled() and me is not None and not me.cancelling():
                raise _closed() from None
            raise

    async def _renew(self, refused: str) -> str:
        async with self._secrets.turn():
            kept = await self._kept()  # it may have been renewed by another holder meanwhile
            for last in (False, True):
                if kept[ACCESS] != refused and (self._fresh(kept) or self._waits(kept)):
                    return kept[ACCESS]
                try:
                    now = await self._refresh(kept)
                except SignInNeededError:
                    raise  # the vendor's word
                except KnownError as error:
                    self._not_before = self._clock.monotonic() + PAUSE
                    kept = await self._kept()
                    usable = kept[ACCESS] != refused and self._lasts(kept, UNTIL)
                    if not usable and (last or not isinstance(error, _LOST)):
                        raise
                else:
                    return await self._stored(kept, now)
            return kept[ACCESS]

    async def _stored(self, before: Mapping[str, str], now: Mapping[str, str]) -> str:
        """Stores it, then it may be used. Where somebody has signed in anew meanwhile, that counts."""
        gate("broker.answered")
        self._unsaved = (before, now)
        kept = await self._kept()
        gate("broker.stored")
        return kept[ACCESS]

    async def _kept(self) -> Mapping[str, str]:
        """What is on the shelf. A pair that could not be stored is stored first: without a place for it, it is not
        used, and not forgotten either."""
        if (waiting := self._unsaved) is not None:
            before, now = waiting
            await self._secrets.keep(now, before)
            if self._unsaved is waiting:
                self._unsaved, self._not_before = None, -math.inf
        kept = await self._secrets.kept()
        if not kept.get(ACCESS):
            raise self._ended()
        for name in (ACCESS, REFRESH):
            register_secret(kept.get(name, ""))
        return kept

    # -- by the clock --------------------------------------------------------------------------------------------

    def _fresh(self, kept: Mapping[str, str]) -> bool:
        return self._lasts(kept, RENEW_AT)

    def _waits(self, kept: Mapping[str, str]) -> bool:
        """A renewal was lost a moment ago, and the old token is still good."""
        return self._clock.monotonic() < self._not_before and self._lasts(kept, UNTIL)

    def _lasts(self, kept: Mapping[str, str], moment: str) -> bool:
        text = kept.get(moment, "")
        return text.isdecimal() and self._clock.now().timestamp() < int(text)


def _closed() -> OfflineError:
    return OfflineError("The account was closed while its sign-in was renewed.", "Nothing was sent. Try it again.")


def _note(what: str, error: BaseException) -> None:
    """Whoever waits for the renewal has the error itself."""
    log.info("%s: %s", what, type(error).__name__)
