"""What every page of the dialog is: a heading, a body that scrolls where there is no room, its buttons below."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from crmdesk.ui.kit import Heading, PlainLabel, column, row, scroll

EDGE = 30  # pixels around a page


class Told(PlainLabel):
    """A text that takes the focus, so that it is read out and a key has somewhere to go."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__("", parent, wrap=True)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)


class LoginPage(QWidget):
    """`main` is what Enter presses. A page says where the focus goes (`take_focus`) and in which order Tab goes on."""

    def __init__(self, name: str, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(heading)
        self.body = QWidget(self)
        self.heading = Heading(heading, self, factor=1.5)
        self.heading.setWordWrap(True)
        self._column: QVBoxLayout = column(self.body, self.heading, gap=10, margins=(EDGE, EDGE - 6, EDGE, 8))
        self._foot = QWidget(self)
        self.area = scroll(self.body, f"{name}.area", whole=True)
        column(self, self.area, self._foot, gap=0, stretch=0)

    def fill(self, *parts: QWidget) -> None:
        """Below the heading, one under the other."""
        for part in parts:
            self._column.addWidget(part)
        self._column.addStretch(1)

    def align(self, part: QWidget) -> None:
        """As wide as its words, at the leading edge."""
        self._column.setAlignment(part, Qt.AlignmentFlag.AlignLeading)

    def set_foot(self, *buttons: QPushButton) -> None:
        """From left to right, at the right edge."""
        layout = row(self._foot, *buttons, gap=12, margins=(EDGE, 8, EDGE, EDGE - 8))
        layout.insertStretch(0, 1)

    def main(self) -> QPushButton | None:
        """The button that Enter presses now."""
        return None

    def take_focus(self) -> None:
        raise NotImplementedError

    def chain(self) -> Sequence[QWidget]:
        """The order of Tab."""
        raise NotImplementedError

    def wipe(self) -> None:
        """No secret is left in it."""

    def order(self) -> None:
        """Bring the chain about: what was made later would come later."""
        for one, following in pairwise(self.chain()):
            QWidget.setTabOrder(one, following)
