"""First start, before any account: connect a vendor, or look around with made-up guests."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from crmdesk.ui.kit import Heading, Page, PictureLabel, PlainLabel, button, column, pixmap, row
from crmdesk.ui.theme import Theme
from crmdesk.ui.words import tr


class WelcomePage(Page):
    """`connect` opens the account form; `practice` starts practice mode (no button without it)."""

    def __init__(self, look: Theme, connect: Callable[[], object], practice: Callable[[], object] | None) -> None:
        super().__init__()
        self.setObjectName("welcome")
        self._look = look
        self._picture = PictureLabel(self)
        self.text = PlainLabel(tr("Connect a vendor, or try Practice mode with made-up guests."), self, wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.connect_button = button("welcome.connect", tr("Connect a vendor"), connect, main=True)
        buttons = [self.connect_button]
        if practice is not None:
            buttons.append(button("welcome.practice", tr("Try Practice mode"), practice))
        line = QWidget(self)
        box = row(line, *buttons, gap=12)
        box.insertStretch(0, 1)
        box.addStretch(1)
        heading = Heading(tr("Welcome to crmdesk"), self, factor=1.6)
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = column(self, self._picture, heading, self.text, line, gap=14, margins=(30, 30, 30, 30))
        layout.insertStretch(0, 2)
        layout.addStretch(3)
        look.changed.connect(self._draw)
        self._draw()

    def _draw(self) -> None:
        size = self.fontMetrics().height() * 4
        self._picture.setPixmap(pixmap("people", self._look.color("accent"), size, self.devicePixelRatioF()))
