"""The whole program in this process, used as a person uses it: by what is on screen, with mouse and keys.

`async with House(folder) as house:` is one run of the program, from the first paint to its orderly end."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QWidget

from crmdesk import settings as settings_module
from crmdesk.app import Program
from crmdesk.core.query import parse
from crmdesk.early import Found
from crmdesk.folder import CACHE
from crmdesk.net.key_record import KeyMode
from crmdesk.net.secrets import Key
from crmdesk.settings import Settings
from crmdesk.store.database import driver_of
from crmdesk.store.first_rows import read_first
from crmdesk.store.packed import unpack
from crmdesk.sync.progress import Phase, Progress
from crmdesk.ui.places import Place
from crmdesk.ui.words import unbroken

KEY = Key(KeyMode.PASSPHRASE, b"k" * 32, "Contacts and sign-ins are encrypted with your passphrase.", "passphrase")
W = TypeVar("W", bound=QWidget)


async def until(condition: Callable[[], object], what: str = "what the test waits for", seconds: float = 40) -> None:
    """Lets Qt and the tasks work until `condition` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"did not come within {seconds} s: {what}"
        await asyncio.sleep(0.01)


class House:
    """`found` is what the start found (key, rows …); by default a key that needs nobody, and the first rows."""

    def __init__(self, folder: Path, found: Found | None = None, *, kept: Settings | None = None, **more: Any) -> None:
        self.folder = folder
        kept = kept or settings_module.load(folder)
        if found is None:
            folder.mkdir(parents=True, exist_ok=True)
            found = Found(key=KEY, rows=read_first(folder / CACHE, KEY.value, by_given=kept.sorts_by_given))
        self.steps: list[str] = []
        self.program = Program(QApplication.instance(), kept, folder, found=found, watch=self.steps.append, **more)

    async def __aenter__(self) -> Self:
        self.program.begin(wait=False)
        self._life = asyncio.get_running_loop().create_task(self.program.live())
        self.window.resize(1400, 860)  # the screen of the offscreen platform is small
        self.told: list[Progress] = []
        put = self.board.put
        self.board.put = lambda progress: (self.told.append(progress), put(progress))[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the window as a person does. After a failed test too: nothing of it may live on in the next one."""
        if error is not None and (editor := self.window.contacts.detail.editor) is not None:
            editor.discarded.emit()  # or the window would ask what becomes of it
        try:
            await self.leave()
        except BaseException:
            if error is None:
                raise

    async def leave(self) -> int:
        """Exit code of the program. Safe to call twice."""
        if self._life.done() and not self._life.exception():
            return self._life.result()
        self.window.close()
        async with asyncio.timeout(30):
            code = await self._life
        loop = asyncio.get_running_loop()
        if sys.platform != "win32":
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        for dialog in self.dialogs():
            dialog.close()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.unfreeze()
        gc.collect()  # here and now: what is left of a window must not be taken apart by another thread
        return code

    async def ready(self) -> None:
        await until(lambda: "ready" in self.steps, "an open data folder")
        await until(lambda: self.window._loaded, "accounts and views")

    # what there is

    @property
    def window(self) -> Any:
        return self.program.window

    @property
    def services(self) -> Any:
        assert self.program.opened is not None
        return self.program.opened.services

    @property
    def database(self) -> Any:
        assert self.program.opened is not None
        return self.program.opened.database

    @property
    def board(self) -> Any:
        return self.program.board

    @property
    def table(self) -> Any:
        return self.window.contacts.table

    @property
    def model(self) -> Any:
        return self.window.contacts.model

    def accounts(self) -> dict[str, int]:
        """Ids by title, as the window knows them."""
        return {account.title: account.id for account in self.window._accounts}

    def phase(self, title: str) -> Phase:
        return self.board.of(self.accounts()[title]).phase

    def cached(self, title: str) -> dict[str, Any]:
        """What is stored for an account: remote id → JSON."""
        wanted = "SELECT remote_id, body FROM contact JOIN contact_raw ON contact_id=id WHERE account_id=?"
        found = self.database.read_sync(lambda c: driver_of(c).execute(wanted, (self.accounts()[title],)).fetchall())
        return {remote_id: json.loads(unpack(body)) for remote_id, body in found}

    # what is on screen

    def find(self, name: str, kind: type[W] = QWidget) -> W:  # type: ignore[assignment]
        """The widget with this object name; a visible one first."""
        found = [widget for widget in QApplication.allWidgets() if widget.objectName() == name]
        found = [widget for widget in found if isinstance(widget, kind) and self._ours(widget)]
        found.sort(key=lambda widget: not widget.isVisible())
        assert found, f"there is no {name}"
        return found[0]

    def _ours(self, widget: QWidget) -> bool:
        return widget.window() is self.window or widget.window().isVisible()

    def there(self, name: str) -> bool:
        """True if it can be seen."""
        return any(
            widget.objectName() == name and widget.isVisible() and self._ours(widget)
            for widget in QApplication.allWidgets()
        )

    def dialogs(self) -> list[QDialog]:
        return [
            widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QDialog) and widget.isVisible()
        ]

    def words(self, root: QWidget | str | None = None) -> str:
        """Every label, button and field that can be seen below `root`, line by line."""
        root = self.find(root) if isinstance(root, str) else root or self.window
        lines = []
        for widget in root.findChildren(QWidget):
            if widget.isVisible():
                text = getattr(widget, "whole", None) or getattr(widget, "text", None)
                text = text or getattr(widget, "toPlainText", None)
                with suppress(TypeError):
                    lines.append(str(text())) if text is not None else None
        return unbroken("\n".join(line for line in lines if line))

    def banners(self) -> str:
        return self.words(self.window.banners)

    def status(self) -> str:
        return "\n".join(self.window.status.texts())

    def names(self, most: int = 30) -> list[str]:
        """Names in the list's first rows."""
        rows = [self.model.row_at(row) for row in range(min(most, self.model.rowCount()))]
        return [row.name if row is not None else "…" for row in rows]

    def labels(self) -> list[QLabel]:
        return [widget for widget in QApplication.allWidgets() if isinstance(widget, QLabel)]

    # what a person does

    def click(self, name: str) -> None:
        widget = self.find(name)
        assert widget.isVisible(), f"{name} cannot be seen"
        assert widget.isEnabled(), f"{name} cannot be used now"
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=widget.rect().center())

    def fill(self, name: str, text: str) -> None:
        """Puts the text in place of what stands in the field."""
        widget = self.find(name)
        assert widget.isVisible() and widget.isEnabled(), f"{name} cannot be used now"
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(widget, Qt.Key.Key_Delete)
        _type(widget, text)

    def key(self, keys: str) -> None:
        """A key combination, to whatever has the focus."""
        pressed = QKeySequence(keys)[0]
        target = QApplication.focusWidget() or QApplication.activePopupWidget() or self.window
        QTest.keyClick(target, pressed.key(), pressed.keyboardModifiers())

    def type(self, text: str) -> None:
        """Letters, to whatever has the focus."""
        _type(QApplication.focusWidget() or self.window, text)

    def click_place(self, title: str) -> None:
        """A line of the navigation."""
        view = self.window.navigation.list
        model = view.model()
        row = next(row for row in range(model.rowCount()) if model.index(row, 0).data() == title)
        view.scrollTo(model.index(row, 0))  # with large letters the last ones are out of sight
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(model.index(row, 0)).center())

    def click_row(self, row: int) -> None:
        spot = self.table.visualRect(self.model.index(row, 0)).center()
        QTest.mouseClick(self.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(spot))

    async def search(self, text: str, hits: int | None = None) -> None:
        """Types into the search box; waits for the number of hits where it is given."""
        self.key("Ctrl+F")
        self.fill("search.box", text)
        if hits is not None:
            await until(
                lambda: self.model.rowCount() == hits, f"{hits} hits for {text}, there are {self.model.rowCount()}"
            )

    async def add_account(self, title: str, base_url: str, token: str, *, test: bool = True) -> None:
        """On the Accounts page's form, as it lies open and empty."""
        await until(lambda: self.there("accounts.field.token"), "the form")
        self.fill("accounts.field.title", title)
        self.fill("accounts.field.base_url", base_url)
        self.fill("accounts.field.token", token)
        if test:
            self.click("accounts.test")
            await until(lambda: self.there("accounts.steps"), "an answer to Test connection")
            assert self.words("accounts.steps").count(": yes") >= 2, self.words("accounts.steps")
        self.click("accounts.save")
        try:
            await until(lambda: title in self.accounts(), f"the account {title}", 10)
        except AssertionError as missing:
            raise AssertionError(f"{missing}; on screen:\n{self.words()}") from None
        await until(lambda: self.find("accounts.save").isEnabled(), "Save to be over")

    async def begin_with(self, title: str, server: str) -> None:
        """The first account, of the emulator there, and its contacts."""
        await self.ready()
        self.window.go(Place("accounts", -1))
        await self.add_account(title, f"{server}/api/v3", "demo-seaside", test=False)
        await self.done(title)

    def open_panel(self) -> None:
        if not self.there("sync"):
            self.click("status.connection")

    async def check_now(self, title: str, seconds: float = 60) -> Progress:
        """Presses *Check now* in the panel and waits for the end of the check: its last word."""
        account, before = self.accounts()[title], len(self.told)
        self.open_panel()
        await until(lambda: self.find(f"sync.{account}.check").isEnabled(), "a button that can be pressed")
        await until(lambda: not self.window.scope.running(("check", account)), "the end of the check before")
        # The board says how a check ended a moment before it is over; a click would join it and nothing be checked.
        await until(lambda: account not in self.services._checks._pulls, "the very end of the check before")
        self.click(f"sync.{account}.check")
        return await self.ended(title, before, seconds)

    async def ended(self, title: str, before: int, seconds: float = 60) -> Progress:
        """The last word of the check that began after `before` words (`len(house.told)`)."""
        account = self.accounts()[title]

        def words() -> list[Progress]:
            return [progress for progress in self.told[before:] if progress.account_id == account]

        await until(lambda: any(one.phase.running for one in words()), f"a check of {title}", seconds)
        await until(lambda: not words()[-1].phase.running, f"the end of a check of {title}", seconds)
        return words()[-1]

    async def done(self, title: str, seconds: float = 60) -> None:
        """Waits for a check of the account to end well, or for an account that has nothing to check."""
        await until(lambda: self.phase(title) in (Phase.DONE, Phase.READY), f"{title} checked", seconds)

    async def practised(self) -> None:
        """Waits until every vendor of practice mode has its accounts, and the list all their contacts."""
        await self.ready()
        described = [emulator.describe("http://127.0.0.1") for emulator in self.program.emulators.values()]
        titles = {one["title"] for vendor in described for one in vendor["accounts"]}
        await until(lambda: self.accounts().keys() == titles, "all accounts")
        for title in titles:
            await self.done(title)
        scope, sending = self.program.scope, self.services.submissions.sending
        beginnings = (*self.accounts().values(), "trouble")
        await until(lambda: not any(map(scope.running, beginnings)), "what practice mode begins with")
        await until(lambda: not sending.busy, "what it sends")  # contacts that were sent come into the list
        await self._everybody_listed()

    async def _everybody_listed(self) -> None:
        """The list shows as many contacts as a search finds by then: both may be behind the checks for a moment."""
        found = shown = 0
        for _ in range(400):
            found = len((await self.services.reader.search(parse("", now=self.services.clock.now()))).ids)
            shown = self.model.rowCount()
            if found > 600 and found == shown and "…" not in self.names():
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"the list shows {shown} of {found} contacts")


def _type(widget: QWidget, text: str) -> None:
    """QTest knows the keys of ASCII letters only, and ends the process at others."""
    for letter in text:
        if letter.isascii():
            QTest.keyClicks(widget, letter)
        else:
            pressed = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_unknown, Qt.KeyboardModifier.NoModifier, letter)
            QApplication.sendEvent(widget, pressed)


def truth(emulator: Any, account: int) -> dict[str, Any]:
    """What belongs into the cache: neither cancelled contacts nor those whose time to be forgotten has come."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = {str(number): emulator.contact(account, number) for number in emulator.ids(account)}
    return {
        remote_id: raw
        for remote_id, raw in found.items()
        if not raw["canceled_at"] and not (raw["forget_me_at"] and raw["forget_me_at"] <= now)
    }
