"""What practice mode can let go wrong, in the words of people who work at a desk: each trouble is a few faults of the
emulators, switched on and off together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from crmdesk.sandbox.faults import Fault, Faults, Kind
from crmdesk.sandbox.service import Shared

SLOW_SECONDS = 3.0


class Trouble(StrEnum):
    """`Switches` says what each is made of."""

    SLOW = "slow"
    OFFLINE = "offline"
    REFUSE = "refuse"
    SIGN_OUT = "sign_out"
    SHUFFLED = "shuffled"
    LOST = "lost"


class Troubled(Protocol):
    """An emulator as far as troubles go. `posts`: see `service.Service`."""

    faults: Faults
    posts: str


class Switches:
    """The troubles of several emulators, each named. Faults that somebody else has set are left alone. On one thread.

    `changed` is called after each change."""

    def __init__(self, emulators: Mapping[str, Troubled], changed: Callable[[], object] = lambda: None) -> None:
        self._emulators = emulators
        self._set: dict[tuple[str, Trouble], list[Fault]] = {}
        self.changed = changed

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._emulators)

    def set(self, trouble: Trouble, on: bool, names: Iterable[str]) -> None:
        """For these emulators only. KeyError for a name that is none."""
        for name in names:
            emulator, key = self._emulators[name], (name, trouble)
            emulator.faults.drop(self._set.pop(key, ()))
            if on:
                self._set[key] = [emulator.faults.set(**one) for one in _faults(trouble, emulator)]
        self.changed()

    def clear(self) -> None:
        """All off, everywhere."""
        for (name, _trouble), faults in self._set.items():
            self._emulators[name].faults.drop(faults)
        self._set.clear()
        self.changed()

    def on(self, trouble: Trouble) -> tuple[str, ...]:
        """Where it is switched on, in the emulators' order."""
        return tuple(name for name in self._emulators if (name, trouble) in self._set)

    def active(self) -> dict[Trouble, tuple[str, ...]]:
        """Those that are on anywhere."""
        return {trouble: names for trouble in Trouble if (names := self.on(trouble))}

    def shared(self) -> Collection[str]:
        """Emulators whose contacts another desk may change."""
        return [name for name, emulator in self._emulators.items() if isinstance(emulator, Shared)]

    def elsewhere(self, name: str, contact: str, fields: Mapping[str, Any] | None) -> None:
        """See `service.Shared`. KeyError where there is no such contact."""
        emulator = self._emulators[name]
        if not isinstance(emulator, Shared):
            raise KeyError(name)
        emulator.elsewhere(contact, fields)


def _faults(trouble: Trouble, emulator: Troubled) -> list[dict[str, Any]]:
    """Arguments of `Faults.set`. Signing in and reading are never lost: nobody could see what became of a change."""
    match trouble:
        case Trouble.SLOW:
            return [{"kind": Kind.SLOW, "value": SLOW_SECONDS}]
        case Trouble.OFFLINE:
            return [{"kind": Kind.UNREACHABLE}]
        case Trouble.REFUSE:
            posted = [{"kind": Kind.REFUSE_VALUES, "method": "POST", "target": emulator.posts}]
            return [{"kind": Kind.REFUSE_VALUES, "method": "PUT"}, *(posted if emulator.posts else ())]
        case Trouble.SIGN_OUT:
            return [{"kind": Kind.EXPIRE_TOKEN}]
        case Trouble.SHUFFLED:
            return [{"kind": Kind.SHIFTING, "value": "move"}, {"kind": Kind.SHUFFLED}]
        case Trouble.LOST:
            posted = [{"kind": Kind.CUT_AFTER, "method": "POST", "target": emulator.posts}]
            writes = [{"kind": Kind.CUT_AFTER, "method": method} for method in ("PUT", "PATCH", "DELETE")]
            return [*writes, *(posted if emulator.posts else ())]
