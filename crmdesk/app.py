"""The window program put together: start, key, first rows, everything heavy after the first paint, orderly end.

Order of a start: the lock, key and first rows are fetched beside Qt's import; the window is painted with them; only
then asyncio, SQLAlchemy, numpy, httpx and the rest are imported and handed to the window (`attach`). What is imported
at the top of this file is what the first paint needs.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmdesk import __version__
from crmdesk import folder as folders
from crmdesk import settings as settings_module
from crmdesk.core.errors import KnownError
from crmdesk.core.seams import SystemClock, own_program
from crmdesk.core.tasks import TaskScope
from crmdesk.early import Early, Found, take_folder
from crmdesk.net.key_record import KeyFault, KeyMode, KeyUnavailableError
from crmdesk.settings import Settings
from crmdesk.sync.progress import Connection, StatusBoard

if TYPE_CHECKING:
    import argparse
    import asyncio

    from crmdesk.net.secrets import Key
    from crmdesk.workspace import Workspace

Watch = Callable[[str], object]
KEYRING_PATIENCE = 0.25  # s; a keyring that answers later gets the window painted without rows first
PAINT_PATIENCE = 1.0  # s; a window that is never exposed (minimised at start) is not waited for
KNOCKS = 15  # a program that has just let go of the folder, or is about to name itself, gets a moment
WINDOW_KNOCKS = 300  # a window that is still starting answers in the end: on a busy computer that takes its time
KNOCK_PAUSE = 0.2  # s
SLICE = 0.001  # s; how long a worker thread keeps the interpreter before the window may go on


def run(chosen: argparse.Namespace, watch: Watch = lambda _step: None) -> int:
    """Exit code of the window program. `watch` hears "painted" and "ready" (for benchmarks)."""
    if chosen.demo:
        return _practice(chosen, watch)
    folder = Path(chosen.data).expanduser().absolute() if chosen.data else settings_module.data_folder()
    search = chosen.search or ""
    gc.disable()  # nothing made before the first paint is garbage yet; from then on ui.garbage collects
    early = Early(folder)
    from crmdesk.ui.start import application

    qt = application(sys.argv)
    found = early.wait(KEYRING_PATIENCE)
    if found is not None and isinstance(found.error, folders.BusyError) and _hand_over(folder, search):
        return 0
    kept = settings_module.load(folder)
    program = Program(qt, kept, folder, early=early, found=found, search=search, lang=chosen.lang, watch=watch)
    program.begin()
    return program.loop(debug=chosen.debug)


def _practice(chosen: argparse.Namespace, watch: Watch) -> int:
    """Made-up vendors inside the program, a folder that is deleted at the end."""
    import shutil
    import tempfile

    from crmdesk.net.secrets import memory_key
    from crmdesk.ui.practice.noted import cards_file
    from crmdesk.ui.start import application

    qt = application(sys.argv)
    folder = Path(tempfile.mkdtemp(prefix="crmdesk-practice-"))
    try:
        found = Found(key=memory_key())
        more: dict[str, Any] = {"search": chosen.search or "", "lang": chosen.lang, "watch": watch}
        program = Program(qt, Settings(), folder, found=found, practice=True, cards=cards_file(), **more)
        return program.run(debug=chosen.debug)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _hand_over(folder: Path, search: str) -> bool:
    """Another crmdesk has the folder: its window comes forward. It may just be starting, so it is asked more than once.

    False where nobody answers, e.g. while a command works in the folder."""
    from threading import Event

    from crmdesk.ui.instance import raise_first

    pause = Event()
    for knock in range(WINDOW_KNOCKS):
        if raise_first(folder, search):
            print("crmdesk is already open for this data. The other window was brought forward.", flush=True)
            return True
        if knock >= KNOCKS and folders.holder_of(folder) != folders.WINDOW:
            return False
        pause.wait(KNOCK_PAUSE)
    return False


class Program:
    """One run of the window program. `cards`: practice begins with contacts that need somebody, and teaches; the file
    in which dismissed cards are noted."""

    def __init__(
        self,
        qt: Any,
        kept: Settings,
        folder: Path,
        *,
        early: Early | None = None,
        found: Found | None = None,
        search: str = "",
        lang: str | None = None,
        practice: bool = False,
        cards: Path | None = None,
        watch: Watch = lambda _step: None,
    ) -> None:
        self.qt = qt
        self.settings = kept
        self.folder = folder
        self.early = early
        self.found = found
        self.search = search
        self.lang = lang
        self.practice, self.cards = practice, cards
        self.watch = watch
        self.clock = SystemClock()
        self.board = StatusBoard(self._post)
        self.scope = TaskScope(self._failed)
        self.key: Key | None = None  # once a person has given it
        self.opened: Workspace | None = None
        self.doorbell: Any = None
        self.asyncio_loop: asyncio.AbstractEventLoop | None = None

    def run(self, *, debug: bool = False) -> int:
        """Until the window is closed."""
        self.begin()
        return self.loop(debug=debug)

    def begin(self, *, wait: bool = True) -> None:
        """Shows the window; with `wait` it returns once that has been painted. `live` comes next."""
        self.qt.setApplicationName("crmdesk")
        self.qt.setApplicationVersion(__version__)
        self.qt.setDesktopFileName("crmdesk")
        self.qt.setQuitOnLastWindowClosed(False)  # else Qt would stop the loop under us
        self._make_window()
        self._paint(PAINT_PATIENCE if wait else 0.0)

    def loop(self, *, debug: bool = False) -> int:
        """From the first paint until the window is closed."""
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        import qasync

        from crmdesk.memory import give_back_large_pieces

        sys.setswitchinterval(SLICE)
        give_back_large_pieces()
        self._keep_logs(debug)
        with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(self.qt)) as runner:
            runner.get_loop().set_default_executor(ThreadPoolExecutor(4, "crmdesk-work"))
            code = runner.run(self.live())
        if self.window.start_again:
            from crmdesk.ui.start import again

            again()
        return code

    def _keep_logs(self, debug: bool) -> None:
        import logging

        from crmdesk import logs

        try:
            logs.set_up(self.folder / "log", logging.DEBUG if debug else logging.INFO)
            logs.watch_crashes(self.folder / "log")
        except OSError as error:
            print(f"No log can be written: {error.strerror}.", file=sys.stderr)

    def _post(self, deliver: Callable[[], None]) -> None:
        """Moves news from any thread to the window's; before the loop runs there are none but the window's own."""
        if self.asyncio_loop is None:
            deliver()
        elif not self.asyncio_loop.is_closed():
            self.asyncio_loop.call_soon_threadsafe(deliver)

    async def live(self) -> int:
        """From the painted window to the orderly end, on the running Qt loop; gives the exit code."""
        import asyncio

        from crmdesk.ui.garbage import Collector
        from crmdesk.ui.icons import program_icon

        Collector(self.window)
        self.qt.setWindowIcon(program_icon())
        self.asyncio_loop = asyncio.get_running_loop()
        self.closed = asyncio.Event()
        self.window.closed.connect(self.closed.set)
        self._listen_for_signals()
        self._tell_crashes()
        self.scope.start(self._go_on(), what="open the data folder", key="start")
        await self.closed.wait()
        await self._end()
        return 0

    def _listen_for_signals(self) -> None:
        """Ctrl-C and a polite kill close the window, so that its state is kept."""
        import signal

        if sys.platform == "win32":
            signal.signal(signal.SIGINT, lambda *_: self.window.close())
            return
        assert self.asyncio_loop is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            self.asyncio_loop.add_signal_handler(number, self.window.close)

    def _tell_crashes(self) -> None:
        """A mistake in an answer to a key or a click is told in the window; the hook that is there logs it."""
        self.hook = sys.excepthook

        def told(kind: type[BaseException], error: BaseException, trace: Any) -> None:
            self.hook(kind, error, trace)
            if isinstance(error, Exception):
                self._post(lambda: self.window.feedback.show(error, "answer a key or a click"))

        sys.excepthook = told

    # -- the window ----------------------------------------------------------------------------------------------

    def _make_window(self) -> None:
        from crmdesk.ui import language
        from crmdesk.ui.main_window import MainWindow
        from crmdesk.ui.practice.strip import window_title
        from crmdesk.ui.theme import Theme

        kept = self.settings
        language.choose(self.lang or kept.language)
        look = Theme.chosen(self.qt, kept)
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
        if self.practice:
            self.board.connection = Connection.PRACTICE
            self.window.setWindowTitle(window_title(practising=True))
        if self.found is not None and self.found.rows is not None:
            self.window.show_first(self.found.rows)

    def _paint(self, patience: float) -> None:
        """Shows the window and returns once it has been painted. What a person does meanwhile waits for the loop."""
        from PySide6.QtCore import QEventLoop

        painted = _first_paint(self.window.cover.currentWidget())
        self.window.show()
        until = self.clock.monotonic() + patience
        while not painted.is_set() and self.clock.monotonic() < until:
            self.qt.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, 10)
        self.watch("painted")

    async def _go_on(self) -> None:
        """Everything that the first paint did not need."""
        import asyncio

        if self.found is None and self.early is not None:
            self.found = await asyncio.to_thread(self.early.wait)
            late = self.found.error if self.found is not None else None
            if isinstance(late, folders.BusyError) and await asyncio.to_thread(_hand_over, self.folder, self.search):
                self.window.close()
                return
        found = self.found or Found()
        self._answer_the_door()
        if found.error is not None:
            self._cannot_open(found.error)
        elif found.key is not None:
            await self._open(found.key)
        elif found.trouble is not None:
            self._ask_for_key(found.trouble)

    async def _open(self, key: Key) -> None:
        """Opens the cache and hands it to the window."""
        import asyncio

        from crmdesk.ui.signals import StoreSignals

        try:
            self.opened = await asyncio.to_thread(self._open_there, key)
        except KnownError as error:
            self._cannot_open(error)
            return
        self.window.key = key
        self.window.backup.backups = self.opened.backups
        self.window.attach(self.opened.services, self.opened.reader, StoreSignals(self.opened.database.feed))
        if self.practice:
            await asyncio.to_thread(_import_connectors)
            self.opened.services.start()  # before there are accounts: each is then checked at once
            await self._practise()
        if self.search:
            self.window.search(self.search)
        self.watch("ready")
        await asyncio.to_thread(_import_connectors)
        self.opened.services.start()
        await _warm()
        await self.opened.reader.warm()
        _freeze()

    def _open_there(self, key: Key) -> Workspace:
        """In a worker thread; so is the import of what a form would otherwise import on the window's thread."""
        import crmdesk.net.address  # noqa: F401 - httpx: 90 ms with the first account
        from crmdesk.workspace import open_workspace

        folders.sweep_sessions(self.folder)
        return open_workspace(
            folders.cache_path(self.folder, key),
            key,
            clock=self.clock,
            board=self.board,
            post=self._post,
            transports=self._transports(),
            settings=self.settings,
        )

    def _cannot_open(self, error: KnownError) -> None:
        """The file cannot be used as it is: say so in place of the window's content; nothing was changed."""
        import logging

        logging.getLogger("crmdesk").warning("the data folder cannot be opened: %s", error.title)
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
        from crmdesk.net.secrets import create_key, memory_key, open_key
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
        """Fetches the key in a worker thread, for `_uncover`; errors go to the page that asked."""
        import asyncio

        self.key = await asyncio.to_thread(make)

    async def _retry(self) -> None:
        """What could not be had may be there now: the folder, its lock, its key. A restored copy may wait in it."""
        if self.practice:
            from crmdesk.net.secrets import memory_key

            await self._with_key(memory_key)
            return
        import asyncio

        self.found = self.found or Found()
        try:
            await asyncio.to_thread(take_folder, self.folder, self.found)
        finally:
            self._answer_the_door()
        given = self.key  # need not be given again
        await self._with_key(lambda: given or folders.headless_key(self.folder))

    def _uncover(self) -> None:
        self.window.hide_cover()
        assert self.key is not None  # the page says that it has one
        self.scope.start(self._open(self.key), what="open the data folder", key="start")

    # -- practice ------------------------------------------------------------------------------------------------

    def _transports(self) -> dict[str, Any]:
        """In practice mode every vendor is an emulator inside this program."""
        if not self.practice:
            return {}
        from crmdesk.sandbox.app import transport
        from crmdesk.workspace import vendors

        self.emulators = {name: vendor.sandbox() for name, vendor in vendors().items()}
        return {name: transport(emulator) for name, emulator in self.emulators.items()}

    async def _practise(self) -> None:
        """Accounts at every emulator; what begins with them goes on beside the window."""
        from crmdesk import practice
        from crmdesk.ui.practice.side import PracticeSide

        assert self.opened is not None
        PracticeSide(self.window, self.emulators, self.cards)
        known, eventful = self.window.overlays.practice, self.cards is not None
        await practice.open_accounts(self.opened.services, self.emulators, self.scope, known, eventful=eventful)

    def _start_practice(self) -> None:
        """A second program with made-up guests; nothing is ever copied between the two."""
        from PySide6.QtCore import QProcess

        program, *arguments = own_program("--demo")
        QProcess.startDetached(program, arguments)

    # -- end -----------------------------------------------------------------------------------------------------

    def _answer_the_door(self) -> None:
        """From the moment the folder is ours, while its key is being asked for too."""
        if self.practice or self.doorbell is not None or self.found is None or self.found.lock is None:
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
        sys.excepthook = self.hook

    def _failed(self, what: str, error: BaseException) -> None:
        """A task failed that nobody watched: shown to the person; our own mistakes go to the log as well."""
        self.window.feedback.report(what, error)


def _freeze() -> None:
    """What lives as long as the program need not be looked at by every garbage collection."""
    gc.collect()
    gc.freeze()


def _import_connectors() -> None:
    """Before the first check begins: one long import in the middle of it would be felt."""
    from importlib import import_module

    from crmdesk.workspace import vendors

    for vendor in vendors().values():
        import_module(f"{vendor.open_access.__module__}.connector")


async def _warm() -> None:
    from crmdesk.ui.warming import warm

    await warm()


def _first_paint(widget: Any) -> Any:
    """An event that is set once the widget has been painted."""
    import threading

    from PySide6.QtCore import QEvent, QObject, QTimer

    painted = threading.Event()

    class Watcher(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                watched.removeEventFilter(self)
                QTimer.singleShot(0, painted.set)  # after this paint, not in the middle of it
            return False

    widget.installEventFilter(Watcher(widget))
    return painted
