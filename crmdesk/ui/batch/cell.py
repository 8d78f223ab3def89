"""Editing one cell of the list in place: a line over the cell, checked as in the editor, saved as any other edit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from crmdesk.core.errors import CrmDeskError, RejectedError
from crmdesk.core.fields import FieldKind
from crmdesk.core.merge import alike
from crmdesk.ui.batch.actions import vendor_of
from crmdesk.ui.batch.cells import KINDS, Target, target_of
from crmdesk.ui.contacts.columns import COLUMNS, KEYS, NAME
from crmdesk.ui.editor.inputs import Combo, mark_wrong
from crmdesk.ui.editor.picks import Options, PickLine, options_of
from crmdesk.ui.editor.subject import read, shown_of
from crmdesk.ui.feedback import announce, error_words
from crmdesk.ui.kit import IconWord, PlainLabel, Popover, row, tr

if TYPE_CHECKING:
    from crmdesk.ui.contacts.page import ContactsPage

STAY = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason, Qt.FocusReason.MenuBarFocusReason)


class CellEditing(QObject):
    """`begin` opens the line over the current cell; one at a time."""

    def __init__(self, page: ContactsPage) -> None:
        super().__init__(page)
        self._page = page
        self.line: CellLine | None = None
        table = page.table
        for moved in (table.verticalScrollBar().valueChanged, table.horizontalScrollBar().valueChanged):
            moved.connect(lambda _value: self._follow())
        table.columns.sectionResized.connect(lambda *_: self._follow())
        table.columns.sectionMoved.connect(lambda *_: self._follow())
        table.contacts.modelReset.connect(self._follow)

    def begin(self) -> None:
        """Why it cannot be done is told as a notice."""
        if self.line is not None:
            self.line.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        index = self._page.table.currentIndex()
        key = KEYS[index.column()] if index.isValid() else ""
        if key not in KINDS:
            words = tr("{column} cannot be edited in the list.")
            self._page.copied.emit(words.replace("{column}", tr(COLUMNS[index.column()].title)))
            return
        work = self._open(self._page.table.current_id(), index.column())
        self._page.scope.start(work, what="Edit a cell", key="cell", if_busy="keep")

    async def _open(self, contact_id: int, column: int) -> None:
        page = self._page
        detail = await page.reader.detail(contact_id)
        vendor = vendor_of(page, detail.row.account_id) if detail is not None else None
        if detail is None or vendor is None:
            page.copied.emit(tr("This contact is no longer here."))
            return
        target = target_of(vendor, shown_of(vendor, read(detail.body), detail.ops), KEYS[column])
        if target is None:
            page.copied.emit(_not_one(column, vendor.title))
            return
        if page.table.current_id() == contact_id:  # else somebody has gone on meanwhile
            self.line = CellLine(self, page.table.viewport(), target, contact_id, column)
            self._follow()
            self.line.open()

    def _follow(self) -> None:
        """The list moved under the line; where its contact left the list the line stays where it is."""
        line, table = self.line, self._page.table
        if line is None:
            return
        place = table.contacts.position(line.contact_id)
        if place >= 0:
            table_index = table.contacts.index(place, line.column)
            line.stand(table.visualRect(table_index))

    def save(self, line: CellLine) -> None:
        work = self._save(line, line.text())
        self._page.scope.start(work, what="Save a cell", key="cell.save", if_busy="keep")

    async def _save(self, line: CellLine, text: str) -> None:
        try:
            saved = await self._page.services.edits.save(line.contact_id, (line.target.change(text),))
        except CrmDeskError as error:
            problems = error.problems if isinstance(error, RejectedError) else ()
            line.complain(
                " ".join(dict.fromkeys(tr(one.text) for one in problems)) or " ".join(error_words(error)).strip()
            )
            return
        self.close(line)
        self._page.saved.emit(saved)

    def close(self, line: CellLine) -> None:
        """The focus goes back to the list, if the line had it."""
        if self.line is line:
            self.line = None
        had_focus = line.isAncestorOf(line.window().focusWidget() or self._page)
        line.shut()
        if had_focus:
            self._page.table.setFocus(Qt.FocusReason.OtherFocusReason)


def _not_one(column: int, vendor: str) -> str:
    if column == NAME:
        return tr("At {vendor} the name is made of several fields: edit the contact to change it.").replace(
            "{vendor}", vendor
        )
    words = tr("{column} cannot be edited in the list at {vendor}.").replace("{vendor}", vendor)
    return words.replace("{column}", tr(COLUMNS[column].title))


class CellLine(QFrame):
    """The line itself, and below it what is wrong with its value. Enter and Tab save, Esc gives up; going elsewhere
    saves what can be saved, and never loses what cannot."""

    def __init__(self, owner: CellEditing, viewport: QWidget, target: Target, contact_id: int, column: int) -> None:
        super().__init__(viewport)
        self.setObjectName("list.cell")
        self._owner, self.target, self.contact_id, self.column = owner, target, contact_id, column
        self._viewport, self._closed = viewport, False
        label = tr(target.spec.label)
        self.field = self._make_field(label)
        self.field.installEventFilter(self)
        row(self, self.field)
        self.wrong = Popover(viewport)
        self.wrong.setObjectName("list.cell.problem")
        self._words = PlainLabel("")
        self._words.set_tone("error")
        row(self.wrong, IconWord("cross", "", "error"), self._words, gap=6, margins=(8, 5, 10, 5))
        self.wrong.hide()

    def _make_field(self, label: str) -> QWidget:
        spec = self.target.spec
        if spec.kind is FieldKind.CHOICE:
            combo = Combo("list.cell.value", label)
            for code, words in (("", tr("(empty)")), *spec.words):
                if code or not spec.required:
                    combo.addItem(tr(words), code)
            combo.put(self.target.text)
            return combo
        if spec.kind is FieldKind.COUNTRY:
            pick = CodeLine("list.cell.value", label, partial(options_of, spec))
            pick.setText(options_of(spec).shown(self.target.text) if self.target.text else "")
            pick.picked.connect(lambda code: pick.setText(pick.options().shown(code)))
            return pick
        line = QLineEdit(self.target.text)
        line.setObjectName("list.cell.value")
        line.setAccessibleName(label)
        line.setMaxLength(2000)
        if spec.kind in (FieldKind.EMAIL, FieldKind.PHONES):
            line.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        line.textEdited.connect(lambda _text: self._look_again())
        return line

    def open(self) -> None:
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        if isinstance(self.field, QLineEdit):
            self.field.selectAll()

    def stand(self, cell: Any) -> None:
        """Over this cell, and at least as high and wide as its text needs."""
        high = max(cell.height(), self.field.sizeHint().height())
        wide = max(cell.width(), self.fontMetrics().averageCharWidth() * 22)
        left = max(0, min(cell.left(), self._viewport.width() - wide))
        self.setGeometry(left, cell.center().y() - high // 2, wide, high)
        self._stand_below()

    def _stand_below(self) -> None:
        self.wrong.adjustSize()
        at = QPoint(self.x(), self.y() + self.height() + 3)
        if at.y() + self.wrong.height() > self._viewport.height():
            at.setY(self.y() - self.wrong.height() - 3)
        at.setX(max(0, min(at.x(), self._viewport.width() - self.wrong.width())))
        self.wrong.move(at)
        self.wrong.raise_()

    def text(self) -> str:
        """What would be saved: without blanks at the ends; a code for what names one."""
        if isinstance(self.field, Combo):
            return self.field.code()
        assert isinstance(self.field, QLineEdit)
        typed = self.field.text().strip()
        options = self.field.options() if isinstance(self.field, PickLine) else None
        return (_code(options, typed) if options is not None else "") or typed

    def complain(self, text: str) -> None:
        """Show what is wrong; '' for nothing."""
        if self._closed:
            return
        mark_wrong(self.field, bool(text))
        self.field.setAccessibleDescription(text)
        self.wrong.setVisible(bool(text))
        if text:
            self._words.setText(text)
            self._stand_below()
            announce(self, text, assertive=True)

    def _look_again(self) -> None:
        """Once there is something wrong, each key is looked at."""
        if self.wrong.isVisible():
            found = self.target.problem(self.text())
            self.complain(tr(found.text) if found is not None else "")

    def commit(self) -> None:
        """Save it, or say why it cannot be saved."""
        text = self.text()
        if self._unchanged(text):
            self._owner.close(self)
            return
        found = self.target.problem(text)
        self.complain(tr(found.text) if found is not None else "")
        if found is None:
            self._owner.save(self)

    def _unchanged(self, text: str) -> bool:
        target = self.target
        return text == target.text or alike(target.spec, target.value, target.with_text(text))

    def shut(self) -> None:
        self._closed = True
        for widget in (self, self.wrong):
            widget.hide()
            widget.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._closed:
            return False
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self.commit()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self._owner.close(self)
                return True
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut and event.reason() not in STAY:
            self.commit()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What the line has no use for must not move the list under it."""
        event.accept()


class CodeLine(PickLine):
    """A line that finds codes by their names, with an undo of its own."""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo):
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self.undo()
            return True
        return super().event(event)


def _code(options: Options, typed: str) -> str:
    return options.code_of(typed) if typed else ""
