"""What a pull is given, how it can end, and the words for each end."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crmdesk.core.errors import (
    KnownError,
    OfflineError,
    RateLimitedError,
    SecretsError,
    SignInNeededError,
    StorageError,
)
from crmdesk.core.said import said, said_of
from crmdesk.core.seams import Clock
from crmdesk.core.types import Account, AccountState, Json, Summary
from crmdesk.core.vendor import ContactSource
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection
from crmdesk.sync.progress import (
    WOULD_ALTER,
    Phase,
    Progress,
    StatusBoard,
    clock_text,
    done_text,
    offline_text,
)

if TYPE_CHECKING:
    from crmdesk.core.vendor import Vendor
    from crmdesk.store.contacts import Applied
    from crmdesk.store.database import Database
    from crmdesk.sync.stamps import Stamps

log = logging.getLogger(__name__)

RESELECTED = "reselected"  # in the account's config, any text: its settings list other contacts than are cached
WOULD_REMOVE = "would_remove"  # in the account's config: how many contacts the brake's question is about


@dataclass(frozen=True, slots=True)
class Removals:
    """What the operator said about contacts that would vanish: up to `agreed` of them may pass the brake, or all are
    kept until the next full listing asks again (`keep`); and about those that would get other values: they get them
    (`alter`), or keep what is here (`keep_values`). The default asks."""

    agreed: int = 0
    keep: bool = False
    alter: bool = False
    keep_values: bool = False


class Braked(Exception):  # noqa: N818 - a verdict, not a fault
    """`gone` of `cached` contacts would vanish, or `altered` and perhaps more get other values. Raised inside the
    commit, which it undoes."""

    def __init__(self, gone: int, cached: int, full: bool, altered: int = 0) -> None:
        super().__init__(f"{gone} of {cached} contacts would vanish, {altered} be altered")
        self.gone, self.cached, self.full, self.altered = gone, cached, full, altered


@dataclass(frozen=True, slots=True)
class Job:
    """What one pull needs. `open` gives the account's source or raises KnownError; `full` asks for a full listing even
    if none is due."""

    account: Account
    vendor_title: str
    open: Callable[[], Awaitable[ContactSource]]
    database: Database
    summarise: Callable[[Json], Summary]
    board: StatusBoard
    clock: Clock
    full: bool = False
    removals: Removals = Removals()
    vendor: Vendor | None = None  # None: nothing can have been edited here
    stamps: Stamps | None = None


@dataclass(frozen=True, slots=True)
class PullResult:
    """How a pull ended: DONE, OFFLINE, WAITING, FAILED, SIGN_IN, BRAKED or STOPPED. Counts are contacts of this pull.

    `would_remove` or `would_alter` is what BRAKED asks about. `unsettled`: the list kept changing while it was read, so
    nothing was removed and the next check reads the same again. `retry_at`: when the vendor lets us go on, where it
    said so."""

    account_id: int
    phase: Phase = Phase.CONNECTING
    full: bool = False
    new: int = 0
    changed: int = 0
    removed: int = 0
    odd: int = 0
    page: int = 0
    pages: int | None = None
    contacts: int = 0
    total: int | None = None
    would_remove: int = 0
    would_alter: int = 0
    unsettled: bool = False
    error: KnownError | None = None
    retry_at: datetime | None = None

    def progress(self, phase: Phase, text: str, hint: str = "") -> Progress:
        return Progress(
            self.account_id,
            phase,
            page=self.page,
            pages=self.pages,
            contacts=self.contacts,
            total=self.total,
            text=text,
            hint=hint,
            retry_at=self.retry_at,
            new=self.new,
            changed=self.changed,
            removed=self.removed,
            details=tuple(self.error.details.items()) if self.error else (),
            alters=self.would_alter > 0,
        )


def counts(result: PullResult, applied: Applied) -> PullResult:
    """`result` with what one page did added."""
    return replace(
        result,
        new=result.new + applied.new,
        changed=result.changed + applied.changed,
        removed=result.removed + applied.removed,
    )


async def ended_well(job: Job, result: PullResult) -> PullResult:
    """The listing is complete, or was read so often that the next check has to go on with it."""
    result = replace(result, phase=Phase.DONE)
    if result.unsettled:
        text = said("The list at {vendor} kept changing while it was read.", vendor=job.vendor_title)
        job.board.put(
            result.progress(Phase.DONE, text, "What came is here, nothing was removed. The next check reads on.")
        )
        await _keep_state(job, AccountState.GOOD, text)
        return result
    odd = (
        said_of(
            result.odd,
            "1 entry could not be read and was left out.",
            "{n} entries could not be read and were left out.",
        )
        if result.odd
        else ""
    )
    job.board.put(result.progress(Phase.DONE, done_text(result.new, result.changed, result.removed), odd))
    return result


async def ended_ready(job: Job, result: PullResult) -> PullResult:
    """What was sent has been looked up."""
    result = replace(result, phase=Phase.READY)
    job.board.put(result.progress(Phase.READY, done_text(0, result.changed, 0)))
    await _keep_state(job, AccountState.GOOD)
    return result


async def ended_braked(job: Job, result: PullResult, brake: Braked) -> PullResult:
    """Nothing of the page that went too far is stored, or of those behind it; the operator decides."""
    text, hint = _asked(job, brake)
    result = replace(result, phase=Phase.BRAKED, would_remove=brake.gone, would_alter=brake.altered, full=brake.full)
    job.board.put(result.progress(Phase.BRAKED, text, hint))
    await _keep(job, lambda c, t: wait_for_operator(c, t, job, brake))
    return result


def _asked(job: Job, brake: Braked) -> tuple[str, str]:
    """The question, and what holds until it is answered."""
    if brake.altered:
        text = said_of(
            brake.cached,
            "{vendor} now returns other values for {altered} or more of 1 contact.",
            "{vendor} now returns other values for {altered} or more of {n} contacts.",
            vendor=job.vendor_title,
            altered=brake.altered,
        )
        return text, "Nothing more is changed here until you decide."
    text = said_of(
        brake.cached,
        "{vendor} now returns {left} of 1 contact.",
        "{vendor} now returns {left} of {n} contacts.",
        vendor=job.vendor_title,
        left=brake.cached - brake.gone,
    )
    return text, "Nothing is removed here until you decide."


async def ended_badly(job: Job, result: PullResult, error: KnownError) -> PullResult:
    """The checkpoint stays; what was stored stays; nothing was removed."""
    phase, state, text, hint = _words(job, error)
    result = replace(result, phase=phase, error=error, retry_at=getattr(error, "until", None))
    job.board.put(result.progress(phase, text, hint))
    if state is not None:
        await _keep_state(job, state, text)
    return result


def _words(job: Job, error: KnownError) -> tuple[Phase, AccountState | None, str, str]:
    """Phase, lasting state (None = as it was), text and hint."""
    now = job.clock.now()
    match error:
        case OfflineError():
            text = offline_text(job.vendor_title, job.account.checked_at, now)
            return Phase.OFFLINE, AccountState.OFFLINE, text, error.hint
        case RateLimitedError(until=until):
            text = said("{vendor} asks us to slow down.", vendor=job.vendor_title)
            hint = (
                said("Continuing at {time}.", time=clock_text(until, now))
                if until
                else "The check goes on by itself later."
            )
            return Phase.WAITING, None, text, hint
        case SignInNeededError() | SecretsError():
            return Phase.SIGN_IN, AccountState.SIGN_IN, error.title, error.hint
        case StorageError():
            return Phase.FAILED, None, error.title, error.hint
        case _:
            return Phase.FAILED, AccountState.FAILED, error.title, error.hint


async def _keep_state(job: Job, state: AccountState, reason: str = "") -> None:
    """The state outlives the program."""
    from crmdesk.store import accounts

    await _keep(job, lambda c, t: accounts.set_state(c, t, job.account.id, state, reason))


def wait_for_operator(connection: Connection, touched: Touched, job: Job, brake: Braked) -> None:
    """The question stands. The next listing starts anew: what this one saw is no evidence for a later verdict."""
    from crmdesk.store import accounts, contacts

    contacts.begin_listing(connection, job.account.id, not brake.full)  # of the other kind: drops this one
    if (account := accounts.account(connection, job.account.id)) is not None:
        config = {name: value for name, value in account.config.items() if name not in (WOULD_REMOVE, WOULD_ALTER)}
        config |= {WOULD_ALTER: str(brake.altered)} if brake.altered else {WOULD_REMOVE: str(brake.gone)}
        accounts.update(connection, touched, account.id, config=config)
    accounts.set_state(connection, touched, job.account.id, AccountState.BRAKED, _asked(job, brake)[0])


async def _keep(job: Job, fn: Callable[[Any, Any], None]) -> None:
    """Where even this cannot be stored, the board says so and the pull ends."""
    try:
        await job.database.write(fn)
    except StorageError as error:
        log.warning("the state of account %s could not be stored: %s", job.account.id, error.title)
        job.board.put(Progress(job.account.id, Phase.FAILED, text=error.title, hint=error.hint))
