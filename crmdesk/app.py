"""The window program put together: start, key, first rows, everything heavy after the first paint, orderly end.

Order of a start: the lock, key and first rows are fetched beside Qt's import; the window is painted with them; only
then SQLAlchemy, numpy, httpx and the rest are imported, in a worker thread, and handed to the window (`attach`).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from crmdesk import __version__, workspace
from crmdesk import settings as settings_module
from crmdesk.core.errors import CrmDeskError, KnownError
from crmdesk.core.seams import SystemClock
from crmdesk.core.tasks import TaskScope
from crmdesk.early import Early, Found
from crmdesk.net.key_record import KeyFault, KeyMode, KeyUnavailableError, key_info
from crmdesk.net.secrets import Key, create_key, memory_key, open_key
from crmdesk.settings import Settings
from crmdesk.sync.progress import Connection, StatusBoard

log = logging.getLogger("crmdesk")

Watch = Callable[[str], object]
KEYRING_PATIENCE = 0.25  # s; a keyring that answers later gets the window painted without rows first
PAINT_PATIENCE = 1.0  # s; a window that is never exposed (minimised at start) is not waited for
SLICE = 0.001  # s; how long a worker thread keeps the interpreter before the window may go on


def run(chosen: argparse.Namespace, watch: Watch = lambda _step: None) -> int:
    """Exit code of the window program. `watch` hears "painted" and "ready" (for benchmarks)."""
    sys.setswitchinterval(SLICE)
    if chosen.demo:
        return _practice(chosen, watch)
    folder = Path(chosen.data).expanduser().absolute() if chosen.data else settings_module.data_folder()
    early = Early(folder)
    from PySide6.QtWidgets import QApplication

    qt = QApplication.instance() or QApplication(sys.argv[:1])
    found = early.wait(KEYRING_PATIENCE)
    if found is not None and isinstance(found.error, workspace.BusyError):
        return _hand_over(folder, chosen.search or "", found.error)
    kept = settings_module.load(folder)
    program = Program(qt, kept, folder, early=early, found=found, search=chosen.search or "", watch=watch)
    return program.run(debug=chosen.debug)


def _practice(chosen: argparse.Namespace, watch: Watch) -> int:
    """Made-up vendors inside the program, a folder that is deleted at the end."""
    from PySide6.QtWidgets import QApplication

    qt = QApplication.instance() or QApplication(sys.argv[:1])
    folder = Path(tempfile.mkdtemp(prefix="crmdesk-practice-"))
    try:
        kept = Settings()
        found = Found(key=memory_key())
        program = Program(qt, kept, folder, found=found, search=chosen.search or "", practice=True, watch=watch)
        return program.run(debug=chosen.debug)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _hand_over(folder: Path, search: str, busy: KnownError) -> int:
    """Another crmdesk has the folder: its window comes forward."""
    from crmdesk.ui.instance import raise_first

    if raise_first(folder, search):
        print("crmdesk is already open for this data. The other window was brought forward.")
        return 0
    print(busy, file=sys.stderr)
    return 6


class Program:
    """One run of the window program."""

    def __init__(
        self,
        qt: Any,
        kept: Settings,
        folder: Path,
        *,
        early: Early | None = None,
        found: Found | None = None,
        search: str = "",
        practice: bool = False,
        watch: Watch = lambda _step: None,
    ) -> None:
        self.qt = qt
        self.settings = kept
        self.folder = folder
        self.early = early
        self.found = found
        self.search = search
        self.practice = practice
        self.watch = watch
        self.clock = SystemClock()
        self.opened: workspace.Workspace | None = None
        self.doorbell: Any = None
        self.relaunch_practice = False

    def run(self, *, debug: bool = False) -> int:
        """Until the window is closed."""
        import qasync

        self._keep_logs(debug)
        self.qt.setApplicationName("crmdesk")
        self.qt.setApplicationVersion(__version__)
        self.qt.setDesktopFileName("crmdesk")
        self.qt.setQuitOnLastWindowClosed(False)  # else Qt would stop the loop under us
        with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(self.qt)) as runner:
            runner.get_loop().set_default_executor(ThreadPoolExecutor(4, "crmdesk-work"))
            return runner.run(self.live())

    def _keep_logs(self, debug: bool) -> None:
        from crmdesk import logs

        try:
            logs.set_up(self.folder / "log", logging.DEBUG if debug else logging.INFO)
            logs.watch_crashes(self.folder / "log")
        except OSError as error:
            print(f"No log can be written: {error.strerror}.", file=sys.stderr)

    async def live(self) -> int:
        """The window from its first paint to its orderly end, on the running Qt loop; gives the exit code."""
        loop = asyncio.get_running_loop()
        self.loop = loop
        self.closed = asyncio.Event()
        self._listen_for_signals()
        self.scope = TaskScope(self._failed)
        self.board = StatusBoard(loop.call_soon_threadsafe)
        self._make_window()
        await self._paint()
        self.scope.start(self._go_on(), what="open the data folder", key="start")
        await self.closed.wait()
        await self._end()
        return 0

    def _listen_for_signals(self) -> None:
        """Ctrl-C and a polite kill close the window, so that its state is kept."""
        if sys.platform == "win32":
            signal.signal(signal.SIGINT, lambda *_: self.window.close())
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            self.loop.add_signal_handler(number, lambda: self.window.close())

    # -- the window ----------------------------------------------------------------------------------------------

    def _make_window(self) -> None:
        from crmdesk.ui.main_window import MainWindow
        from crmdesk.ui.theme import Theme

        kept = self.settings
        look = Theme.install(self.qt, kept.scheme, kept.density, kept.font_scale)
        self.window = MainWindow(
            None,
            None,
            kept,
            look,
            TaskScope(self._failed),
            self.board,
            self.clock,
            version=__version__,
            folder=str(self.folder),
            start_practice=None if self.practice else self._start_practice,
        )
        self.window.closed.connect(self.closed.set)
        if self.practice:
            self.board.connection = Connection.PRACTICE
        if self.found is not None and self.found.rows is not None:
            self.window.show_first(self.found.rows)

    async def _paint(self) -> None:
        """Shows the window and waits until it has been painted once."""
        painted = _first_paint(self.window.contacts, self.loop)
        self.window.show()
        await asyncio.wait([painted], timeout=PAINT_PATIENCE)
        self.watch("painted")

    async def _go_on(self) -> None:
        """Everything that the first paint did not need."""
        if self.found is None and self.early is not None:
            self.found = await asyncio.to_thread(self.early.wait)
        found = self.found or Found()
        if isinstance(found.error, workspace.BusyError):
            from crmdesk.ui.instance import raise_first

            await asyncio.to_thread(raise_first, self.folder, self.search)
            self.window.close()
        elif found.error is not None:
            self._cannot_open(found.error)
        elif found.key is not None:
            await self._open(found.key)
        elif found.trouble is not None:
            self._ask_for_key(found.trouble)

    async def _open(self, key: Key) -> None:
        """Opens the cache and hands it to the window."""
        from crmdesk.ui.signals import StoreSignals

        try:
            self.opened = await asyncio.to_thread(self._open_there, key)
        except KnownError as error:
            self._cannot_open(error)
            return
        self.window.key = key
        self.window.attach(self.opened.services, self.opened.reader, StoreSignals(self.opened.database.feed))
        self._answer_the_door()
        if self.practice:
            await self._add_practice_accounts()
        self.opened.services.start()
        if self.search:
            self.window.search(self.search)
        self.watch("ready")
        await self.opened.reader.warm()
        gc.collect()
        gc.freeze()  # what lives as long as the program need not be looked at again

    def _open_there(self, key: Key) -> workspace.Workspace:
        """In a worker thread."""
        workspace.sweep_sessions(self.folder)
        return workspace.open_workspace(
            workspace.cache_path(self.folder, key),
            key,
            clock=self.clock,
            board=self.board,
            post=self.loop.call_soon_threadsafe,
            transports=self._transports(),
            check_minutes=self.settings.check_minutes,
            working_offline=self.settings.working_offline,
        )

    def _cannot_open(self, error: KnownError) -> None:
        """The file cannot be used as it is: say so in place of the window's content; nothing was changed."""
        log.warning("the data folder cannot be opened: %s", error.title)
        page = self._unlock_page()
        page.show_locked(error)
        self.window.show_cover(page)

    # -- the key -------------------------------------------------------------------------------------------------

    def _ask_for_key(self, trouble: KnownError) -> None:
        page = self._unlock_page()
        fault = trouble.fault if isinstance(trouble, KeyUnavailableError) else None
        if fault in (KeyFault.NEEDS_PASSPHRASE, KeyFault.WRONG_PASSPHRASE):
            page.show_passphrase()
        elif fault is KeyFault.NOT_SET_UP:
            page.show_first_start()
        else:
            page.show_locked(trouble)
        self.window.show_cover(page)

    def _unlock_page(self) -> Any:
        from crmdesk.ui.unlock import UnlockPage

        page = UnlockPage(
            self.window.scope,
            unlock=lambda text: self._with_key(lambda: open_key(self.folder, passphrase=text)),
            create=lambda text: self._with_key(lambda: create_key(self.folder, KeyMode.PASSPHRASE, passphrase=text)),
            session_only=lambda: self._with_key(memory_key),
            retry=self._retry,
        )
        page.opened.connect(self._uncover)
        return page

    async def _with_key(self, make: Callable[[], Key]) -> None:
        """Fetches the key in a worker thread, then opens with it; errors go to the page that asked."""
        self.key = await asyncio.to_thread(make)

    async def _retry(self) -> None:
        if self.found is not None and self.found.lock is None and not self.practice:
            self.found.lock = await asyncio.to_thread(workspace.claim, self.folder)
        if key_info(self.folder) is None and self.practice:
            await self._with_key(memory_key)
            return
        await self._with_key(lambda: workspace.known_key(self.folder))

    def _uncover(self) -> None:
        self.window.hide_cover()
        self.scope.start(self._open(self.key), what="open the data folder", key="start")

    # -- practice ------------------------------------------------------------------------------------------------

    def _transports(self) -> dict[str, Any]:
        """In practice mode every vendor is an emulator inside this program."""
        if not self.practice:
            return {}
        from crmdesk.sandbox.app import transport

        self.emulators = {name: vendor.sandbox() for name, vendor in workspace.vendors().items()}
        return {name: transport(emulator) for name, emulator in self.emulators.items()}

    async def _add_practice_accounts(self) -> None:
        assert self.opened is not None
        services = self.opened.services
        for name, emulator in self.emulators.items():
            described = emulator.describe("http://127.0.0.1")
            secret = services.vendors[name].credentials[-1].path
            for one in described["accounts"]:
                await services.add_account(name, one["title"], described["base_url"], {secret: one["token"]})

    def _start_practice(self) -> None:
        """A second program with made-up guests; nothing is ever copied between the two."""
        from PySide6.QtCore import QProcess

        arguments = ["--demo"] if getattr(sys, "frozen", False) else ["-m", "crmdesk", "--demo"]
        QProcess.startDetached(sys.executable, arguments)

    # -- end -----------------------------------------------------------------------------------------------------

    def _answer_the_door(self) -> None:
        if self.practice:
            return
        from crmdesk.ui.instance import Doorbell

        self.doorbell = Doorbell(self.folder, self._rung)

    def _rung(self, search: str) -> None:
        if search:
            self.window.search(search)
        self.window.showNormal() if self.window.isMinimized() else self.window.show()
        self.window.raise_()
        self.window.activateWindow()

    async def _end(self) -> None:
        if self.doorbell is not None:
            self.doorbell.close()
        await self.scope.aclose()
        if self.opened is not None:
            await self.opened.aclose()
        if self.found is not None and self.found.lock is not None:
            self.found.lock.release()

    def _failed(self, what: str, error: BaseException) -> None:
        """A task failed that nobody watched: known troubles are shown, our own mistakes go to the log as well."""
        if not isinstance(error, KnownError):
            log.error("%s failed", what, exc_info=error)
        shown = error if isinstance(error, CrmDeskError) else None
        self.window.feedback.show(shown or error, what)


def _first_paint(widget: Any, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
    """Done once the widget has been painted."""
    from PySide6.QtCore import QEvent, QObject, QTimer

    done: asyncio.Future[None] = loop.create_future()

    class Watcher(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and not done.done():
                watched.removeEventFilter(self)
                # After this paint, not in the middle of it.
                QTimer.singleShot(0, lambda: None if done.done() else done.set_result(None))
            return False

    widget.installEventFilter(Watcher(widget))
    return done
