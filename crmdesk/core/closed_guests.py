"""Guests about whom nothing may be sent, recognised in rows that do not say from which contact they were made: those of
a file that was exported elsewhere, or typed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crmdesk.core.batch import BatchKind
from crmdesk.core.text import fold


@dataclass(frozen=True, slots=True)
class Closed:
    """One of them: the ids by which rows name the contact (`sync.picked`), and what else is known of it."""

    keys: frozenset[str]
    email: str = field(default="", repr=False)
    name: str = field(default="", repr=False)


def names_people(kind: BatchKind) -> bool:
    """Its rows say by e-mail address or an id of ours whom they are about; others know accounts of the vendor only."""
    return bool({"key", "email"} & {name for _, name in kind.picks})


def closed_rows(kind: BatchKind, rows: Sequence[Mapping[str, Any]], guests: Iterable[Closed]) -> frozenset[int]:
    """Places of rows about one of them: the same id, or the same address with no other name beside it. A whole agency
    may have one address."""
    paths = {name: path for path, name in kind.picks}
    keys: set[str] = set()
    names: dict[str, list[set[str]]] = {}
    for guest in guests:
        keys |= guest.keys
        if email := _plain(guest.email):
            names.setdefault(email, []).append(_words(guest.name))
    found = set()
    for place, values in enumerate(rows):
        email = _plain(values.get(paths.get("email", "")))
        own = _words(" ".join(str(values.get(paths.get(part, "")) or "") for part in ("first", "last")))
        known = str(values.get(paths.get("key", "")) or "") in keys
        if known or any(not own or not name or own & name for name in names.get(email, ())):
            found.add(place)
    return frozenset(found)


def _plain(email: Any) -> str:
    return str(email or "").strip().casefold()


def _words(name: str) -> set[str]:
    return set(fold(name).split())
