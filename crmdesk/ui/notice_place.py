"""Where a notice stands: low in the window, and never over a button or a field that somebody may be about to press."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QWidget

GAP = 8  # pixels around a notice
_KINDS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox)


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


def covering(window: QWidget, notices: Collection[QWidget]) -> bool:
    """Whether one of them lies over something that can be pressed: another page may have come under it."""
    there = controls(window, notices)
    return any(one.intersects(notice.geometry()) for one in there for notice in notices)


def _in_sight(widget: QWidget, window: QWidget) -> QRect:
    """Cut by everything that it stands in, e.g. an area that scrolls."""
    seen, host = widget.rect(), widget
    while host is not window and (above := host.parentWidget()) is not None:
        seen = seen.translated(host.pos()) & above.rect()
        host = above
    return seen


def free_spot(area: QRect, size: QSize, bottom: int, taken: Sequence[QRect]) -> QPoint:
    """The lowest place above `bottom` that covers nothing of `taken`: in the middle, else at the right or the left
    side. Where there is none in the lower two thirds, the one at the bottom in the middle."""
    middle = area.center().x() - size.width() // 2
    for x in (middle, area.right() - size.width() - GAP, area.left() + GAP):
        y = bottom - size.height()
        while y >= area.top() + area.height() // 3:
            around = QRect(QPoint(x, y), size).adjusted(-GAP // 2, -GAP // 2, GAP // 2, GAP // 2)
            hit = [one for one in taken if one.intersects(around)]
            if not hit:
                return QPoint(x, y)
            y = min(one.top() for one in hit) - GAP - size.height()
    return QPoint(middle, bottom - size.height())
