"""Where notices and the offer to undo stand: low in the window, beside each other, and never over a button or a field
that somebody may be about to press."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QFrame, QLineEdit, QWidget

GAP = 8  # pixels around a notice
FOOT = 44  # that the status bar and a gap take
_KINDS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox)


def put(window: QWidget, ones: Sequence[QWidget]) -> None:
    """Those of `ones` beside each other and beside what is there, the first one lowest; they need not be shown yet."""
    pressed, over = controls(window, ones), _lying_over(window, ones)
    for one in ones:
        one.move(free_spot(window.rect(), one.size(), pressed, over))
        over.append(one.geometry())


def covering(window: QWidget, lying: Collection[QWidget]) -> bool:
    """Whether one of them lies over something that can be pressed: another page may have come under it."""
    there = [*controls(window, lying), *_lying_over(window, lying)]
    return any(one.intersects(notice.geometry()) for one in there for notice in lying)


def controls(window: QWidget, but: Collection[QWidget]) -> list[QRect]:
    """What can be pressed or typed into, as far as it is in sight, in the window's pixels; without what is in `but`."""
    found: list[QRect] = []
    for kind in _KINDS:
        for widget in window.findChildren(kind):
            if widget.isVisible() and widget.window() is window.window():
                seen = _in_sight(widget, window)
                if not seen.isEmpty() and not any(one is widget or one.isAncestorOf(widget) for one in but):
                    found.append(seen)
    return found


def _lying_over(window: QWidget, but: Collection[QWidget]) -> list[QRect]:
    """Notices and the offer to undo: frames that say so (`lies_over`)."""
    frames = window.findChildren(QFrame, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [one.geometry() for one in frames if getattr(one, "lies_over", False) and one.isVisible() and one not in but]


def _in_sight(widget: QWidget, window: QWidget) -> QRect:
    """Cut by everything that it stands in, e.g. an area that scrolls."""
    seen, host = widget.rect(), widget
    while host is not window and (above := host.parentWidget()) is not None:
        seen = seen.translated(host.pos()) & above.rect()
        host = above
    return seen


def free_spot(area: QRect, size: QSize, pressed: Sequence[QRect], over: Sequence[QRect] = ()) -> QPoint:
    """The lowest place above the foot that covers nothing of both: in the middle, else at the right or the left side.
    Where there is none in the lower two thirds, one that covers only what can be `pressed`, else the one at the
    bottom in the middle."""
    for taken in ([*pressed, *over], over):
        if (found := _lowest(area, size, taken)) is not None:
            return found
    return QPoint(area.center().x() - size.width() // 2, area.bottom() - FOOT - size.height())


def _lowest(area: QRect, size: QSize, taken: Sequence[QRect]) -> QPoint | None:
    bottom, middle = area.bottom() - FOOT, area.center().x() - size.width() // 2
    for x in (middle, area.right() - size.width() - GAP, area.left() + GAP):
        y = bottom - size.height()
        while y >= area.top() + area.height() // 3:
            around = QRect(QPoint(x, y), size).adjusted(-GAP // 2, -GAP // 2, GAP // 2, GAP // 2)
            hit = [one for one in taken if one.intersects(around)]
            if not hit:
                return QPoint(x, y)
            y = min(one.top() for one in hit) - GAP - size.height()
    return None
