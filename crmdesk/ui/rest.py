"""What scrolls by itself takes the height that is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from crmdesk.ui.kit import column

LINES = 9  # of text that are in sight at least


class AsksLeast(QWidget if TYPE_CHECKING else object):  # type: ignore[misc]
    """To be named before the class of what takes the height that is left: it asks for no more than its least, since a
    page has to have room for its wish."""

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.minimumHeight())


class Rest(QWidget):
    """Around `part`, which may have any height. A page is given room for the wish of what is in it, not for its least:
    one that wished for 24 lines pushed the buttons below it out of a low window."""

    def __init__(self, part: QWidget) -> None:
        super().__init__()
        column(self, part)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self.fontMetrics().lineSpacing() * LINES)
