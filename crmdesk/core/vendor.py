"""What a vendor is to the rest of the program: data about it, and slots it may or may not fill."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from crmdesk.core.batch import BatchKind, BatchRow, Found, Job, RowOutcome
from crmdesk.core.fields import FieldSpec
from crmdesk.core.guest import GuestDesk
from crmdesk.core.outbox import FieldChange, OpKind, Request
from crmdesk.core.types import Account, Cursor, Json, Page, RemoteContact, Revision, Summary


class ContactSource(Protocol):
    """A vendor whose contacts can be listed and read."""

    @property
    def whole(self) -> bool:
        """True where every listing brings everything: `since` then only asks whether anything has changed at all."""
        ...

    def pages(self, cursor: Cursor) -> AsyncIterator[Page]:
        """Pages from `cursor` on. `cursor.since == ''` lists everything; otherwise what changed since then.

        Each page's `after` is the checkpoint to store with it; None on the last page, whose `next_since` starts the
        next listing. Raises KnownError; one odd entry never stops a page."""
        ...

    async def get(self, remote_id: str) -> RemoteContact:
        """One contact. NotFoundError only from the vendor's own word."""
        ...


class RevisionSource(Protocol):
    """A vendor that keeps earlier states of its contacts."""

    async def revisions(self, remote_id: str) -> tuple[Revision, ...]:
        """All states of one contact, newest first. NotFoundError only from the vendor's own word."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """What an update gave. `contact`: as the vendor has it now. `between`: states that others wrote after the one our
    update was based on and that it replaced, oldest first; only a vendor that is sent whole contacts can tell.
    `missed`: how many more such states there were that could not be read back."""

    contact: RemoteContact
    between: tuple[Json, ...] = ()
    missed: int = 0


class ContactWriter(Protocol):
    """A vendor whose contacts can be changed from here. Every call is made once, never repeated by itself.

    All raise InDoubtError where it may have been done, RejectedError (problems by `FieldSpec.path`, a phone's as
    `phones.0.number`) where the vendor refused values, and any other KnownError where certainly nothing was done."""

    @property
    def can(self) -> frozenset[OpKind]: ...

    async def create(self, values: Json) -> RemoteContact:
        """Makes a contact of `values` (nested as the vendor's JSON is)."""
        ...

    async def find_created(self, values: Json, since: datetime) -> tuple[RemoteContact, ...]:
        """Contacts made at the vendor since then that have all these values: what became of a create whose answer was
        lost. A read; KnownError."""
        ...

    async def update(self, base: RemoteContact, changes: Sequence[FieldChange], orders: Sequence[str] = ()) -> Written:
        """Brings `changes` into the contact that was read as `base` just before. NotFoundError by the vendor's word.

        `orders`: references whose own copies of the contact are changed too, where the vendor has such a thing."""
        ...

    async def delete(self, remote_id: str) -> None:
        """NotFoundError by the vendor's word: it was gone already."""
        ...

    def request(
        self, kind: OpKind, remote_id: str, base: Json, changes: Sequence[FieldChange], orders: Sequence[str] = ()
    ) -> Request:
        """The request that this would be, without its secrets. Pure. RejectedError where it cannot be put together."""
        ...


class BatchSender(Protocol):
    """A vendor that takes many rows in one call."""

    @property
    def kinds(self) -> tuple[BatchKind, ...]: ...

    def encode(self, kind: BatchKind, rows: Sequence[BatchRow], request: Mapping[str, Any]) -> bytes:
        """The body to be stored and then sent; no secret is in it. `request` goes by `kind.request`'s paths.

        RejectedError for rows that the documents forbid; their problems' paths are `UID/FIELD`."""
        ...

    async def send(self, kind: BatchKind, body: bytes) -> Json:
        """Sends it once, and adds the token. The vendor's answer, to be stored before it is settled. InDoubtError where
        it may have been done; any other KnownError: certainly nothing was done."""
        ...

    def settle(self, kind: BatchKind, rows: Sequence[BatchRow], answer: Json) -> list[RowOutcome]:
        """One outcome per row, in the rows' order. Total: any answer gives outcomes, an odd one IN_DOUBT."""
        ...


class BatchFinder(Protocol):
    """A vendor that can be asked what became of rows whose answer was lost. Reads only."""

    def lacks(self, kind: BatchKind) -> str:
        """'' where rows of this kind can be looked up, else the reason for people."""
        ...

    async def find(self, kind: BatchKind, rows: Sequence[BatchRow], since: datetime) -> Mapping[str, tuple[Found, ...]]:
        """By uid, everything that the vendor has of each row, made since `since` (aware): our own number must be on it,
        likeness is not enough. () is what a complete list does not hold; a row that could not be looked up is left out.
        KnownError where nothing could be asked."""
        ...


class JobSource(Protocol):
    """A vendor that queues what it is sent and tells later how far it is."""

    async def job(self, job_id: str) -> Job:
        """NotFoundError only from the vendor's own word."""
        ...


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One line of *Test connection*: what was tried, how it went (None = not tried), words for people."""

    name: str  # "Reachable", "Sign-in", "Rights"
    ok: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Access:
    """Live slots of one account; an empty slot is something the vendor cannot do. `check` never raises KnownError."""

    check: Callable[[], Awaitable[tuple[CheckStep, ...]]]
    aclose: Callable[[], Awaitable[None]]
    contacts: ContactSource | None = None
    history: RevisionSource | None = None
    writer: ContactWriter | None = None
    batches: BatchSender | None = None
    jobs: JobSource | None = None
    finder: BatchFinder | None = None
    guests: GuestDesk | None = None


class Secrets(Protocol):
    """Where a connector gets the account's secrets; asked anew at each use, so that a changed one counts at once."""

    async def get(self, path: str) -> str:
        """The secret that `Vendor.credentials` calls `path`. '' for an optional one that was not given;
        SignInNeededError where a required one is missing."""
        ...

    async def kept(self) -> Mapping[str, str]:
        """What a sign-in gave for this account and server (`keep`, `BrowserSignIn.exchange`), as one consistent state;
        empty where nobody has signed in."""
        ...

    async def keep(self, values: Mapping[str, str], before: Mapping[str, str]) -> bool:
        """Takes `values` in the place of `before`, which `kept` gave; they are stored when this returns. False, and
        nothing is changed, where something else is kept by now or the account is gone. StorageError."""
        ...

    def turn(self) -> AbstractAsyncContextManager[object]:
        """Whoever renews a sign-in of this account waits for its turn here: there may be several who hold its
        secrets."""
        ...


class TokenSource(Protocol):
    """Where a request gets its token."""

    async def current(self) -> str:
        """The token to send now. SignInNeededError when there is none."""
        ...


class BrowserSignIn(Protocol):
    """One sign-in with the system's browser (OAuth 2 authorisation code). Used in the network thread."""

    def address(self, redirect: str, state: str, challenge: str) -> str:
        """Where the browser goes; no secret is in it. `challenge`: S256 of the verifier (RFC 7636). SettingsError."""
        ...

    async def exchange(self, code: str, redirect: str, verifier: str) -> Mapping[str, str]:
        """What is kept of the sign-in that `code` stands for (see `Secrets.kept`). Sent once. SignInNeededError where
        the vendor refuses the code, SettingsError(field) where it refuses what was typed, other KnownErrors."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class BrowserWay:
    """That accounts may be signed in with the browser. `when`: as `FieldSpec.when`, the accounts that are; () = all.

    `explained`: what will happen and which rights are asked for, for people. `path`: of the address on this computer
    that the browser comes back to; '' where the vendor knows no such thing. `code_redirect`: the redirect for which
    the vendor shows a code to paste, '' where it does not."""

    open: Callable[[Account, Secrets, Any], BrowserSignIn]
    when: tuple[str, ...] = ()
    explained: str = ""
    path: str = "/callback"
    code_redirect: str = ""


def _as_it_is(raw: Json) -> Json:
    return raw


def _fits(_account: Account) -> None:
    """Any settings go together."""


def _free(_account: Account) -> Mapping[str, str]:
    """Every account may do, and has, what its vendor can and has."""
    return {}


@dataclass(frozen=True)
class Vendor:
    """One vendor: a folder, and one line in crmdesk.vendors.

    `open_access(account, secrets, transport)` makes the live slots on the running loop; `transport` replaces the
    network (demo mode, tests). `summarise` is total: any JSON gives a Summary. `sandbox` builds the emulator.
    `credentials` are what the account page asks for: `base_url`, secrets (FieldKind.SECRET) and plain settings, which
    stand in `Account.config` under their path; `check_account` raises SettingsError where these do not fit each other.
    `record` is what a contact of it is called above its fields. `derive` gives the contact with those read-only fields
    worded anew that the vendor makes of others (a full name of its parts): an edit shows here before it is sent.
    `orders`: what the editor calls the references that may go with an update, '' where there are none; `resends`:
    an update sends the whole contact, so that fields nobody touched go along. `guests`: its contacts sign in themselves
    (`Access.guests`). `browser`: how accounts are signed in with the browser. `barred`: what the vendor can do but not
    with this account's way to sign in, as `lacks`; `without`: fields that this account's version of the API does not
    have, path → sentence; both pure."""

    key: str
    title: str
    letter: str
    fields: tuple[FieldSpec, ...]
    credentials: tuple[FieldSpec, ...]
    default_base_url: str
    summarise: Callable[[Json], Summary]
    open_access: Callable[[Account, Secrets, Any], Access]
    sandbox: Callable[..., Any]
    check_base_url: Callable[[str], str]  # normalised form, or SettingsError with the reason
    lacks: Mapping[str, str] = field(default_factory=dict)  # action → sentence for the tooltip
    record: str = ""
    check_account: Callable[[Account], object] = _fits
    derive: Callable[[Json], Json] = _as_it_is
    orders: str = ""
    resends: bool = False
    guests: bool = False
    browser: BrowserWay | None = None
    barred: Callable[[Account], Mapping[str, str]] = _free
    without: Callable[[Account], Mapping[str, str]] = _free

    @property
    def lists(self) -> bool:
        """Whether its contacts are fetched at all."""
        return "pull" not in self.lacks
