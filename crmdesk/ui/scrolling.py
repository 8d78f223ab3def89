"""Areas that scroll up and down, and bring to sight what gets the focus."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from weakref import WeakSet

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QSplitter, QStackedWidget, QWidget
from shiboken6 import isValid

# pixels that are seen above and below what Tab goes to; what reaches the foot of the window ends in as many
AROUND = 90
BAR = 12  # pixels of a scroll bar, as the style sheet has it: to ask Qt's own bar loads all classes of Qt at a start
WIDEST = 90  # average letters; a single word of a vendor does not make a page wider than that


class _Layouts(QObject):
    """Hears when the layout of `part` changes. An area that is a filter itself is handed its scroll bars, too, which
    Qt made: to find out what they are PySide loads all classes there are."""

    def __init__(self, part: QWidget, run: Callable[[], object]) -> None:
        super().__init__(part)
        self._run = run
        part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._run()
        return False


@cache
def _all_areas() -> WeakSet[ScrollArea]:
    """One listener for all of them: the program's signal comes at each move of the focus, and there are dozens."""
    areas: WeakSet[ScrollArea] = WeakSet()

    def follow(_old: QWidget | None, now: QWidget | None) -> None:
        # under a pressed button nothing moves: it would be let go of over something else
        if now is None or QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            return
        for area in [*areas]:
            if isValid(area):
                area.follow(now)

    app = QApplication.instance()
    assert isinstance(app, QApplication)  # there are widgets
    app.focusChanged.connect(follow)
    return areas


class ScrollArea(QScrollArea):
    """What gets the focus by Tab comes to sight above what may lie over the foot of the window: notices, undo.
    `whole`: it is never narrower than what is in it, which does not fit itself to less width."""

    def __init__(self, *, whole: bool = False) -> None:
        super().__init__()
        self._whole = whole
        _all_areas().add(self)

    def minimumSizeHint(self) -> QSize:
        least, inner = super().minimumSizeHint(), self.widget()
        if inner is not None and self._whole:
            most = self.fontMetrics().averageCharWidth() * WIDEST
            wide = inner.minimumSizeHint().expandedTo(inner.minimumSize()).width()
            least.setWidth(max(least.width(), min(wide, most) + BAR))
        return least

    def focusNextPrevChild(self, forward: bool) -> bool:
        moved = super().focusNextPrevChild(forward)
        now = self.focusWidget()
        if moved and now is not None and self._holds(now):
            self._bring(now)
        return moved

    def follow(self, now: QWidget) -> None:
        """What got the focus otherwise than by Tab: from outside, or because something is wrong with it."""
        if self._holds(now) and not self._in_sight(now):
            self._bring(now)

    def _holds(self, widget: QWidget) -> bool:
        inner = self.widget()
        return inner is not None and inner.isAncestorOf(widget)

    def _top(self, widget: QWidget) -> int:
        """Pixels from the top of what is scrolled."""
        inner = self.widget()
        return widget.mapTo(inner, QPoint()).y() if inner is not None else 0

    def _in_sight(self, widget: QWidget) -> bool:
        """Whole. Asked without the scroll bars: this comes at a start, too."""
        inner, room = self.widget(), self.maximumViewportSize()
        if inner is None:
            return True
        above = self._top(widget) + inner.y()
        return above >= 0 and above + widget.height() <= room.height()

    def _bring(self, widget: QWidget) -> None:
        """`ensureWidgetVisible` knows only the viewport's edge."""
        top, view, bar = self._top(widget), self.viewport().height(), self.verticalScrollBar()
        room = min(AROUND, max(0, (view - widget.height()) // 2))
        bar.setValue(max(top + widget.height() + room - view, min(bar.value(), top - room)))


class RoomyArea(ScrollArea):
    """What is in it never gets less room than it needs: where the window has less, e.g. with very large letters, it
    scrolls in both directions. `needed(width)` tells its least size when it is so wide."""

    def __init__(self, inner: QWidget, needed: Callable[[int], QSize]) -> None:
        super().__init__()
        self._needed = needed
        self._fitting = False
        self._again = QTimer(self, singleShot=True, interval=0)  # panes get their width a moment later
        self._again.timeout.connect(self.fit)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inner)
        _Layouts(inner, self.fit)

    def fit(self) -> None:
        """To the room that there is, and to what is shown by now."""
        inner, room = self.widget(), self.maximumViewportSize()
        if inner is None or room.isEmpty() or self._fitting:
            return
        self._fitting = True
        try:
            self._fit(inner, room)
        finally:
            self._fitting = False

    def _fit(self, inner: QWidget, room: QSize) -> None:
        full = room.width()
        least = self._needed(full)
        if least.width() > full:  # a bar below takes some of the height
            room.setHeight(room.height() - BAR)
        height = least.height()
        for _ in range(3):  # panes get their width with the first, and what they need then with the second
            inner.resize(room.expandedTo(QSize(least.width(), height)))
            height = max(least.height(), inner.height() + _lacking(inner))
            if height > room.height() and room.width() == full:
                room.setWidth(full - BAR)  # and one beside it some of the width
                least.setHeight(self._needed(room.width()).height())
        if height <= room.height():
            room.setWidth(full)
        inner.resize(room.expandedTo(QSize(least.width(), height)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inner = self.widget()
        if inner is not None and not self._fitting:
            inner.resize(inner.size().boundedTo(self.maximumViewportSize()))  # so it hears how much room there is
        self.fit()
        self._again.start()

    def minimumSizeHint(self) -> QSize:
        """Never the reason why a window cannot be made smaller."""
        return QSize(0, 0)

    def _in_sight(self, widget: QWidget) -> bool:
        inner = self.widget()
        if inner is None:
            return True
        left = widget.mapTo(inner, QPoint()).x() + inner.x()
        within = left >= 0 and left + widget.width() <= self.maximumViewportSize().width()
        return within and super()._in_sight(widget)

    def _bring(self, widget: QWidget) -> None:
        self.ensureWidgetVisible(widget, AROUND, AROUND)


def least_size(part: QWidget, width: int) -> QSize:
    """What it needs when it is so wide: words that break need more height where they have less width."""
    while isinstance(part, QStackedWidget) and (page := part.currentWidget()) is not None:
        part = page  # what is not shown needs no room; and the stack's own layout is Qt's, see `_Layouts`
    least = part.minimumSizeHint().expandedTo(part.minimumSize())
    layout = part.layout()
    if layout is not None and layout.hasHeightForWidth():
        least.setHeight(max(least.height(), layout.totalMinimumHeightForWidth(max(width, least.width()))))
    return least


def seen_height(part: QWidget) -> int:
    """Pixels of height that a page has on screen at once."""
    around = part.parentWidget()
    while around is not None and not isinstance(around, RoomyArea):
        around = around.parentWidget()
    return min(part.height(), around.maximumViewportSize().height()) if around is not None else part.height()


def _lacking(part: QWidget) -> int:
    """Pixels of height that the panes of its splitters lack most; below zero if they have them left over. A splitter
    itself asks for no more height where words break."""
    splitters = part.findChildren(QSplitter)
    panes = [splitter.widget(place) for splitter in splitters for place in range(splitter.count())]
    seen = [pane for pane in panes if pane is not None and pane.isVisible()]
    return max((least_size(pane, pane.width()).height() - pane.height() for pane in seen), default=-part.height())


def scroll(inner: QWidget, name: str, *, whole: bool = False) -> QScrollArea:
    """`inner` in an area that scrolls up and down only; `whole` as in `ScrollArea`."""
    area = ScrollArea(whole=whole)
    if whole:
        _Layouts(inner, area.updateGeometry)
    area.setObjectName(name)
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area
