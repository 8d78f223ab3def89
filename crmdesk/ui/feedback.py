"""Questions and bad news: dialogs that are awaited, banners that count repeats, notices that go away."""

from __future__ import annotations

import logging
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from crmdesk import __version__
from crmdesk.core.errors import CrmDeskError, GivenUpError
from crmdesk.core.seams import Clock
from crmdesk.ui.announcing import announce as announce  # everybody takes it from here
from crmdesk.ui.focus import focus_holder, give_focus_back
from crmdesk.ui.kit import Banner, FlatButton, IconButton, PlainLabel, button, column, plural, row, tr

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog

    from crmdesk.core.tasks import TaskScope

log = logging.getLogger("crmdesk.ui")
REPEAT_SECONDS = 300.0
NOTICE_MS = 6000
MOST_NOTICES = 3
MOST_TOLD = 100  # notices of this run that can be read again
LOOK_MS = 200  # between two looks at what the notices stand on


async def ask(dialog: QDialog) -> int:
    """Show a dialog over its window and wait for its result; 0 = closed. Never `exec`: it would starve other tasks.

    What the dialog `owned` (a TaskScope) ends with it: nothing of it may touch a dialog that is gone."""
    import asyncio  # with the first question: the first painted window does not wait for it

    from PySide6.QtWidgets import QDialog

    from crmdesk.ui.main_button import press_by_key
    from crmdesk.ui.window_state import fit_dialog

    opener = focus_holder()
    owned: TaskScope | None = getattr(dialog, "owned", None)
    answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    press_by_key(dialog)
    fit_dialog(dialog)
    dialog.finished.connect(lambda result: None if answer.done() else answer.set_result(result))
    QDialog.open(dialog)  # those for printers and files have an open() of their own that wants a receiver
    fit_dialog(dialog)  # again: only now it has its style
    try:
        return await answer
    except asyncio.CancelledError:
        dialog.reject()
        raise
    finally:
        if owned is not None:
            await owned.aclose()
        dialog.deleteLater()
        give_focus_back(opener, Qt.FocusReason.OtherFocusReason)


def error_words(error: BaseException) -> tuple[str, str]:
    """What happened and what to do next, fit to be shown."""
    if isinstance(error, CrmDeskError):
        return tr(error.words), tr(error.hint)
    return tr("Something went wrong inside crmdesk."), tr("Nothing was sent. Copy the details for the maintainers.")


def error_details(error: BaseException) -> str:
    """What *Copy details* puts on the clipboard: no secrets, no guest data. Of a mistake of ours where it was made, and
    not its own words, which may hold a value."""
    lines = [type(error).__name__]
    if isinstance(error, CrmDeskError):
        lines += [error.title, *(f"{name}: {value}" for name, value in error.details.items())]
    else:
        lines += [f"crmdesk {__version__}", *_places(error)]
    return "\n".join(lines)


def _places(error: BaseException) -> list[str]:
    """Frames of the program, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "crmdesk" in Path(frame.filename).parts]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in ours]


def copy_details(error: BaseException) -> None:
    QGuiApplication.clipboard().setText(error_details(error))


@dataclass
class _Shown:
    """One banner on screen and how often its fault came."""

    banner: Banner
    tone: str
    text: str
    last: float
    count: int = 1


class BannerHost(QWidget):
    """A column of banners. The same fault within five minutes adds to a count instead of a new banner."""

    def __init__(self, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._shown: dict[str, _Shown] = {}
        self._column: QVBoxLayout = column(self, gap=6, margins=(10, 8, 10, 4))
        self.setVisible(False)

    def show_banner(
        self, key: str, tone: str, text: str, actions: tuple[tuple[str, str, Callable[[], object]], ...] = ()
    ) -> Banner:
        """Show or repeat the banner `key`; `actions` are (name, words, function), called `banner.{key}.{name}`. It
        stays until closed or `clear(key)`."""
        now = self._clock.monotonic()
        old = self._shown.get(key)
        if old is not None:
            old.count = old.count + 1 if now - old.last <= REPEAT_SECONDS else 1
            old.last, old.tone, old.text = now, tone, text
            old.banner.set(tone, _counted(text, old.count))
            return old.banner
        banner = Banner(tone, text, [button(f"banner.{key}.{name}", words, run) for name, words, run in actions])
        banner.setObjectName(f"banner.{key}")
        close = IconButton(f"banner.{key}.close", "close", tr("Close this message"))
        close.clicked.connect(lambda _checked=False: self.clear(key))
        banner.add(close)
        self._shown[key] = _Shown(banner, tone, text, now)
        self._column.addWidget(banner)
        self.setVisible(True)
        announce(self, text, assertive=tone == "error")
        return banner

    def reword(self, key: str, text: str) -> None:
        """The same fault in other words, e.g. with another count; nothing where the banner was closed."""
        shown = self._shown.get(key)
        if shown is not None and shown.text != text:
            shown.text = text
            shown.banner.set(shown.tone, _counted(text, shown.count))

    def clear(self, key: str) -> None:
        shown = self._shown.pop(key, None)
        if shown is not None:
            self._column.removeWidget(shown.banner)
            shown.banner.hide()
            shown.banner.deleteLater()
        self.setVisible(bool(self._shown))

    def shows(self, key: str) -> bool:
        """False once somebody has closed it."""
        return key in self._shown

    def texts(self) -> list[str]:
        """What is on screen, oldest first."""
        return [shown.banner.text() for shown in self._shown.values()]


def _counted(text: str, count: int) -> str:
    return text if count < 2 else f"{text} ({plural(count, '1 time', '{n} times')})"


def _always() -> bool:
    return True


@dataclass(eq=False)
class Notice:
    """What was told and when. `words` and `run` are its action's ('' = none), which is done at most once, and only
    while it is `valid`."""

    at: datetime
    text: str
    words: str
    run: Callable[[], object]
    valid: Callable[[], bool]
    done: bool = False

    def open(self) -> bool:
        """Whether its action can be done now."""
        return bool(self.words) and not self.done and self.valid()

    def act(self) -> None:
        if self.open():
            self.done = True
            self.run()


class Toast(QFrame):
    """A notice on screen that goes away by itself, but not while the pointer or the focus is on it."""

    lies_over = True  # of the window's pages: others of the kind stand beside it

    def __init__(self, notice: Notice, close: Callable[[Toast], None], stay_ms: int) -> None:
        super().__init__()
        self.notice, self._close = notice, close
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(stay_ms)
        self._timer.timeout.connect(lambda: close(self))
        self._timer.start()
        label = PlainLabel(notice.text, wrap=False)
        self._row = row(self, label, gap=12, margins=(14, 9, 14, 9))
        self.press: QPushButton | None = None
        if notice.words:
            self.press = FlatButton("notice.action", notice.words)
            self.press.clicked.connect(lambda _checked=False: notice.act())
            self.press.clicked.connect(lambda _checked=False: close(self))
            self.press.installEventFilter(self)  # its focus is the notice's
            self._row.addWidget(self.press)
        self.setAccessibleName(notice.text)

    def used(self) -> bool:
        """The pointer or the focus is on it: somebody reads it, or is about to press its action."""
        return self.underMouse() or (self.press is not None and self.press.hasFocus())

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self._look()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes the innermost thing: while the focus is here, this."""
        if event.key() == Qt.Key.Key_Escape:
            self._close(self)
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._look()
        return super().eventFilter(watched, event)

    def _look(self) -> None:
        self._timer.stop() if self.used() else self._timer.start()


class Feedback(QObject):
    """Says things to the person: banners above the pages, notices in the corner of the window."""

    def __init__(self, window: QWidget, clock: Clock, banners: BannerHost) -> None:
        super().__init__(window)
        self._window = window
        self._clock = clock
        self.banners = banners
        self._toasts: list[Toast] = []
        self.told: deque[Notice] = deque(maxlen=MOST_TOLD)  # oldest first, for whoever missed one
        self._watch = QTimer(self, interval=LOOK_MS)
        self._watch.timeout.connect(self._make_way)
        self.stretch = 1  # times as long as usual do notices stay
        self.quiet = False  # notices are only noted: the window is locked

    def show(self, error: BaseException, where: str = "general") -> None:
        """A failure as a banner; `where` is what it belongs to, e.g. an account, and groups repeats."""
        title, hint = error_words(error)
        if isinstance(error, GivenUpError):
            self.notice(title)  # somebody’s own doing, and nothing to look after
            return
        if not isinstance(error, CrmDeskError):
            log.error("failed: %s", where, exc_info=error)
        self.banners.show_banner(
            f"{where}.{type(error).__name__}",
            "error",
            f"{title} {hint}".strip(),
            (("copy", tr("Copy details"), lambda: copy_details(error)),),
        )

    def report(self, what: str, error: BaseException) -> None:
        """For `TaskScope(reporter)`."""
        self.show(error, what)

    def notice(
        self, text: str, action: tuple[str, Callable[[], object]] | None = None, valid: Callable[[], bool] = _always
    ) -> None:
        """A notice for six seconds; of more than three the oldest goes. All of them can be read again in the list of
        notices, where the action is offered as long as it is `valid`."""
        words, run = action or ("", _always)
        notice = Notice(self._clock.now(), text, words, run, valid)
        self.told.append(notice)
        if self.quiet:
            return
        self._window.installEventFilter(self)  # the notices move with its corner; a second time is harmless
        while len(self._toasts) >= MOST_NOTICES:
            self._close(self._toasts[0])
        toast = Toast(notice, self._close, NOTICE_MS * self.stretch)
        toast.setParent(self._window)
        self._toasts.append(toast)
        self._place()  # before it is seen: it would jump, and take the pointer at its first place for somebody's
        toast.show()
        announce(self._window, text)

    def forget(self) -> None:
        """A guest was erased: what was told may name them, and is neither on screen nor listed any more."""
        self.told.clear()
        for toast in list(self._toasts):
            self._close(toast)

    def hush(self) -> None:
        """No notice is on screen any more, nor comes there while `quiet`."""
        self.quiet = True
        for toast in list(self._toasts):
            self._close(toast)

    def notices(self) -> list[str]:
        """What is on screen."""
        return [toast.accessibleName() for toast in self._toasts]

    def actions(self) -> list[QPushButton]:
        """The buttons of what is on screen, for keys."""
        return [toast.press for toast in self._toasts if toast.press is not None]

    def _close(self, toast: Toast) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            if toast.press is not None and toast.press.hasFocus():
                self._window.setFocus(Qt.FocusReason.OtherFocusReason)
            toast.hide()
            toast.deleteLater()
            self._place()

    def _place(self) -> None:
        """The newest lowest, each beside what can be pressed."""
        from crmdesk.ui.notice_place import put  # with the first notice

        for toast in self._toasts:
            toast.ensurePolished()
            toast.adjustSize()
        put(self._window, self._toasts[::-1])
        for toast in reversed(self._toasts):
            toast.raise_()
        if self._toasts and not self._watch.isActive():
            self._watch.start()

    def _make_way(self) -> None:
        """Another page may have come under the notices. One that somebody is about to use stays where it is."""
        from crmdesk.ui.notice_place import covering

        if not self._toasts:
            self._watch.stop()
        elif not any(toast.used() for toast in self._toasts) and covering(self._window, self._toasts):
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
