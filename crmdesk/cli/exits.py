"""Exit codes: one per thing a script may want to tell apart. Documented in --help and the README."""

from __future__ import annotations

from enum import IntEnum

from crmdesk.core.errors import (
    CrmDeskError,
    ForbiddenError,
    OfflineError,
    RateLimitedError,
    SecretsError,
    ServerFaultError,
    SettingsError,
    SignInNeededError,
    StorageError,
)


class Exit(IntEnum):
    """`meaning` is the sentence shown in --help."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Exit:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    OK = 0, "done"
    FAILED = 1, "failed for another reason; the message says which"
    USAGE = 2, "the words of the command are wrong"
    OFFLINE = 3, "a vendor could not be reached or had a fault; try again later"
    SIGN_IN = 4, "a vendor refused the token or the token lacks a right"
    DECIDE = 5, "too many contacts would vanish, or change: decide in the window, the first also with --accept-removals"
    BUSY = 6, "crmdesk is open for this data folder"
    KEY = 7, "the key of the data folder is needed (CRMDESK_PASSPHRASE or CRMDESK_KEY_FILE)"
    STORAGE = 8, "the data folder cannot be used: full, read-only, damaged or of a newer version"
    UNDECIDED = 9, "a change needs a decision in the window: refused, in conflict, or of unknown outcome"
    DOUBTFUL = 10, "it is not known whether some rows arrived; nothing is sent again: settle them in the window"
    ROWS = 11, "some rows have errors, failed or were not sent (not those left out on request); the report says which"
    ACCEPTED = 12, "the vendor has accepted all rows, but has not told yet what became of them"
    STOPPED = 130, "stopped with Ctrl-C; the next run goes on where this one stopped"


BY_ERROR: tuple[tuple[type[CrmDeskError], Exit], ...] = (
    (OfflineError, Exit.OFFLINE),
    (ServerFaultError, Exit.OFFLINE),
    (RateLimitedError, Exit.OFFLINE),
    (SignInNeededError, Exit.SIGN_IN),
    (ForbiddenError, Exit.SIGN_IN),
    (SettingsError, Exit.USAGE),
    (SecretsError, Exit.KEY),
    (StorageError, Exit.STORAGE),
)


def exit_for(error: CrmDeskError) -> Exit:
    """The exit code that says the same as the error."""
    return next((code for kind, code in BY_ERROR if isinstance(error, kind)), Exit.FAILED)
