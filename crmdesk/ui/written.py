"""Files for people: where they go, and the way to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from crmdesk.ui import choosing
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.feedback import Feedback

LONGEST = 80


def plain_name(title: str, instead: str) -> str:
    """The title as a file's name that every system takes."""
    return "".join(char if char.isalnum() or char in " -_" else "_" for char in title)[:LONGEST].strip() or instead


Choose = Callable[[QWidget, str], Awaitable[str]]


async def place_for(page: QWidget, name: str, suffix: str = "", choose: Choose | None = None) -> Path | None:
    """Where a file is to be written; None where nobody wants it after all, or not over what is there. `suffix` is put
    behind a name without it; `choose` asks in place of the system's dialog."""
    while path := await (choose or choosing.choose_place)(page, f"{name}{suffix}"):
        given = Path(path).suffix.lower()
        place = Path(path) if given in (suffix, *_alike(suffix)) or not suffix else Path(path + suffix)
        answer = await _replaces(page, place)
        if answer != _OTHER:
            return place if answer == _GO else None
    return None


_GO, _OTHER = 1, 2  # the buttons of the question


async def _replaces(page: QWidget, place: Path) -> int:
    if not await asyncio.to_thread(place.exists):
        return _GO
    text = tr("There is a “{name}” already. Replace it?").replace("{name}", place.name)
    answers = (("go", tr("Replace"), True), ("other", tr("Another name…"), False))
    return await ask(confirm(page, "replace", tr("Replace the file?"), text, answers))


def _alike(suffix: str) -> tuple[str, ...]:
    """What may be typed instead and means what it says: a table may be the one or the other."""
    return (".csv", ".xlsx") if suffix in (".csv", ".xlsx") else ()


def tell_written(feedback: Feedback, words: str, place: Path) -> None:
    """`words` with {name}; and the way to it."""

    def open_folder() -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(place.parent)))

    feedback.notice(words.replace("{name}", place.name), (tr("Open folder"), open_folder))
