"""The real program on a data folder, with a clock on every frame of its window."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from PySide6.QtCore import QEvent

from crmdesk import app
from crmdesk.cli import arguments
from crmdesk.ui.main_window import MainWindow

T = TypeVar("T")
SIZE = (1400, 860)
PATIENCE = 30.0  # seconds for one frame; a slower one is a hang


class WatchedWindow(MainWindow):
    """Tells when a frame is painted and handed to the screen: Qt does all that inside one UpdateRequest."""

    newest: WatchedWindow | None = None
    painted: Callable[[], None] | None = None

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.resize(*SIZE)
        WatchedWindow.newest = self

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if self.painted is not None and event.type() == QEvent.Type.UpdateRequest:
            self.painted()
        return handled


class Desk:
    """An open window and what lies below it."""

    def __init__(self, window: WatchedWindow) -> None:
        self.window = window
        self.page: Any = window.contacts
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[float]]] = []
        window.painted = self._painted

    @property
    def services(self) -> Any:
        return self.window.services

    @property
    def reader(self) -> Any:
        return self.window.reader

    def frame(self, shows: Callable[[], bool] = lambda: True) -> asyncio.Future[float]:
        """`perf_counter` at the end of the first frame from now on in which `shows()` is true."""
        found: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append((shows, found))
        return found

    def _painted(self) -> None:
        now = time.perf_counter()
        for pair in [pair for pair in self._waiting if pair[1].done() or pair[0]()]:
            self._waiting.remove(pair)
            if not pair[1].done():
                pair[1].set_result(now)

    async def after(self, act: Callable[[], object], shows: Callable[[], bool] = lambda: True) -> float:
        """Milliseconds from just before `act` to the end of the first frame that shows its effect."""
        frame = self.frame(shows)
        started = time.perf_counter()
        act()
        return (await asyncio.wait_for(frame, PATIENCE) - started) * 1000

    def rows_are_real(self) -> bool:
        """Every row in sight has its text."""
        first, last = self.page.table.rows_in_sight()
        return all(self.page.model.row_at(row) is not None for row in range(first, last + 1))

    def showing(self, text: str) -> bool:
        """The list shows the result for what was typed."""
        query = self.page.model.query
        return query is not None and query.text == text

    async def ready(self) -> None:
        """Until the search engine has answered once and everything the program does after its start is done."""
        while not self.page.results.ready:
            await asyncio.sleep(0.05)
        await self.reader.warm()
        await asyncio.sleep(1.0)


class _Mishaps(logging.Handler):
    """Errors the program logged: a benchmark of a failing program means nothing."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


def run(folder: Path, use: Callable[[Desk], Awaitable[T]]) -> T:
    """What `use` returns, called in the running program once it is ready. RuntimeError if anything failed unseen."""
    results: list[T] = []
    mishaps = _Mishaps()
    logging.getLogger().addHandler(mishaps)

    async def used(window: WatchedWindow) -> None:
        try:
            desk = Desk(window)
            await desk.ready()
            results.append(await use(desk))
        finally:
            window.close()

    def watch(step: str) -> None:
        if step == "ready" and (window := WatchedWindow.newest) is not None:
            window.scope.start(used(window), what="benchmark")

    with mock.patch("crmdesk.ui.main_window.MainWindow", WatchedWindow):
        app.run(arguments.parse(["--data", str(folder)]), watch)
    if mishaps.texts or not results:
        raise RuntimeError("\n".join(mishaps.texts) or "the window closed before the benchmark ended")
    return results[0]
