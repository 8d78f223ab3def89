"""The builder: one condition put together from field, operator and value. It writes the search grammar's filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QDate, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QSpinBox,
    QStackedWidget,
    QWidget,
)

from crmdesk.core.filter_words import LABELS, shown
from crmdesk.core.filters import Filter, ops
from crmdesk.core.query import CHOICES
from crmdesk.core.query_nodes import Op
from crmdesk.core.said import mark
from crmdesk.ui.kit import Heading, Muted, Popover, button, column, row, tr

FIELDS = (
    "name", "email", "phone", "company", "city", "zip", "state", "country", "lang", "address", "notes", "website",
    "gender", "type", "vendor", "account", "is", "has", "no", "consent", "updated", "created", "fetched", "stale", "by",
    "event", "id",
)  # fmt: skip
UNITS = (("d", mark("days")), ("w", mark("weeks")), ("m", mark("months")), ("y", mark("years")), ("h", mark("hours")))
AGES = (Op.LAST, Op.OLDER)
DATES = (Op.ON, Op.BEFORE, Op.UNTIL, Op.AFTER, Op.SINCE)
HINTS = {
    "country": "Name or two-letter code, several parted by commas",
    "lang": "Name or code of the language",
    "by": "Who changed the contact here; several parted by commas",
    "event": "Number or kind of what was sent about the contact in bulk; several parted by commas",
    "type": "The vendor's word for it, such as Guest, Booker or Company; several parted by commas",
}
ANY_OF = "Tick one, or several: any of them"
MOST_LINES = 7  # of choices in sight
VALUE_ROLE = Qt.ItemDataRole.UserRole


class FilterEditor(Popover):
    """`done(Filter)` when it is complete. `choices` adds values for `vendor`, `account` and `by`: (value, words)."""

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
            widget.setAccessibleDescription(words)  # on Linux Qt takes the value for the name
        for key in FIELDS:
            if ops(key):
                self.field.addItem(tr(LABELS[key]), key)
        self.turn.addItem(tr("Contacts where"), False)
        self.turn.addItem(tr("Contacts where not"), True)
        self._values()
        self.apply = button("filter.apply", tr("Add filter"), self._finish, main=True)
        cancel = button("filter.cancel", tr("Cancel"), self.close)
        last, first = QWidget(), QWidget()
        row(last, cancel, self.apply).insertStretch(0, 1)
        row(first, self.field, self.op, stretch=0)
        column(self, Heading(tr("Filter")), self.turn, first, self.value, self.hint, last, margins=(16, 14, 16, 14))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 52)
        self.field.currentIndexChanged.connect(lambda _index: self._field_changed())
        self.op.currentIndexChanged.connect(lambda _index: self._op_changed())
        self._field_changed()

    def _values(self) -> None:
        """One input per kind of value, stacked."""
        self.text, self.choice, self.hint = QLineEdit(), QListWidget(), Muted("", wrap=True)
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
        age, dates, choices, self.value = QWidget(), QWidget(), QWidget(), QStackedWidget()
        column(choices, self.choice)
        row(age, self.amount, self.unit)
        row(dates, self.date, self.until)
        self._pages = (self.text, choices, age, dates, QWidget())
        for page in self._pages:
            self.value.addWidget(page)
        self.value.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.text.textChanged.connect(lambda _text: self._check())
        self.choice.itemChanged.connect(lambda _item: self._check())
        self.choice.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.choice.setTextElideMode(Qt.TextElideMode.ElideMiddle)

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
            self.tick(*one.values)
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
            return self.ticked() or None
        values = tuple(part.strip() for part in self.text.text().split(",") if part.strip())
        return values or None

    def ticked(self) -> tuple[str, ...]:
        """The chosen values, in the list's order."""
        items = [self.choice.item(place) for place in range(self.choice.count())]
        return tuple(str(item.data(VALUE_ROLE)) for item in items if item.checkState() == Qt.CheckState.Checked)

    def tick(self, *values: str) -> None:
        """Choose exactly these; one that the list does not have is added to it."""
        listed = [self.choice.item(place).data(VALUE_ROLE) for place in range(self.choice.count())]
        for value in values:
            if value not in listed:
                self._add_choice(value, shown(str(self.field.currentData()), value))
        for place in range(self.choice.count()):
            item = self.choice.item(place)
            item.setCheckState(Qt.CheckState.Checked if item.data(VALUE_ROLE) in values else Qt.CheckState.Unchecked)

    def _add_choice(self, value: str, words: str) -> None:
        item = QListWidgetItem(words, self.choice)
        item.setData(VALUE_ROLE, value)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable)
        item.setCheckState(Qt.CheckState.Unchecked)
        item.setSizeHint(QSize(0, self.fontMetrics().height() + 10))

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
        self._fill_choices()
        typed = HINTS.get(field, "Several values parted by commas: any of them")
        self.hint.setText(tr(ANY_OF if self._options() else typed))
        self._op_changed()

    def _fill_choices(self) -> None:
        self.choice.clear()
        for value, words in self._options():
            self._add_choice(value, words)
        if self.choice.count():
            self.choice.setCurrentRow(0)
            lines = min(self.choice.count(), MOST_LINES)
            self.choice.setFixedHeight(lines * self.choice.sizeHintForRow(0) + 2 * self.choice.frameWidth())

    def _op_changed(self) -> None:
        if self.op.currentData() is None:
            return
        op = Op(self.op.currentData())
        page = 4 if op is Op.EMPTY else 2 if op in AGES else 3 if op in DATES or op is Op.BETWEEN else 0
        if page == 0 and self._options():
            page = 1
        self._show_page(page)
        self.until.setVisible(op is Op.BETWEEN)
        self.hint.setVisible(page < 2)
        self._check()

    def _show_page(self, page: int) -> None:
        """Only the page in sight takes room: a list of choices is higher than a line of text."""
        for place, shown_page in enumerate(self._pages):
            tall = QSizePolicy.Policy.Preferred if place == page else QSizePolicy.Policy.Ignored
            shown_page.setSizePolicy(QSizePolicy.Policy.Preferred, tall)
        self.value.setCurrentIndex(page)
        if self.isVisible():
            self.adjustSize()

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
