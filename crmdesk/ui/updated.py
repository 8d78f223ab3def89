"""Tells that the installed program was replaced while it runs, as a system's updates do.

A frozen program reads its parts from its own file when they are first used. After an update these are not where it
looks for them any more: what was open goes on, what was not opened yet may fail."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

BANNER = "updated"
PAUSE = 15.0  # s between two looks
Mark = tuple[int, int, int]


def tell_of_updates(window: MainWindow) -> None:
    """As long as the window lives; a checkout has no such file and is changed on purpose."""
    if getattr(sys, "frozen", False):
        watched = watch(window, Path(sys.executable))
        window.scope.start(watched, what="look for an update of the program", key="updated", if_busy="keep")


async def watch(window: MainWindow, program: Path, pause: float = PAUSE) -> None:
    """Ends when it has told. A file that is not there, or not twice the same, is one that is being replaced."""
    first = before = await asyncio.to_thread(_mark, program)
    while True:
        await asyncio.sleep(pause)
        now = await asyncio.to_thread(_mark, program)
        if now is not None and now == before and now != first:
            break
        before = now
    said = tr("crmdesk was updated while it was open. Restart it soon: pages that were not opened yet may fail.")
    window.banners.show_banner(BANNER, "warning", said, (("again", tr("Restart now"), window.pages.restart),))


def _mark(program: Path) -> Mark | None:
    try:
        found = program.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
