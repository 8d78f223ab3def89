"""*Copy to …*: what will be changed where, and the exact request, before it is queued."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from crmdesk.ui.kit import Banner, Heading, Muted, PlainLabel, button, column, row, tr
from crmdesk.ui.outbox.request_box import RequestBox
from crmdesk.ui.reading import set_order, stops

LETTERS = 104  # average letters of width, for a request
EDGE = 40  # pixels of the window that stay in sight around it


class CopyDialog(QDialog):
    """`title` says what goes where, `go` is on the button; `was` and `now` are the target's value before and after, in
    words; `request` is the exact request, or `problem` says why none can be shown yet. Accepted: do it."""

    def __init__(self, parent: QWidget, title: str, go: str, was: str, now: str, request: str, problem: str) -> None:
        super().__init__(parent)
        self.setObjectName("cards.copy")
        self.setWindowTitle(tr("Copy to …"))
        heading = Heading(title, self)
        heading.setWordWrap(True)
        before = PlainLabel(tr("Before: {value}").replace("{value}", was or tr("empty")), wrap=True)
        after = PlainLabel(tr("After: {value}").replace("{value}", now or tr("empty")), wrap=True)
        parts: list[QWidget] = [heading, before, after]
        if request:
            box = RequestBox(self)
            box.show_text(request)
            parts += [Muted(tr("This is sent:")), box]
        elif problem:
            parts.append(Banner("info", problem))
        parts.append(Muted(tr("It waits in the outbox like any other edit and can be undone."), wrap=True))
        self.go = button("cards.copy.go", go, self.accept, main=True)
        self.go.setDefault(True)
        self.cancel = button("cards.copy.cancel", tr("Cancel"), self.reject)
        foot = QWidget()
        row(foot, self.cancel, self.go).insertStretch(0, 1)
        column(self, *parts, foot, gap=10, margins=(20, 18, 20, 16))
        room = parent.window().width() - EDGE
        self.setMinimumWidth(min(self.fontMetrics().averageCharWidth() * LETTERS, room))
        set_order([*stops(self)])
        self.go.setFocus()  # it can be undone
