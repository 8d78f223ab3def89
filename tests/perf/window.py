"""The real window over a real data file on the real loop, with a clock on every frame."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import qasync
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from crmdesk.core.seams import SystemClock
from crmdesk.core.tasks import TaskScope
from crmdesk.net.secrets import Key
from crmdesk.settings import Settings
from crmdesk.sync.progress import StatusBoard
from crmdesk.ui.main_window import MainWindow
from crmdesk.ui.signals import StoreSignals
from crmdesk.ui.theme import Theme
from crmdesk.workspace import Workspace, open_workspace

T = TypeVar("T")
SIZE = (1400, 860)
PATIENCE = 20.0  # seconds for one frame; a slower one is a hang


class WatchedWindow(MainWindow):
    """Tells when a frame is painted and handed to the screen: Qt does all that inside one UpdateRequest."""

    painted: Callable[[], None] | None = None

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if self.painted is not None and event.type() == QEvent.Type.UpdateRequest:
            self.painted()
        return handled


@dataclass
class Desk:
    """An open window and what lies below it."""

    window: WatchedWindow
    workspace: Workspace
    _waiting: list[tuple[Callable[[], bool], asyncio.Future[float]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.window.painted = self._painted

    @property
    def page(self) -> Any:
        return self.window.contacts

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


def run(path: Path, key: Key, use: Callable[[Desk], Awaitable[T]]) -> T:
    """What `use` returns, called once the window has painted all contacts. RuntimeError if anything failed unseen."""
    app = QApplication.instance() or QApplication([])
    app.setQuitOnLastWindowClosed(False)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        return loop.run_until_complete(_use(app, path, key, use))


def _open(path, key, board, post):
    from crmdesk.store.database import Database
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services
    from crmdesk.sync.worker import NetworkThread
    from crmdesk.core.changes import ChangeFeed
    from crmdesk.workspace import vendors
    database = Database.open(path, key.value, ChangeFeed(post), SystemClock())
    reader = Reader(database)
    network = NetworkThread()
    return Workspace(database, reader, Services(database, reader, vendors(), network, board, SystemClock()), network, board)


async def _use(app: QApplication, path: Path, key: Key, use: Callable[[Desk], Awaitable[T]]) -> T:
    loop = asyncio.get_running_loop()
    board = StatusBoard(loop.call_soon_threadsafe)
    workspace = await asyncio.to_thread(_open, path, key, board, loop.call_soon_threadsafe)
    errors: list[str] = []
    scope = TaskScope(lambda what, error: errors.append(f"{what}: {error!r}"))
    try:
        with _window(app, workspace, scope) as window:
            result = await _shown(Desk(window, workspace), use)
    finally:
        await scope.aclose()
        await workspace.aclose()
    if errors:
        raise RuntimeError("; ".join(errors[:3]))
    return result


@contextmanager
def _window(app: QApplication, workspace: Workspace, scope: TaskScope) -> Iterator[WatchedWindow]:
    theme = Theme.install(app, "light")
    signals = StoreSignals(workspace.database.feed)
    window = WatchedWindow(None, None, Settings(), theme, scope, workspace.board, SystemClock())
    window.resize(*SIZE)
    window.show()
    window.attach(workspace.services, workspace.reader, signals)
    try:
        yield window
    finally:
        window.hide()
        signals.close()


async def _shown(desk: Desk, use: Callable[[Desk], Awaitable[T]]) -> T:
    await asyncio.wait_for(desk.frame(lambda: desk.page.results.ready and desk.rows_are_real()), PATIENCE)
    await desk.workspace.reader.warm()
    await asyncio.sleep(0.5)
    gc.collect()
    gc.freeze()  # as crmdesk does after its first paint
    return await use(desk)
