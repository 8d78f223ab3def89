"""A file of the vendor onto this computer: nothing is replaced that nobody was asked about."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Awaitable, Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget

from crmdesk.core.text import one_line
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.guest.disk import FileThereError, write_file
from crmdesk.ui.kit import tr

Place = Callable[[QWidget, str], Awaitable[str]]
_BAD = '<>:"/\\|?*'
LONGEST = 80


def file_name(name: str, mime: str) -> str:
    """A name that every system takes, with the ending of what it is."""
    clean = "".join("_" if letter in _BAD or not letter.isprintable() else letter for letter in one_line(name, LONGEST))
    clean = clean.strip(". ") or "file"
    ending = mimetypes.guess_extension(mime.partition(";")[0].strip()) or ""
    return clean if Path(clean).suffix or not ending else clean + ending


async def save_as(parent: QWidget, place: Place, name: str, content: bytes) -> str:
    """Asks where, and before a file is replaced; writes it in a thread. The path, '' where nobody wanted it after all.
    FileError."""
    while path := await place(parent, name):
        try:
            await asyncio.to_thread(write_file, path, content)
        except FileThereError:
            words = tr("There is a “{name}” already. Replace it?").replace("{name}", Path(path).name)
            answers = (("replace", tr("Replace"), True), ("other", tr("Another name…"), False))
            answer = await ask(confirm(parent, "guest.replace", tr("Replace the file?"), words, answers))
            if answer == 2:
                continue
            if answer != 1:
                return ""
            await asyncio.to_thread(write_file, path, content, replace=True)
        return path
    return ""
