"""What a guest marked while there was no line: kept in memory with the session, done when the line is back.

Marking twice is the same as once at the vendor, so that a mark whose answer was lost is simply done again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from crmdesk.core.errors import InDoubtError, KnownError, OfflineError, RateLimitedError, ServerFaultError
from crmdesk.core.guest import GuestAwayError, GuestCalls

log = logging.getLogger(__name__)

LATER = (OfflineError, RateLimitedError, ServerFaultError, InDoubtError)  # pass by themselves


@dataclass(frozen=True, slots=True)
class Mark:
    """What is wanted of one message."""

    viewed: bool = False
    archived: bool = False


class Marks:
    """Marks that wait, by message id, oldest first. Used on the caller's loop; `send` runs in the network thread with
    what `leaving` gave."""

    def __init__(self) -> None:
        self._waiting: dict[str, Mark] = {}
        self._leaving: Mapping[str, Mark] = {}

    @property
    def waiting(self) -> Mapping[str, Mark]:
        return MappingProxyType(self._waiting)

    def add(self, message_id: str, mark: Mark) -> None:
        known = self._waiting.get(message_id, Mark())
        self._waiting[message_id] = Mark(known.viewed or mark.viewed, known.archived or mark.archived)

    def take_back(self, message_id: str) -> bool:
        """The message is not archived after all. False where nothing waits, or it is leaving at this moment."""
        known = self._waiting.get(message_id)
        if known is None or not known.archived or message_id in self._leaving:
            return False
        if known.viewed:
            self._waiting[message_id] = replace(known, archived=False)
        else:
            del self._waiting[message_id]
        return True

    def leave(self) -> Mapping[str, Mark]:
        """What goes now; nothing while something is on its way already. `arrived` must follow."""
        if self._leaving:
            return {}
        self._leaving = dict(self._waiting)
        return self._leaving

    def arrived(self, done: Mapping[str, Mark]) -> None:
        """`done` needs no more doing; what was added meanwhile stays."""
        self._leaving = {}
        for message_id, mark in done.items():
            known = self._waiting.get(message_id, Mark())
            left = Mark(known.viewed and not mark.viewed, known.archived and not mark.archived)
            if left == Mark():
                self._waiting.pop(message_id, None)
            else:
                self._waiting[message_id] = left


async def send(calls: GuestCalls, leaving: Mapping[str, Mark], done: dict[str, Mark]) -> None:
    """One after the other, until the line fails; what is over (also: refused) is put into `done`. GuestAwayError."""
    for message_id, mark in leaving.items():
        try:
            await calls.mark(message_id, viewed=mark.viewed, archived=mark.archived)
        except GuestAwayError:
            raise
        except LATER:
            return
        except KnownError as error:  # it would be refused for ever; the list shows the message as it is
            log.warning("a message could not be marked: %s", error.title)
        done[message_id] = mark
