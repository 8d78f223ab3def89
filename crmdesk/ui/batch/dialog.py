"""*Change a field of the selected contacts*: field, what to do, and what will come of it, before anything is saved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QLineEdit,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.outbox import FieldChange
from crmdesk.core.tasks import PartScope, TaskScope
from crmdesk.core.vendor import Vendor
from crmdesk.ui.batch.plan import (
    GONE,
    Candidate,
    Common,
    Result,
    Selection,
    Way,
    Wish,
    common,
    in_order,
    result_of,
    sort_out,
)
from crmdesk.ui.batch.preview import PreviewModel, PreviewTable
from crmdesk.ui.busy import Busy
from crmdesk.ui.editor.controls import Control, control_of
from crmdesk.ui.feedback import announce, error_words
from crmdesk.ui.kit import Banner, Heading, Muted, PlainLabel, button, column, number, plural, row, tr
from crmdesk.ui.reading import set_order, stops

if TYPE_CHECKING:
    from crmdesk.store.reader import Reader
    from crmdesk.sync.edits import Edits
    from crmdesk.sync.verbs import Saved

TYPED_MS = 150  # after a key the preview is made anew
SHOWN_FROM = 500  # contacts: more show how far the work is
EDGE = 40  # pixels of the window that stay in sight around it
CHUNK = 250  # contacts of one piece of work, so that it can be stopped and its progress seen


class BatchDialog(QDialog):
    """Accepted once everything is saved; `saved` is then what `edits.save_many` gave. `vendor_of(account id)`."""

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        reader: Reader,
        edits: Edits,
        vendor_of: Callable[[int], Vendor | None],
        ids: Sequence[int],
    ) -> None:
        super().__init__(parent)
        self.setObjectName("batch")
        self.setWindowTitle(tr("Change a field"))
        self._scope, self.owned = scope, PartScope(scope)  # what saves goes on, whatever becomes of the dialog
        self._reader, self._edits, self._vendor_of, self._ids = reader, edits, vendor_of, ids
        self.saved: Saved | None = None
        self._selection = Selection()
        self._fields: list[Common] = []
        self._results: list[Result] = []
        self._control: Control | None = None
        self._saving = False
        self._fresh = False  # the preview is of what stands in the form now
        self._soon = QTimer(self, singleShot=True, interval=TYPED_MS)
        self._soon.timeout.connect(self._preview)
        self._make_form()
        self._make_foot()
        heading = plural(len(ids), "Change a field of 1 contact", "Change a field of {n} contacts")
        parts = (Heading(heading, self), self.barred, self.leave, self._form, self.counts, self.skip, self.table)
        column(self, *parts, self.busy, self.problem, self._foot, gap=10, margins=(20, 18, 20, 16), stretch=6)
        letters = self.fontMetrics().averageCharWidth()
        room = parent.window().size()
        wide, high = min(letters * 170, 1200), self.fontMetrics().height() * 40
        self.resize(min(wide, room.width() - EDGE), min(high, room.height() - EDGE))
        self.owned.start(self._load(), what="Read the selected contacts", key="batch.load")

    # -- building ----------------------------------------------------------------------------------------------------

    def _make_form(self) -> None:
        self.barred = Banner("warning", "")
        self.barred.setObjectName("batch.barred")
        self.leave = self._tick("batch.leave", "")
        self.field, self.way = QComboBox(), QComboBox()
        self.sought, self.instead = QLineEdit(), QLineEdit()
        self.none = Muted("", wrap=True)
        for name, words, widget in (
            ("batch.field", tr("Field"), self.field),
            ("batch.way", tr("What to do"), self.way),
            ("batch.find", tr("Text to look for"), self.sought),
            ("batch.put", tr("Text to put in its place"), self.instead),
        ):
            widget.setObjectName(name)
            widget.setAccessibleName(words)
        self.sought.setPlaceholderText(tr("Text to look for"))
        self.instead.setPlaceholderText(tr("Text to put in its place"))
        self.value, both = QStackedWidget(), QWidget()
        self._one = QWidget()
        column(self._one).addStretch(1)
        row(both, self.sought, self.instead, gap=8)
        for page in (self._one, both, self.none):
            self.value.addWidget(page)
        self._form = QWidget()
        grid = QGridLayout(self._form)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(2, 1)
        parts: list[tuple[str, QWidget]] = [(tr("Field"), self.field), (tr("Do"), self.way), ("", self.value)]
        for place, (words, part) in enumerate(parts):
            label = PlainLabel(words)
            label.setBuddy(part)
            grid.addWidget(label, 0, place)
            grid.addWidget(part, 1, place)
        self.value.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        for combo in (self.field, self.way):
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.field.currentIndexChanged.connect(lambda _index: self._field_chosen())
        self.way.currentIndexChanged.connect(lambda _index: self._way_chosen())
        self.sought.textEdited.connect(lambda _text: self._changed())
        self.instead.textEdited.connect(lambda _text: self._changed())

    def _make_foot(self) -> None:
        self.counts = PlainLabel("", wrap=True)
        self.counts.setObjectName("batch.counts")
        self.skip = self._tick("batch.skip", "")
        self.model = PreviewModel()
        self.table = PreviewTable(self.model)
        self.busy = Busy("batch.busy", self._stop)
        self.problem = Banner("error", "")
        self.problem.setObjectName("batch.problem")
        self.apply = button("batch.apply", tr("Change"), self._apply, main=True)
        self.cancel = button("batch.cancel", tr("Cancel"), self.reject)
        self._foot = QWidget()
        self.why = Muted("", wrap=True)
        self.why.setObjectName("batch.why")
        row(self._foot, self.why, self.cancel, self.apply, stretch=0)
        for widget in (self.barred, self.leave, self.skip, self.problem, self.busy):
            widget.hide()
        self._form.setEnabled(False)
        self.apply.setDefault(True)
        self._refresh()

    def _tick(self, name: str, words: str) -> QCheckBox:
        made = QCheckBox(words)
        made.setObjectName(name)
        made.toggled.connect(lambda _on: self._refresh())
        return made

    # -- reading the contacts ----------------------------------------------------------------------------------------

    async def _load(self) -> None:
        done, selection = 0, Selection()
        self._show_busy(tr("Reading the contacts…"), 0)
        async for details in self._reader.each(self._ids, CHUNK):
            await asyncio.to_thread(sort_out, details, self._vendor_of, self._edits.why_not, selection)
            done += len(details)
            self._show_busy(tr("Reading the contacts…"), done)
        selection.bar(GONE, len(self._ids) - done)
        self.busy.hide()
        self._selection = selection
        self._show_barred()
        keys = dict.fromkeys(candidate.vendor for candidate in selection.candidates)
        found = {candidate.vendor: self._vendor_of(candidate.row.account_id) for candidate in selection.candidates}
        self._fields = common({key: vendor.fields for key in keys if (vendor := found[key]) is not None})
        self._fill_fields()

    def _show_busy(self, words: str, done: int) -> None:
        """Only where there is much to do: little is done before it could be read."""
        if len(self._ids) > SHOWN_FROM:
            self.busy.show()
            self.busy.set(words, done, len(self._ids), fresh=not done)

    def _show_barred(self) -> None:
        left, total = self._selection.left_out, len(self._ids)
        reasons = [f"{reason} ({number(count)})" for reason, count in self._selection.barred.items()]
        first = tr("{n} of {total} contacts cannot be changed:")
        first = first.replace("{n}", number(left)).replace("{total}", number(total))
        self.barred.set("warning", f"{first} {' '.join(reasons)}")
        self.barred.setVisible(left > 0)
        self.leave.setText(plural(left, "Leave this one out", "Leave these {n} out"))
        self.leave.setVisible(0 < left < total)

    def _fill_fields(self) -> None:
        self.field.blockSignals(True)
        for place, shared in enumerate(self._fields):
            self.field.addItem(tr(shared.label), place)
        self.field.blockSignals(False)
        self._form.setEnabled(bool(self._fields))
        if self._fields:
            self._field_chosen()
            self.field.setFocus()
        else:
            self.counts.setText(
                tr("These contacts have no field in common that can be changed.") if self._selection.candidates else ""
            )
        self._refresh()

    # -- the form ----------------------------------------------------------------------------------------------------

    def _chosen(self) -> Common | None:
        place = self.field.currentData()
        return self._fields[place] if isinstance(place, int) and place < len(self._fields) else None

    def _field_chosen(self) -> None:
        shared = self._chosen()
        if shared is None:
            return
        self.way.blockSignals(True)
        self.way.clear()
        for way in shared.ways:
            self.way.addItem(tr(way.value), way)
        self.way.blockSignals(False)
        if self._control is not None:
            self._control.hide()
            self._control.first.setObjectName("")
            self._control.deleteLater()
        self._control = made = control_of(shared.spec, None, shared.spec.single, self._one)
        made.first.setObjectName("batch.value")
        made.edited.connect(lambda _join: self._changed())
        layout = self._one.layout()
        assert layout is not None
        layout.addWidget(made)
        made.show()  # the layout would do it later, and till then it takes no focus
        set_order([self.way, *stops(made), self.sought])
        self._way_chosen()

    def _way_chosen(self) -> None:
        way = self.way.currentData()
        if way is None:
            return
        page = 1 if way is Way.REPLACE else 2 if way is Way.CLEAR else 0
        self.none.setText(tr("The field will be empty.") if page == 2 else "")
        self.value.setCurrentIndex(page)
        self._changed()

    def _changed(self) -> None:
        """The preview is of something else now."""
        self.owned.cancel("batch.preview")
        self._fresh = False
        self._soon.start()
        self._refresh()

    def wish(self) -> Wish | None:
        """What stands in the form; None while something is missing."""
        shared, way = self._chosen(), self.way.currentData()
        if shared is None or way is None:
            return None
        value = self._control.value() if self._control is not None else None
        made = Wish(shared, way, value, self.sought.text(), self.instead.text())
        return made if made.complete else None

    # -- the preview -------------------------------------------------------------------------------------------------

    def _preview(self) -> None:
        self.owned.start(self._make_preview(self.wish()), what="Show what will change", key="batch.preview")

    async def _make_preview(self, wish: Wish | None) -> None:
        results: list[Result] = []
        waiting = self._selection.candidates if wish is not None else []
        for start in range(0, len(waiting), CHUNK):
            assert wish is not None
            results += await asyncio.to_thread(_results, wish, waiting[start : start + CHUNK])
            self._show_busy(tr("Looking what will change…"), len(results))
        self.busy.hide()
        self._results, self._fresh = in_order(results), True
        self._refresh()
        announce(self, self.counts.text())

    def _kept(self) -> list[Result]:
        return [result for result in self._results if result.changes and not result.problem]

    def _refresh(self) -> None:
        """Counts, boxes to tick and the button say what is so now."""
        change, wrong = len(self._kept()), sum(bool(result.problem) for result in self._results)
        still = len(self._results) - change - wrong
        self.skip.setText(plural(wrong, "Leave out the one with a problem", "Leave out the {n} with a problem"))
        self.skip.setVisible(wrong > 0 and change > 0)
        if self._results or self._fields:
            self.counts.setText(self._count_words(change, still, wrong))
        self.model.show(self._results, skipping=self.skip.isChecked() and change > 0)
        self.apply.setText(plural(change, "Change 1 contact", "Change {n} contacts") if change else tr("Change"))
        reason = self._reason(change, wrong)
        self.apply.setEnabled(not reason)
        self.apply.setToolTip(reason)
        self.apply.setAccessibleDescription(reason)
        self.why.setText(reason if change else "")

    def _count_words(self, change: int, still: int, wrong: int) -> str:
        if not self._results:
            return tr("Say what to put into the field; then every contact is shown here as it will be.")
        parts = [plural(change, "1 contact will change", "{n} contacts will change")]
        if still:
            parts.append(plural(still, "1 stays as it is", "{n} stay as they are"))
        if wrong:
            parts.append(plural(wrong, "1 cannot be saved so", "{n} cannot be saved so"))
        return "   ·   ".join(parts)

    def _reason(self, change: int, wrong: int) -> str:
        """Why it cannot be done now, '' where it can."""
        if not self._fresh or self._saving:
            return tr("The preview is being made.")
        if not change:
            return tr("Nothing would change.")
        if self._selection.left_out and not self.leave.isChecked():
            return tr("Some contacts cannot be changed: say that they are left out.")
        if wrong and not self.skip.isChecked():
            return tr("Some contacts cannot be saved so: say that they are left out, or choose another value.")
        return ""

    # -- saving ------------------------------------------------------------------------------------------------------

    def _apply(self) -> None:
        if self.apply.isEnabled():
            self._saving = True
            edits = [(result.candidate.row.id, (result.change,)) for result in self._kept()]
            self._scope.start(self._save(edits), what="Save the changes", key="batch.save", if_busy="keep")
            self._refresh()

    async def _save(self, edits: Sequence[tuple[int, Sequence[FieldChange]]]) -> None:
        """All in one commit, or none."""
        self._form.setEnabled(False)
        self.problem.hide()
        if len(edits) > SHOWN_FROM:
            self.busy.show()
            self.busy.cancel.hide()
            self.busy.set(tr("Saving…"))
        refused: CrmDeskError | None = None
        try:
            self.saved = await self._edits.save_many(edits)
        except CrmDeskError as error:
            refused = error
        finally:  # whatever it met, the dialog can be closed again
            self._saving = False
        if refused is None:
            self.accept()
        else:
            self._failed(refused)

    def _failed(self, error: CrmDeskError) -> None:
        """Nothing was saved; what was chosen stays."""
        sentences = dict.fromkeys((*error_words(error), tr("Nothing was changed.")))
        self.problem.set("error", " ".join(one for one in sentences if one))
        self.problem.show()
        self.busy.hide()
        self._form.setEnabled(True)
        self._refresh()
        announce(self, self.problem.text(), assertive=True)

    def _stop(self) -> None:
        """Cancel of a long reading or preview."""
        self.owned.cancel("batch.preview")
        self.busy.hide()
        if self.owned.cancel("batch.load"):
            self.reject()

    def done(self, result: int) -> None:
        if self._saving and result == QDialog.DialogCode.Rejected:
            return  # it is being saved: in a moment everything is, or nothing
        self._soon.stop()
        super().done(result)


def _results(wish: Wish, candidates: Sequence[Candidate]) -> list[Result]:
    return [result_of(wish, candidate) for candidate in candidates]
