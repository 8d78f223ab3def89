"""Files for people: where they go, and the way to them."""

from __future__ import annotations

import asyncio
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


async def place_for(page: QWidget, name: str, suffix: str) -> Path | None:
    """Where a file is to be written; None where nobody wants it after all, or not over what is there."""
    path = await choosing.choose_place(page, f"{name}{suffix}")
    if not path:
        return None
    given = Path(path).suffix.lower()
    place = Path(path) if given in (suffix, *_alike(suffix)) else Path(path + suffix)
    if await asyncio.to_thread(place.exists):
        text = tr("{name} is there already.").replace("{name}", place.name)
        if not await ask(confirm(page, "replace", tr("Replace the file?"), text, [("go", tr("Replace"), True)])):
            return None
    return place


def _alike(suffix: str) -> tuple[str, ...]:
    """What may be typed instead and means what it says: a table may be the one or the other."""
    return (".csv", ".xlsx") if suffix in (".csv", ".xlsx") else ()


def tell_written(feedback: Feedback, words: str, place: Path) -> None:
    """`words` with {name}; and the way to it."""

    def open_folder() -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(place.parent)))

    feedback.notice(words.replace("{name}", place.name), (tr("Open folder"), open_folder))
