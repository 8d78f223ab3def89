"""Takes everything of a window off the screen, and out of the reach of screen readers, and brings it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QStackedWidget, QToolTip, QWidget
from shiboken6 import isValid

from crmdesk.ui import menus
from crmdesk.ui.announcing import speak_only
from crmdesk.ui.focus import give_focus_back
from crmdesk.ui.kit import Heading
from crmdesk.ui.practice.strip import window_title
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

MOST_POPUPS = 20  # menus within menus; what does not close by then is hidden like a dialog
POPUPS = (Qt.WindowType.Popup, Qt.WindowType.ToolTip, Qt.WindowType.SplashScreen)


class Curtain(QObject):
    """`draw(page)`: only `page` is in the window, and of its other windows none is on screen, nor any that somebody
    opens meanwhile. `lift`: as before, but for menus, notices and lists that lay over the window.

    The content is taken out of the window rather than hidden in it: then it is not part of what a screen reader or a
    program of that kind can walk through, and none of its keys works."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._desk: QWidget | None = None
        self._page: QWidget | None = None
        self._focus: QWidget | None = None
        self._title, self._bars = "", (False, False)
        self._held: list[QWidget] = []  # other windows, the innermost last
        self._late: list[QWidget] = []  # what was opened meanwhile, until it is hidden
        self._laid: list[QWidget] = []  # what lay over the window: palette, panel, undo bar

    @property
    def drawn(self) -> bool:
        return self._desk is not None

    def draw(self, page: QWidget) -> None:
        """Takes `page` over; a second time it only changes the page."""
        if self._desk is None:
            self._take_away()
        before, self._page = self._page, page
        cover: QStackedWidget = self._window.cover
        cover.insertWidget(0, page)
        cover.setCurrentWidget(page)
        if before is not None:
            _drop(cover, before)
        speak_only(page)

    def lift(self, *, ending: bool = False) -> None:
        """Everything back in its place. `ending`: unseen, since the window ends and everything with it."""
        if self._desk is None or self._page is None:
            return
        window, desk, page = self._window, self._desk, self._page
        self._desk = self._page = None
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        speak_only(None)
        for child in self._laid:
            if isValid(child):
                child.setParent(window)  # and stays hidden
        self._laid = []
        window.cover.insertWidget(0, desk)
        window.cover.setCurrentWidget(desk)
        _drop(window.cover, page)
        for heading in desk.findChildren(Heading):
            heading.grow()
        if not ending:
            self._bring_bars()
            self._bring_windows()

    def _bring_bars(self) -> None:
        window = self._window
        window.setWindowTitle(self._title)
        window.menuBar().setVisible(self._bars[0])
        window.menuBar().setEnabled(True)
        window.status.setVisible(self._bars[1])
        window.feedback.quiet = False
        window.commands.shut(None)
        menus.fill(window.menus, window.commands)

    # away

    def _take_away(self) -> None:
        window = self._window
        window.commands.shut(tr("crmdesk is locked."))
        window.feedback.hush()
        QToolTip.hideText()
        self._close_popups()
        self._title, self._focus = window.windowTitle(), window.focusWidget()
        window.setWindowTitle(window_title(practising=window.strip.practising))
        self._bars = (not window.menuBar().isHidden(), not window.status.isHidden())
        window.menuBar().hide()
        window.menuBar().setEnabled(False)  # where the system shows it outside the window
        window.status.hide()
        for menu in window.menus.values():
            menu.clear()  # *Undo delete of Ana Ruiz*
        self._desk = desk = window.desk
        window.cover.removeWidget(desk)
        desk.setParent(None)
        self._laid = self._lying_over()
        for child in self._laid:
            child.setParent(desk)  # with the content it is out of sight, even where it is told to show itself
        app = QApplication.instance()
        assert app is not None  # there is a window
        app.installEventFilter(self)
        for other in QApplication.topLevelWidgets():
            if other is not window and other is not desk and other.isVisible():
                self._hold(other)

    def _close_popups(self) -> None:
        for _ in range(MOST_POPUPS):
            popup = QApplication.activePopupWidget()
            if popup is None:
                return
            popup.close()

    def _lying_over(self) -> list[QWidget]:
        """Direct children of the window that are not its frame: palette, panel, undo bar."""
        window = self._window
        frame = (window.cover, window.menuBar(), window.status)
        children = [child for child in window.children() if isinstance(child, QWidget) and child not in frame]
        return [child for child in children if not child.isWindow()]

    def _hold(self, other: QWidget) -> None:
        """Hides a window until the curtain is lifted; one that ends meanwhile is not brought back."""
        if other.windowType() in POPUPS:
            other.close()
            return
        if isinstance(other, QDialog):
            other.finished.connect(lambda _result: self._let_go(other))
        self._held.append(other)
        other.hide()

    def _let_go(self, other: QObject) -> None:
        self._held = [held for held in self._held if held is not other]

    def _bring_windows(self) -> None:
        held, self._held = self._held, []
        for other in held:
            if isValid(other):
                other.show()
        focus, self._focus = self._focus, None
        give_focus_back(focus, Qt.FocusReason.OtherFocusReason)

    # meanwhile

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and not event.spontaneous() and isinstance(watched, QWidget):
            self._shown(watched)
        elif event.type() == QEvent.Type.Close and watched in self._held:
            self._let_go(watched)
        return super().eventFilter(watched, event)

    def _shown(self, widget: QWidget) -> None:
        """Something comes on screen while nothing should: not in this very frame either."""
        window = self._window
        if widget is window or widget is window.cover or self._is_ours(widget):
            return
        if widget.isWindow():
            widget.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        elif widget.parentWidget() is window:
            window.cover.raise_()
        else:
            return
        self._late.append(widget)
        QTimer.singleShot(0, self, self._hide_late)  # not in the middle of being shown

    def _is_ours(self, widget: QWidget) -> bool:
        """Of the lock page, or a list that one of its fields opened."""
        part: QWidget | None = widget
        while part is not None:
            if part is self._page:
                return True
            part = part.parentWidget()
        return False

    def _hide_late(self) -> None:
        late, self._late = self._late, []
        for widget in late:
            if not isValid(widget):
                continue
            own = widget.isWindow()
            if own and self.drawn:
                self._hold(widget)
            else:
                widget.hide()
            widget.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, False)
            if own and not self.drawn:  # the curtain was lifted in between
                widget.show()


def _drop(cover: QStackedWidget, page: QWidget) -> None:
    cover.removeWidget(page)
    page.hide()
    page.setParent(None)
    page.deleteLater()
