"""The order of Tab as the order of reading. Qt's own is that in which things were made, and here most are made late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QMainWindow, QScrollArea, QSplitter, QWidget

DIRECTLY = Qt.FindChildOption.FindDirectChildrenOnly


def stops(root: QWidget) -> Iterator[QWidget]:
    """What Tab can stop at in `root` now, as the layouts show it."""
    if root.isHidden():
        return
    tab = Qt.FocusPolicy.TabFocus
    if root.isEnabled() and root.focusPolicy() & tab == tab and root.focusProxy() is None:
        yield root
    inside = root.widget() if isinstance(root, QScrollArea) else None
    if inside is not None:
        yield from stops(inside)
    elif isinstance(root, QSplitter):
        for pane in (root.widget(place) for place in range(root.count())):
            if pane is not None:
                yield from stops(pane)
    elif (layout := root.layout()) is not None:
        yield from _in_layout(layout)


def _in_layout(layout: QLayout) -> Iterator[QWidget]:
    """By the places of widgets and inner layouts, never by `itemAt`: Qt deletes such an item without a word to Python,
    whose half then stands for whatever is made in the same place next, and the process ends."""
    owner = layout.parentWidget()
    widgets = owner.findChildren(QWidget, options=DIRECTLY) if owner is not None else []
    inner = [one for one in layout.children() if isinstance(one, QLayout)]
    placed: list[tuple[int, QWidget | QLayout]] = [(layout.indexOf(one), one) for one in widgets]
    placed += [(layout.indexOf(one), one) for one in inner]
    for place, one in sorted(placed, key=itemgetter(0)):
        if place >= 0:
            yield from _in_layout(one) if isinstance(one, QLayout) else stops(one)


def set_order(widgets: Sequence[QWidget]) -> None:
    """Tab goes from each to the next."""
    for one, following in pairwise(widgets):
        QWidget.setTabOrder(one, following)


class ReadInOrder(QMainWindow if TYPE_CHECKING else object):  # type: ignore[misc]
    """To be named before a window's class: each Tab goes on as what is shown now is read. The window alone hears of
    every Tab, also of the one that comes to a pane from outside, after what is in the pane was made anew."""

    def focusNextPrevChild(self, forward: bool) -> bool:
        if (shown := self.centralWidget()) is not None:
            set_order([*stops(shown)])
        return super().focusNextPrevChild(forward)
