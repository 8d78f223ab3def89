"""*Fill every row with*, and what stands once in each call: small named fields beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QSizePolicy, QWidget

from crmdesk.core.batch import BatchKind
from crmdesk.core.cells import is_readable, text_of, value_of
from crmdesk.core.fields import FieldKind
from crmdesk.core.grid_columns import GridColumn, columns_of, get, put
from crmdesk.ui.composer.delegate import suggestions
from crmdesk.ui.composer.document import Document
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import Card, FlatButton, Muted, PlainLabel, column, restyle, row, tr
from crmdesk.ui.turning import TickBox

MOST_FILLS = 8
FEW = 4  # options of a call that stand open at once


class SmallField(QWidget):
    """A label above what it is edited with. `given(text)`: a person is done with it."""

    given = Signal(str)

    def __init__(self, name: str, column_: GridColumn, choices: list[str]) -> None:
        super().__init__()
        self.column = column_
        self._text = ""
        spec = column_.spec
        self.box: QLineEdit | QComboBox | TickBox
        if spec.kind is FieldKind.FLAG:
            self.box = TickBox(tr("yes"))
            self.box.on_turn(lambda on: self._done("yes" if on else ""))
        elif choices or spec.words:
            self.box = QComboBox()
            self.box.setEditable(True)
            self.box.addItems(["", *dict.fromkeys([*(code for code, _ in spec.words), *choices])])
            self.box.activated.connect(lambda _place: self._done(self.text()))
            line = self.box.lineEdit()
            assert line is not None  # it is editable
            line.editingFinished.connect(lambda: self._done(self.text()))
        else:
            self.box = QLineEdit()
            self.box.editingFinished.connect(lambda: self._done(self.text()))
        self.box.setObjectName(name)
        self.box.setAccessibleName(tr(column_.title))
        self.box.setToolTip(tr(spec.hint))
        label = Muted(tr(column_.title))
        label.setBuddy(self.box)
        column(self, label, self.box, gap=2)
        self.box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 19)

    def text(self) -> str:
        if isinstance(self.box, TickBox):
            return "yes" if self.box.isChecked() else ""
        return self.box.currentText() if isinstance(self.box, QComboBox) else self.box.text()

    def take(self) -> None:
        """What is being typed counts, without Enter."""
        self._done(self.text())

    def put(self, text: str) -> None:
        """Show a text that nobody typed just now."""
        if text == self._text == self.text():
            return
        self._text = text
        if isinstance(self.box, TickBox):
            self.box.setChecked(text == "yes")
        elif isinstance(self.box, QComboBox):
            self.box.setEditText(text)
        else:
            self.box.setText(text)
        self._mark()

    def _done(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self._mark()
            self.given.emit(text)

    def _mark(self) -> None:
        spec = self.column.spec
        value = value_of(spec, self._text)
        wrong = value is not None and not is_readable(spec, value)
        if bool(self.box.property("wrong")) != wrong:  # styling anew takes a millisecond
            self.box.setProperty("wrong", wrong)
            restyle(self.box)


class FieldsBar(Card):
    """Small fields beside each other, made anew when the document is of another kind."""

    def __init__(self, document: Document, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.document = document
        self.fields: dict[str, SmallField] = {}
        self._kind: BatchKind | None = None
        self._flowing = QWidget()
        self._flow = FlowLayout(14)
        self._flowing.setLayout(self._flow)
        document.changed.connect(self.refresh)

    def refresh(self) -> None:
        """After the document: fields of another kind, and their texts."""
        if self._kind is not self.document.kind:
            self._kind = self.document.kind
            self._build()
        for field in self.fields.values():
            if not field.box.hasFocus():
                field.put(self._text(field.column))

    def _build(self) -> None:
        for field in self.fields.values():
            field.hide()
            field.deleteLater()
        self.fields = {}
        for column_ in self._columns():
            choices = self._choices(column_.path)
            field = self.fields[column_.path] = SmallField(f"{self.objectName()}.{column_.path}", column_, choices)
            field.given.connect(lambda text, column_=column_: self._given(column_, text))
            self._flow.addWidget(field)
        self.setVisible(bool(self.fields))

    def _columns(self) -> Sequence[GridColumn]:
        raise NotImplementedError

    def _choices(self, _path: str) -> list[str]:
        return []

    def _text(self, column_: GridColumn) -> str:
        raise NotImplementedError

    def _given(self, column_: GridColumn, text: str) -> None:
        raise NotImplementedError


class FillBar(FieldsBar):
    """The fields that are mostly the same in every row."""

    def __init__(self, document: Document) -> None:
        super().__init__(document, "composer.fill")
        label = PlainLabel(tr("Fill every row with"))
        label.setObjectName("composer.fill.label")
        row(self, label, self._flowing, gap=16, margins=(14, 8, 14, 8), stretch=1)

    def refresh(self) -> None:
        super().refresh()
        self.setEnabled(not self.document.busy and (self.document.draft or any(r.editable for r in self.document.rows)))

    def _columns(self) -> Sequence[GridColumn]:
        who, columns = self.document.kind.who, self.document.columns
        return [one for one in columns if one.essential and one.path not in who and one.line < 0][:MOST_FILLS]

    def _choices(self, path: str) -> list[str]:
        return suggestions(self.document, path)

    def _text(self, column_: GridColumn) -> str:
        return self.document.fills.get(column_.path, "")

    def _given(self, column_: GridColumn, text: str) -> None:
        self.document.fill(column_.path, text, tr("Filling every row"))


class RequestBar(FieldsBar):
    """What a call says once for all its rows: a currency, options, a purchase."""

    def __init__(self, document: Document) -> None:
        super().__init__(document, "composer.request")
        self.fold = FlatButton("composer.request.fold", "")
        self.fold.setCheckable(True)
        self.fold.toggled.connect(lambda _on: self._fold())
        head = QWidget()
        self.told = Muted("")
        row(head, PlainLabel(tr("Once for the call")), self.told, self.fold, gap=16, stretch=1)
        column(self, head, self._flowing, gap=6, margins=(14, 8, 14, 8))
        self.setVisible(False)

    def _fold(self) -> None:
        """Many options are folded away until somebody asks for them; what is set is told beside them."""
        request = self.document.submission.request
        given = [tr(one.column.title) for path, one in self.fields.items() if get(request, path) not in (None, "")]
        self.told.setText(", ".join(given) if given else tr("Nothing set."))
        self.told.setVisible(len(self.fields) > FEW)
        self.fold.setVisible(len(self.fields) > FEW)
        self.fold.setText(tr("Fewer") if self.fold.isChecked() else tr("Options…"))
        self._flowing.setVisible(len(self.fields) <= FEW or self.fold.isChecked())

    def refresh(self) -> None:
        super().refresh()
        self._fold()
        self.setEnabled(self.document.draft)

    def _columns(self) -> Sequence[GridColumn]:
        return columns_of(BatchKind("", "", self.document.kind.request))

    def _text(self, column_: GridColumn) -> str:
        return text_of(column_.spec, get(self.document.submission.request, column_.path))

    def _given(self, column_: GridColumn, text: str) -> None:
        request: Mapping[str, Any] = self.document.submission.request
        self.document.change(request=put(request, column_.path, value_of(column_.spec, text, self.document.reading)))
        self._fold()
