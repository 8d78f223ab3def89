"""Rows whose outcome is not known: a person says what became of them, with a reason that is kept.

Nothing here sends by itself. *Send again* names the risk and wants the number of rows typed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QDialog, QLineEdit, QListWidget, QListWidgetItem, QWidget

from crmdesk.ui.composer.rows import GridRow
from crmdesk.ui.composer.small_dialogs import ReasonLine
from crmdesk.ui.kit import Banner, Heading, Muted, PlainLabel, button, column, plural, row, tr

ARRIVED, AGAIN = "arrived", "again"
TITLES = {
    ARRIVED: ("1 row arrived", "{n} rows arrived"),
    AGAIN: ("Send 1 row again", "Send {n} rows again"),
}
TEXTS = {
    ARRIVED: "They are marked as sent, and not sent again. Where have you seen them?",
    AGAIN: "If some of them arrived after all, these guests get their events twice, and crmdesk cannot take that back.",
}
CONTACTS_AGAIN = (
    "If some of them arrived after all, they arrive twice: a check of addresses uses credits again, and a purchase may "
    "be booked twice."
)

EDGE = 40  # pixels that a window shows around it
RISK = (
    "They are marked as not sent and can be sent again. If one of them arrived after all, its guest gets the event "
    "twice."
)
CONTACTS_RISK = (
    "They are marked as not sent and can be sent again. If one of them arrived after all, it arrives twice, and so "
    "does its purchase."
)


class DecideDialog(QDialog):
    """Accepted: `reason` was given, and for *again* the count typed. `events`: the rows are events, not contacts."""

    def __init__(self, parent: QWidget, what: str, count: int, *, events: bool = True) -> None:
        super().__init__(parent)
        self.setObjectName("unknown")
        title = plural(count, *TITLES[what])
        self.setWindowTitle(title)
        self._count = count if what == AGAIN else 0
        self.reason_box, self.count_box = ReasonLine("unknown.reason"), QLineEdit()
        self.count_box.setObjectName("unknown.count")
        self.count_box.setPlaceholderText(tr("Type the number of rows"))
        self.count_box.setAccessibleName(self.count_box.placeholderText())
        for box in (self.reason_box, self.count_box):
            box.textChanged.connect(lambda _text: self._refresh())
        self.go = button("unknown.go", title, self.accept, main=what != AGAIN, danger=what == AGAIN)
        cancel = button("unknown.cancel", tr("Cancel"), self.reject)
        again = TEXTS[AGAIN] if events else CONTACTS_AGAIN
        text: QWidget = Banner("warning", tr(again)) if what == AGAIN else PlainLabel(tr(TEXTS[what]), wrap=True)
        foot = QWidget()
        row(foot, cancel, self.go).insertStretch(0, 1)
        self.count_box.setVisible(what == AGAIN)
        column(self, Heading(title, self), text, self.reason_box, self.count_box, foot, gap=12,
               margins=(20, 18, 20, 16))  # fmt: skip
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 66)
        self.reason_box.setFocus()
        self._refresh()

    @property
    def reason(self) -> str:
        return self.reason_box.reason

    def _refresh(self) -> None:
        typed = "".join(char for char in self.count_box.text() if char.isdecimal())
        self.go.setEnabled(bool(self.reason) and (not self._count or typed == str(self._count)))


class RowByRowDialog(QDialog):
    """Ticked rows arrived; the others stay unknown unless a person says that they did not. Accepted: `arrived` and
    `others` (those that did not arrive) are ids. `copied`: lines for the clipboard, where they are not the titles;
    `events` as of `DecideDialog`."""

    def __init__(
        self,
        parent: QWidget,
        rows: Sequence[GridRow],
        titles: Sequence[str],
        copied: Sequence[str] = (),
        *,
        events: bool = True,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("unknown.rows")
        self.setWindowTitle(tr("Decide row by row"))
        self._copied = copied or titles
        self.list = QListWidget()
        self.list.setObjectName("unknown.rows.list")
        self.list.setAccessibleName(tr("Tick the rows that arrived"))
        for one, title in zip(rows, titles, strict=True):
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, one.id)
            item.setCheckState(Qt.CheckState.Unchecked)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, title.replace("\n", ", "))
            self.list.addItem(item)
        self.list.setSpacing(3)
        self.list.setWordWrap(True)  # a row is read whole without scrolling sideways
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setCurrentRow(0)  # Space ticks it
        self.rest = QCheckBox(tr("The rows without a tick did not arrive"))
        self.rest.setObjectName("unknown.rows.rest")
        self.risk = Banner("warning", tr(RISK if events else CONTACTS_RISK))
        self.risk.setObjectName("unknown.rows.risk")
        self.reason_box = ReasonLine("unknown.rows.reason")
        self.told = Muted("", wrap=True)
        self.go = button("unknown.rows.go", tr("Keep this decision"), self.accept, main=True)
        found = "Tick the rows that you have found in the back office" if events else "Tick the rows that have arrived"
        self._lay_out(parent.window().size(), tr(found))
        self.reason_box.textChanged.connect(lambda _text: self._refresh())
        self.list.itemChanged.connect(lambda _item: self._refresh())
        self.rest.toggled.connect(lambda _on: self._refresh())
        self._refresh()

    def _lay_out(self, room: QSize, words: str) -> None:
        copy = button("unknown.rows.copy", tr("Copy the list"), self._copy)
        cancel = button("unknown.rows.cancel", tr("Cancel"), self.reject)
        foot = QWidget()
        row(foot, copy, cancel, self.go).insertStretch(1, 1)
        heading = Heading(words, self)
        heading.setWordWrap(True)
        column(self, heading, self.list, self.rest, self.risk, self.told, self.reason_box, foot, gap=10,
               margins=(20, 18, 20, 16), stretch=1)  # fmt: skip
        self.list.setFocus()
        wide, high = self.fontMetrics().averageCharWidth() * 90, self.fontMetrics().height() * 30
        self.resize(min(wide, room.width() - EDGE), min(high, room.height() - EDGE))

    def _copy(self) -> None:
        """To look for them elsewhere: who, when, and our own number."""
        QGuiApplication.clipboard().setText("\n".join(self._copied))

    def _ids(self, ticked: bool) -> list[int]:
        items = [self.list.item(place) for place in range(self.list.count())]
        return [
            int(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if (item.checkState() is Qt.CheckState.Checked) is ticked
        ]

    @property
    def arrived(self) -> list[int]:
        return self._ids(ticked=True)

    @property
    def others(self) -> list[int]:
        return self._ids(ticked=False) if self.rest.isChecked() else []

    @property
    def reason(self) -> str:
        return self.reason_box.reason

    def _refresh(self) -> None:
        arrived, others = len(self.arrived), len(self.others)
        stay = self.list.count() - arrived - others
        parts = [plural(arrived, "1 arrived", "{n} arrived")]
        if others:
            parts.append(plural(others, "1 did not arrive", "{n} did not arrive"))
        if stay:
            parts.append(plural(stay, "1 stays unknown", "{n} stay unknown"))
        self.told.setText(" · ".join(parts))
        self.risk.setVisible(others > 0)
        self.go.setEnabled(bool(self.reason) and arrived + others > 0)
