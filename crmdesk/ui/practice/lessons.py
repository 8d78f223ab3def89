"""The five cards: what each teaches, step by step. What makes a step done is in `watching.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

LINKING = "contact.link"  # the command; where a program has none, linking is not taught


class Step(NamedTuple):
    """`id` names what has to happen; `{key}` in `text` stands for the key of the command `command`. `saves`: the card
    offers to write the sample file."""

    id: str
    text: str
    command: str = ""
    saves: bool = False


class Lesson(NamedTuple):
    """`needs`: only where this command exists."""

    id: str
    title: str
    steps: tuple[Step, ...]
    needs: str = ""


LESSONS = (
    Lesson(
        "search",
        "Find somebody",
        (
            Step("typed", "Press {key} and type the beginning of a name, or digits of a phone number.", "search.focus"),
            Step("opened", "Press Enter: the first hit opens beside the list."),
            Step("everybody", "Press Esc in the search box: everybody is listed again."),
        ),
    ),
    Lesson(
        "offline",
        "Edit without a line",
        (
            Step("offline", "Press {key}: you work offline.", "offline"),
            Step("saved", "Open a contact, press {key}, change something and save it. It waits here.", "contact.edit"),
            Step("sent", "Press {key} again: what waited is sent.", "offline"),
        ),
    ),
    Lesson(
        "link",
        "Link one person’s contacts",
        (
            Step("two", "Select two contacts of the same person: click one, then another with Ctrl held down."),
            Step("linked", "Press {key}: they are one guest now. No vendor is changed by it.", LINKING),
        ),
        needs=LINKING,
    ),
    Lesson(
        "file",
        "Send a file",
        (
            Step("written", "Save the sample file in a place that you find again.", saves=True),
            Step(
                "imported",
                "Press {key}, choose “New bulk events…” for “Rewards office”, and import the sample file.",
                "go.events",
            ),
            Step("left", "Choose “Send … rows”, look at the first rows, and go on: every row gets an outcome."),
        ),
    ),
    Lesson(
        "unknown",
        "Settle an unknown row",
        (
            Step("found", "Press {key} and open “Breakfast reviews”: an answer was lost there.", "go.events"),
            Step("settled", "Look its unknown rows up, or say what you found out. Nothing is sent twice."),
        ),
    ),
)


def taught(known: Iterable[str]) -> tuple[Lesson, ...]:
    """Those that can be taught with the commands of these ids."""
    commands = set(known)
    return tuple(one for one in LESSONS if not one.needs or one.needs in commands)
