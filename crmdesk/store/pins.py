"""PINs and the lock in the encrypted data file, as rows of `meta`: a handful of short texts, read at each start before
SQLAlchemy is there."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar

from crmdesk.core.pin import AtDesk, PinBook, PinRecord, key_of

if TYPE_CHECKING:
    from crmdesk.store.driver import Driver

T = TypeVar("T")
_PIN, _DESK = "pin:", "desk"
_READ = "SELECT name, value FROM meta WHERE name='desk' OR name GLOB 'pin:*'"


def read(native: Driver) -> PinBook:
    """Everything there is. A row that makes no sense counts as no PIN: nobody could ever enter it."""
    pins, desk = {}, AtDesk()
    for name, value in native.execute(_READ).fetchall():
        try:
            if name == _DESK:
                desk = _made(AtDesk, value)
            else:
                pins[name.removeprefix(_PIN)] = _made(PinRecord, value)
        except (AttributeError, TypeError, ValueError):
            continue
    return PinBook(pins, desk)


def _made(kind: type[T], value: str) -> T:
    """What a later version may have added is left out."""
    known, found = {one.name for one in fields(kind)}, json.loads(value)  # type: ignore[arg-type]  # a dataclass
    return kind(**{name: found[name] for name in known & found.keys()})


def put(native: Driver, record: PinRecord) -> None:
    """Inside a write."""
    _put(native, _PIN + key_of(record.name), asdict(record))


def drop(native: Driver, name: str) -> None:
    """Inside a write."""
    native.execute("DELETE FROM meta WHERE name=?", (_PIN + key_of(name),))


def put_desk(native: Driver, desk: AtDesk) -> None:
    """Inside a write."""
    _put(native, _DESK, asdict(desk))


def _put(native: Driver, name: str, value: dict[str, Any]) -> None:
    native.execute(
        "INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (name, json.dumps(value, ensure_ascii=False))
    )
