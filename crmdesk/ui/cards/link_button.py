"""A word that leads to a record: as wide as it is, and where there is less room it ends in …"""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSizePolicy, QWidget

from crmdesk.ui.kit import ElidedButton, tooltip

EDGES = 24  # pixels besides the word


class LinkButton(ElidedButton):
    """Looks like a link. The accessible name is the whole text unless another one is given later."""

    def __init__(self, name: str, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(name, "", parent)
        self.setProperty("link", True)
        self.setProperty("snug", True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_words(text)

    def set_words(self, text: str) -> None:
        super().set_words(text)
        self.setToolTip(tooltip(text))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.accessibleName()) + EDGES, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("…") + EDGES, super().minimumSizeHint().height())
