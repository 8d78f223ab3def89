"""The builder: one condition put together from field, operator and value. It writes the search grammar's filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QDate, QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QComboBox, QDateEdit, QLineEdit, QSizePolicy, QSpinBox, QStackedWidget, QWidget

from crmdesk.core.filters import LABELS, Filter, ops, shown
from crmdesk.core.query import CHOICES
from crmdesk.core.query_nodes import Op
from crmdesk.ui.kit import Heading, Muted, Popover, button, column, row, tr

FIELDS = (
    "name", "email", "phone", "company", "city", "zip", "state", "country", "lang", "address", "notes", "website",
    "gender", "vendor", "account", "is", "has", "no", "updated", "created", "fetched", "stale", "id",
)  # fmt: skip
UNITS = (("d", "days"), ("w", "weeks"), ("m", "months"), ("y", "years"), ("h", "hours"))
AGES = (Op.LAST, Op.OLDER)
DATES = (Op.ON, Op.BEFORE, Op.UNTIL, Op.AFTER, Op.SINCE)
HINTS = {
    "country": "Name or two-letter code, several parted by commas",
    "lang": "Name or code of the language",
}


class FilterEditor(Popover):
    """`done(Filter)` when it is complete. `choices` adds values for `vendor` and `account`: (value, words)."""

    done = Signal(object)

    def __init__(self, parent: QWidget, choices: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        super().__init__(parent)
        self.setObjectName("filter.editor")
        self.setWindowFlags(Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._choices = choices
        self.field, self.op, self.turn = QComboBox(), QComboBox(), QComboBox()
        for name, words, widget in (
            ("filter.field", tr("Field"), self.field),
            ("filter.op", tr("Condition"), self.op),
            ("filter.turn", tr("Must or must not"), self.turn),
        ):
            widget.setObjectName(name)
            widget.setAccessibleName(words)
        for key in FIELDS:
            if ops(key):
                self.field.addItem(tr(LABELS[key]), key)
        self.turn.addItem(tr("Contacts where"), False)
        self.turn.addItem(tr("Contacts where not"), True)
        self._values()
        self.apply = button("filter.apply", tr("Add filter"), self._finish, main=True)
        cancel = button("filter.cancel", tr("Cancel"), self.close)
        last, first = QWidget(), QWidget()
        row(last, self.apply, cancel).insertStretch(0, 1)
        row(first, self.field, self.op, stretch=0)
        column(self, Heading(tr("Filter")), self.turn, first, self.value, self.hint, last, margins=(16, 14, 16, 14))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 52)
        self.field.currentIndexChanged.connect(lambda _index: self._field_changed())
        self.op.currentIndexChanged.connect(lambda _index: self._op_changed())
        self._field_changed()

    def _values(self) -> None:
        """One input per kind of value, stacked."""
        self.text, self.choice, self.hint = QLineEdit(), QComboBox(), Muted("", wrap=True)
        self.amount, self.unit = QSpinBox(), QComboBox()
        self.date, self.until = QDateEdit(QDate.currentDate()), QDateEdit(QDate.currentDate())
        self.amount.setRange(1, 9999)
        self.amount.setValue(7)
        for key, words in UNITS:
            self.unit.addItem(tr(words), key)
        for name, label, widget in (
            ("filter.text", tr("Value"), self.text),
            ("filter.choice", tr("Value"), self.choice),
            ("filter.amount", tr("How many"), self.amount),
            ("filter.unit", tr("Unit of time"), self.unit),
            ("filter.date", tr("Date"), self.date),
            ("filter.until", tr("Last date"), self.until),
        ):
            widget.setObjectName(name)
            widget.setAccessibleName(label)
        for date in (self.date, self.until):
            date.setCalendarPopup(True)
        age, dates, self.value = QWidget(), QWidget(), QStackedWidget()
        row(age, self.amount, self.unit)
        row(dates, self.date, self.until)
        for page in (self.text, self.choice, age, dates, QWidget()):
            self.value.addWidget(page)
        self.value.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.text.textChanged.connect(lambda _text: self._check())

    # -- showing a filter --------------------------------------------------------------------------------------------

    def edit(self, one: Filter | None) -> None:
        """Fill in `one`, or start a new filter."""
        self.apply.setText(tr("Add filter") if one is None else tr("Change filter"))
        self.turn.setCurrentIndex(int(one.negated) if one else 0)
        if one is None:
            return
        self.field.setCurrentIndex(max(0, self.field.findData(one.field)))
        self.op.setCurrentIndex(max(0, self.op.findData(one.op)))
        if one.op in AGES and one.values:
            self.amount.setValue(int("".join(filter(str.isdecimal, one.values[0])) or 1))
            self.unit.setCurrentIndex(max(0, self.unit.findData(one.values[0][-1:])))
        elif one.op in DATES or one.op is Op.BETWEEN:
            for box, value in zip((self.date, self.until), one.values, strict=False):
                date = QDate.fromString(value, "yyyy-MM-dd")
                box.setDate(date if date.isValid() else QDate.currentDate())
        else:
            self.text.setText(", ".join(one.values))
            self.choice.setCurrentIndex(max(0, self.choice.findData(one.values[0] if one.values else "")))
        self._check()

    def open_below(self, widget: QWidget) -> None:
        self.adjustSize()
        self.move(widget.mapToGlobal(QPoint(0, widget.height() + 4)))
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    # -- reading it --------------------------------------------------------------------------------------------------

    def filter(self) -> Filter | None:
        """The filter as it stands; None while a value is missing."""
        op: Op = Op(self.op.currentData())
        values = self._read(op)
        if values is None:
            return None
        return Filter(str(self.field.currentData()), op, values, bool(self.turn.currentData()))

    def _read(self, op: Op) -> tuple[str, ...] | None:
        if op is Op.EMPTY:
            return ()
        if op in AGES:
            return (f"{self.amount.value()}{self.unit.currentData()}",)
        if op in DATES:
            return (self.date.date().toString("yyyy-MM-dd"),)
        if op is Op.BETWEEN:
            both = sorted((self.date.date().toString("yyyy-MM-dd"), self.until.date().toString("yyyy-MM-dd")))
            return tuple(both)
        if self._options():
            return (str(self.choice.currentData()),)
        values = tuple(part.strip() for part in self.text.text().split(",") if part.strip())
        return values or None

    def _options(self) -> Sequence[tuple[str, str]]:
        field = str(self.field.currentData())
        if field in self._choices:
            return self._choices[field]
        return [(value, tr(shown(field, value)).capitalize()) for value in CHOICES.get(field, ())]

    def _field_changed(self) -> None:
        field = str(self.field.currentData())
        self.op.clear()
        for op in ops(field):
            self.op.addItem(tr(op.value), op)
        self.op.setVisible(self.op.count() > 1)
        self.choice.clear()
        for value, words in self._options():
            self.choice.addItem(words, value)
        self.hint.setText(tr(HINTS.get(field, "Several values parted by commas: any of them")))
        self._op_changed()

    def _op_changed(self) -> None:
        if self.op.currentData() is None:
            return
        op = Op(self.op.currentData())
        page = 4 if op is Op.EMPTY else 2 if op in AGES else 3 if op in DATES or op is Op.BETWEEN else 0
        if page == 0 and self._options():
            page = 1
        self.value.setCurrentIndex(page)
        self.until.setVisible(op is Op.BETWEEN)
        self.hint.setVisible(page == 0)
        self._check()

    def _check(self) -> None:
        self.apply.setEnabled(self.filter() is not None)

    def _finish(self) -> None:
        made = self.filter()
        if made is not None:
            self.close()
            self.done.emit(made)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        parent = self.parentWidget()
        if parent is not None:
            parent.setFocus(Qt.FocusReason.PopupFocusReason)
