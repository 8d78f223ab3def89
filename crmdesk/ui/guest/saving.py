"""A file of the vendor onto this computer: nothing is replaced that nobody was asked about."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path

from PySide6.QtWidgets import QWidget

from crmdesk.core.text import one_line
from crmdesk.sync.whole_file import put_file
from crmdesk.ui.written import Choose, place_for

_BAD = '<>:"/\\|?*'
LONGEST = 80


def file_name(name: str, mime: str) -> str:
    """A name that every system takes, with the ending of what it is."""
    clean = "".join("_" if letter in _BAD or not letter.isprintable() else letter for letter in one_line(name, LONGEST))
    clean = clean.strip(". ") or "file"
    ending = mimetypes.guess_extension(mime.partition(";")[0].strip()) or ""
    return clean if Path(clean).suffix or not ending else clean + ending


async def save_as(parent: QWidget, place: Choose, name: str, content: bytes) -> str:
    """Asks where, and before a file is replaced; writes it in a thread. The path, '' where nobody wanted it after all.
    StorageError."""
    path = await place_for(parent, name, choose=place)
    if path is None:
        return ""
    await asyncio.to_thread(put_file, path, content)
    return str(path)
