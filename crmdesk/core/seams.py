"""Clock, randomness and fault gates: everything that tests replace. No other module may ask the system for these."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time as the program sees it."""

    def now(self) -> datetime:
        """Wall clock, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean something."""
        ...


class SystemClock:
    """The real clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def own_program(*arguments: str) -> list[str]:
    """The words that start this very program, frozen or not."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "crmdesk"]
    return [*program, *arguments]


def iso(moment: datetime) -> str:
    """UTC moment as it is stored everywhere: `2026-11-22T10:15:00Z` (whole seconds, sorts as text)."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def new_id() -> str:
    """32 hex characters, unique, unguessable."""
    import uuid

    return uuid.uuid4().hex


def new_ids(count: int) -> list[str]:
    """As `new_id`, each beginning with the time: what is written together stands together in an index. Of many that
    begin anyhow each has a page of its own to be changed and encrypted."""
    import secrets

    begin, rest = f"{time.time_ns() // 1_000_000:012x}", secrets.token_hex(10 * count)
    return [begin + rest[place : place + 20] for place in range(0, 20 * count, 20)]


def random_bytes(count: int) -> bytes:
    """Bytes fit for keys and salts."""
    import secrets

    return secrets.token_bytes(count)


def random_fraction() -> float:
    """Evenly spread in [0, 1): keeps desks that lost the line together from coming back in the same second."""
    import secrets

    return secrets.randbits(32) / 2**32


def _no_gate(name: str) -> None:
    """In the shipped program a gate does nothing."""


_gate: Callable[[str], None] = _no_gate


def gate(name: str) -> None:
    """A numbered place where a test may kill, raise or delay: one before and after each durable step."""
    _gate(name)


def set_gate(hook: Callable[[str], None] | None) -> None:
    """Tests only: what `gate` calls from now on; None restores the shipped behaviour."""
    global _gate
    _gate = hook or _no_gate
