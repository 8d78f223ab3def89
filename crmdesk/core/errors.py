"""Every way the world can fail us, told kindly.

    CrmDeskError
    ├─ KnownError                 the world is at fault
    │   ├─ OfflineError           certainly not sent                     RETRY
    │   ├─ RateLimitedError       certainly not done, `until` is known   RETRY
    │   ├─ ServerFaultError       5xx; a read may be repeated            RETRY
    │   ├─ InDoubtError           bytes left, no valid answer            LOOK
    │   ├─ SignInNeededError      token refused                          SIGN_IN
    │   ├─ ForbiddenError         the token lacks a right                STOP
    │   ├─ RejectedError          the vendor refused values              EDIT
    │   ├─ NotFoundError          the vendor's own word that it is gone  DECIDE
    │   ├─ ProtocolError          unlike the documents                   STOP
    │   ├─ SettingsError          an address or key that cannot work     EDIT
    │   ├─ StorageError           disk full, read-only, damaged, newer   STOP
    │   ├─ SecretsError           keyring locked or missing, wrong key   SIGN_IN
    │   └─ GivenUpError           a person closed a question before it   STOP
    └─ BugError                   our fault

`title` says what happened to which thing, `hint` what to do next; both are shown to people and never hold a secret
or a guest's data. `details` are for *Copy details* (endpoint, status, request id): no secrets either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Recovery(Enum):
    """What may be done after an error; callers match on this, never on status numbers."""

    RETRY = "retry"
    LOOK = "look"
    SIGN_IN = "sign in"
    EDIT = "edit"
    DECIDE = "decide"
    STOP = "stop"


class CrmDeskError(Exception):
    """Base of all our errors."""

    recovery = Recovery.STOP

    def __init__(self, title: str, hint: str = "", *, details: Mapping[str, str] | None = None) -> None:
        super().__init__(title)
        self.words = title  # may be `said`: only for the window, which says it in its language
        self.title = str(title)  # plain, as is the hint: they are stored, sent and logged
        self.hint = str(hint)
        self.details: dict[str, str] = dict(details or {})

    def __str__(self) -> str:
        return f"{self.title} {self.hint}".strip()


class KnownError(CrmDeskError):
    """The world is at fault."""


class OfflineError(KnownError):
    """No connection could be made: the request certainly did not leave."""

    recovery = Recovery.RETRY


class RateLimitedError(KnownError):
    """The vendor asks us to slow down; `until` is when its window opens again."""

    recovery = Recovery.RETRY

    def __init__(
        self, title: str, hint: str = "", *, until: datetime | None = None, details: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(title, hint, details=details)
        self.until = until


class ServerFaultError(KnownError):
    """The vendor has a fault on its side, or the line broke while it answered a read."""

    recovery = Recovery.RETRY


class InDoubtError(KnownError):
    """A write left this computer and no valid answer came: it may or may not have been done."""

    recovery = Recovery.LOOK


class SignInNeededError(KnownError):
    """The vendor no longer takes the account's token."""

    recovery = Recovery.SIGN_IN


class ForbiddenError(KnownError):
    """The token is good but lacks a right."""

    recovery = Recovery.STOP


@dataclass(frozen=True, slots=True)
class Problem:
    """One refused or invalid value: the field's `path`, the vendor's or our own `code`, `text` for people."""

    path: str
    code: str
    text: str


class RejectedError(KnownError):
    """The vendor refused values; one problem per value."""

    recovery = Recovery.EDIT

    def __init__(
        self,
        title: str,
        hint: str = "",
        *,
        problems: tuple[Problem, ...] = (),
        details: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title, hint, details=details)
        self.problems = problems


class NotFoundError(KnownError):
    """The vendor itself says that the record does not exist (never a proxy's page)."""

    recovery = Recovery.DECIDE


class ProtocolError(KnownError):
    """An answer unlike the documents. `path` is the JSON path where reading stopped, or ''."""

    recovery = Recovery.STOP

    def __init__(self, title: str, hint: str = "", *, path: str = "", details: Mapping[str, str] | None = None) -> None:
        super().__init__(title, hint, details=details)
        self.path = path


class SettingsError(KnownError):
    """A setting that cannot work (a base URL, an empty token); `field` names it."""

    recovery = Recovery.EDIT

    def __init__(
        self, title: str, hint: str = "", *, field: str = "", details: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(title, hint, details=details)
        self.field = field


class StorageError(KnownError):
    """The data folder cannot be used as it is."""

    recovery = Recovery.STOP


class SecretsError(KnownError):
    """The key of the data folder could not be had."""

    recovery = Recovery.SIGN_IN


class GivenUpError(KnownError):
    """Whoever was asked something first has closed the question: nothing was done."""

    recovery = Recovery.STOP


class BugError(CrmDeskError):
    """Our fault."""
