"""sync.pins.Pins as it is, over a little file in memory; hashing costs next to nothing here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from crmdesk.core.pin import AtDesk, PinBook, PinRecord, key_of
from crmdesk.store import pins as store
from crmdesk.sync import pins
from crmdesk.sync.pins import Pins
from tests.helpers.clock import FakeClock

CHEAP = 2


class MetaFile:
    """As store.database.Database, for what stands in `meta`."""

    def __init__(self) -> None:
        self.native = sqlite3.connect(":memory:", check_same_thread=False)
        self.native.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        self.fail: BaseException | None = None

    def _connection(self) -> Any:
        return SimpleNamespace(connection=SimpleNamespace(driver_connection=self.native))

    async def write(self, fn: Callable[[Any, Any], Any]) -> Any:
        if self.fail is not None:
            raise self.fail
        return fn(self._connection(), None)

    def read_sync(self, fn: Callable[[Any], Any]) -> Any:
        return fn(self._connection())


def record(name: str, pin: str, **more: Any) -> PinRecord:
    """What is stored for this PIN."""
    salt = b"s" * 32
    digest = pins._digest(pin, salt, CHEAP, 1, 1)
    return replace(PinRecord(name, salt.hex(), digest.hex(), CHEAP, 1, 1), **more)


def book(known: dict[str, str], desk: AtDesk | None = None) -> PinBook:
    """PINs by name."""
    return PinBook({key_of(name): record(name, pin) for name, pin in known.items()}, desk or AtDesk())


def fake_pins(clock: FakeClock, known: dict[str, str] | None = None, desk: AtDesk | None = None) -> Pins:
    """PINs by name, as another run left them."""
    file = MetaFile()
    for name, pin in (known or {}).items():
        store.put(file.native, record(name, pin))
    if desk is not None:
        store.put_desk(file.native, desk)
    made = Pins(file, clock)  # type: ignore[arg-type]
    made.file = file  # type: ignore[attr-defined]
    made.load()
    return made
