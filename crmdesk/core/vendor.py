"""What a vendor is to the rest of the program: data about it, and slots it may or may not fill."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from crmdesk.core.fields import FieldSpec
from crmdesk.core.types import Account, Cursor, Json, Page, RemoteContact, Summary


class ContactSource(Protocol):
    """A vendor whose contacts can be listed and read."""

    def pages(self, cursor: Cursor) -> AsyncIterator[Page]:
        """Pages from `cursor` on. `cursor.since == ''` lists everything; otherwise what changed since then.

        Each page's `after` is the checkpoint to store with it; None on the last page, whose `next_since` starts the
        next listing. Raises KnownError; one odd entry never stops a page."""
        ...

    async def get(self, remote_id: str) -> RemoteContact:
        """One contact. NotFoundError only from the vendor's own word."""
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


class TokenSource(Protocol):
    """Where a connector gets its token."""

    async def current(self) -> str:
        """The token to send now. SignInNeededError when there is none."""
        ...


@dataclass(frozen=True)
class Vendor:
    """One vendor: a folder, and one line in crmdesk.vendors.

    `open_access(account, tokens, transport)` makes the live slots on the running loop; `transport` replaces the
    network (demo mode, tests). `summarise` is total: any JSON gives a Summary. `sandbox` builds the emulator."""

    key: str
    title: str
    letter: str
    fields: tuple[FieldSpec, ...]
    credentials: tuple[FieldSpec, ...]
    default_base_url: str
    summarise: Callable[[Json], Summary]
    open_access: Callable[[Account, TokenSource, Any], Access]
    sandbox: Callable[..., Any]
    check_base_url: Callable[[str], str]  # normalised form, or SettingsError with the reason
    lacks: Mapping[str, str] = field(default_factory=dict)  # slot or action → sentence for the tooltip
