"""Why a file cannot be imported."""

from __future__ import annotations

from crmdesk.core.errors import KnownError, Recovery


class UnreadableError(KnownError):
    """The title names file and place, the hint the remedy. Nothing was written."""

    recovery = Recovery.EDIT


def cancelled() -> UnreadableError:
    """A person stopped the reading."""
    return UnreadableError("Reading was stopped.", "Nothing was imported.")
