"""What each trouble is called, what it does and what one may try while it is on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from crmdesk.sandbox.troubles import Trouble


class Words(NamedTuple):
    title: str
    does: str
    attempt: str


WORDS: Mapping[Trouble, Words] = {
    Trouble.SLOW: Words(
        "Slow line",
        "Every answer comes 3 seconds late.",
        "Try: go on searching and editing while a check runs. Nothing waits for it.",
    ),
    Trouble.OFFLINE: Words(
        "Offline",
        "The vendor cannot be reached.",
        "Try: edit a contact. It is saved here and waits; once this is off, it is sent.",
    ),
    Trouble.REFUSE: Words(
        "Refused changes",
        "The vendor refuses every change and every event.",
        "Try: edit a contact. It needs you, and the vendor’s reason stands beside it. Switch this off and try again.",
    ),
    Trouble.SIGN_OUT: Words(
        "Signed out",
        "The vendor no longer takes the sign-in.",
        "Try: edit a contact. That vendor alone pauses, and what is saved stays. Once this is off, it goes on.",
    ),
    Trouble.SHUFFLED: Words(
        "Shuffled answers",
        "Contacts change places between two pages, and outcomes of events come in another order.",
        "Try: check now, or send bulk events. Nobody is missing, and every row has its own outcome.",
    ),
    Trouble.LOST: Words(
        "Lost answers",
        "A change reaches the vendor, but its answer is lost on the way back.",
        "Try: make a new contact or send bulk events. What became of it is unknown; nothing is sent twice.",
    ),
}
