"""Two contacts of one account become one: which values stay, what would be lost, whether the other one is deleted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QButtonGroup, QCheckBox, QDialog, QRadioButton, QWidget

from crmdesk.core.merge import same
from crmdesk.core.survivor import MergeField
from crmdesk.core.tasks import PartScope, TaskScope
from crmdesk.ui.cards.sides import Side
from crmdesk.ui.kit import Banner, Card, Heading, Muted, PlainLabel, button, column, plural, row, scroll, tooltip, tr
from crmdesk.ui.outbox.speech import SPEECH
from crmdesk.ui.reading import set_order, stops
from crmdesk.ui.turning import Choice
from crmdesk.ui.words import breakable

if TYPE_CHECKING:
    from crmdesk.sync.card_records import MergePlan

EDGE = 40  # pixels of the window that stay in sight around it
LINES_HIGH = 36  # of the fields in sight
LONG_WORD = 24


class MergeDialog(QDialog):
    """`plan(keep id, drop id)` reads a MergePlan. Accepted: do `current` with `choices`, and `deleting` or not."""

    def __init__(
        self, parent: QWidget, scope: TaskScope, plan: Callable[[int, int], Any], sides: tuple[Side, Side]
    ) -> None:
        super().__init__(parent)
        self.setObjectName("merge")
        self.setWindowTitle(tr("Merge two contacts"))
        self.owned, self._plan, self._sides = PartScope(scope), plan, sides
        self.current: MergePlan | None = None  # the MergePlan that is shown
        self._fields: list[FieldChoice] = []
        self._make_survivor()
        self.lost = Banner("warning", "")
        self.lost.setObjectName("merge.lost")
        self._body = QWidget()
        self._column = column(self._body, gap=8)
        self._area = scroll(self._body, "merge.area")
        self._make_foot()
        heading = Heading(tr("Merge two contacts into one"), self)
        parts = (heading, self._survivor, self.lost, self._area, self.deleting_box, self.note, self._foot)
        column(self, *parts, gap=12, margins=(20, 18, 20, 16), stretch=3)
        room = parent.window().size()
        letters, lines = self.fontMetrics().averageCharWidth(), self.fontMetrics().height()
        self.resize(min(letters * 100, room.width() - EDGE), min(lines * (LINES_HIGH + 14), room.height() - EDGE))
        self._read(0)

    # building

    def _make_survivor(self) -> None:
        """Which of both stays."""
        self._survivor, self._group = Card(), QButtonGroup(self)
        parts: list[QWidget] = [PlainLabel(tr("Which of them stays?"))]
        for place, side in enumerate(self._sides):
            made = Choice(f"{side.name}   #{side.remote_id}".replace("&", "&&"))
            made.setObjectName(f"merge.keep.{place}")
            made.setAccessibleName(f"{side.told()}, {side.remote_id}")
            made.setChecked(place == 0)
            made.on_turn(partial(self._chosen, place))
            self._group.addButton(made)
            parts.append(made)
        column(self._survivor, *parts, gap=6, margins=(14, 10, 14, 12))

    def _make_foot(self) -> None:
        self.delete = QCheckBox(tr("Then delete the other one"))
        self.delete.setObjectName("merge.delete")
        self.delete.toggled.connect(lambda _on: self._show_note())
        self.why = Muted("", wrap=True)
        self.deleting_box = QWidget()
        column(self.deleting_box, self.delete, self.why, gap=2)
        self.note = Muted("", wrap=True)
        self.note.setObjectName("merge.note")
        self.go = button("merge.go", tr("Queue it"), self.accept, main=True)
        self.go.setDefault(True)
        self.cancel = button("merge.cancel", tr("Cancel"), self.reject)
        self._foot = QWidget()
        row(self._foot, self.cancel, self.go).insertStretch(0, 1)

    # what is shown

    def _chosen(self, place: int, _on: bool) -> None:
        self._read(place)

    def _read(self, keep: int) -> None:
        self.go.setEnabled(False)
        self.owned.start(self._show(keep), what="Compare two contacts", key="merge plan")

    async def _show(self, keep: int) -> None:
        from crmdesk.core.errors import CrmDeskError
        from crmdesk.ui.feedback import error_words

        sides = self._sides if not keep else self._sides[::-1]
        self.current = None
        self._clear()
        try:
            self.current = await self._plan(sides[0].contact_id, sides[1].contact_id)
        except CrmDeskError as error:
            self.lost.set("error", " ".join(error_words(error)).strip())
            self.lost.show()
            return
        for field in self.current.fields:
            made = FieldChoice(field)
            made.changed = self._show_note
            self._fields.append(made)
            self._column.addWidget(made)
            made.show()
        if not self._fields:
            self._column.addWidget(Muted(tr("The one that goes has nothing that the other one lacks."), wrap=True))
        self._column.addStretch(1)
        why = self.current.why_no_delete
        self.delete.setEnabled(why is None)
        self.delete.setToolTip(tooltip(tr(why) if why else ""))
        self.why.setText(tr(why) if why else tr("It goes to the trash and can be brought back for 30 days."))
        self._show_note()

    def _clear(self) -> None:
        self._fields = []
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.setParent(None)
                old.deleteLater()

    def _show_note(self) -> None:
        """What would be lost, first; and what will stand in the outbox."""
        if self.current is None:
            return
        lost = [tr(field.spec.label) for field in self.current.lost(self.choices)]
        text = tr("These values of the one that goes would be in no contact any more: {fields}.")
        self.lost.set("warning", text.replace("{fields}", ", ".join(dict.fromkeys(lost))))
        self.lost.setVisible(bool(lost) and self.deleting)
        edits = sum(field.edits() for field in self._fields)
        one, many = "1 field of the one that stays is changed.", "{n} fields of the one that stays are changed."
        steps = [plural(edits, one, many)] if edits else []
        if self.deleting:
            steps.append(tr("Then the other one is deleted.") if steps else tr("The other one is deleted."))
        one_step = tr("It stands in the outbox and can be undone.")
        ends = (tr("Nothing would be done."), one_step, tr("Both stand in the outbox and can be undone."))
        self.note.setText(" ".join([*steps, ends[len(steps)]]))
        self.go.setEnabled(bool(steps))

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes as it is read: the fields are made after the buttons below them."""
        set_order([*stops(self)])
        return super().focusNextPrevChild(forward)

    # the answer

    @property
    def choices(self) -> dict[str, Any]:
        """Values by path."""
        return {field.path: field.value for field in self._fields}

    @property
    def deleting(self) -> bool:
        return self.delete.isEnabled() and self.delete.isChecked()


class FieldChoice(Card):
    """One field that differs: the value of either, or both together."""

    changed: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, field: MergeField) -> None:
        super().__init__()
        self._field, self.path = field, field.spec.path
        self.setObjectName(f"merge.field.{self.path}")
        label = tr(field.spec.label)
        self.setAccessibleName(label)
        self._group = QButtonGroup(self)
        self._values: dict[QRadioButton, Any] = {}
        parts: list[QWidget] = [Heading(label, factor=1.0)]
        options = [("keep", tr("Of the one that stays"), field.keep), ("drop", tr("Of the one that goes"), field.drop)]
        if field.both is not None:
            options.append(("both", tr("Both"), field.both))
        for key, title, value in options:
            parts.append(self._option(key, title, value))
        column(self, *parts, gap=5, margins=(14, 8, 14, 10))

    def _option(self, key: str, title: str, value: Any) -> QWidget:
        text = SPEECH.value(self._field.spec, value) or tr("empty")
        radio = QRadioButton(title)
        radio.setObjectName(f"merge.field.{self.path}.{key}")
        radio.setAccessibleName(f"{tr(self._field.spec.label)}, {title}: {text}")
        radio.setChecked(not self._values_checked() and same(value, self._field.proposed))
        radio.toggled.connect(lambda _on: self.changed())
        self._group.addButton(radio)
        self._values[radio] = value
        box, below = QWidget(), PlainLabel(breakable(text, LONG_WORD), wrap=True)
        below.setContentsMargins(26, 0, 0, 0)
        column(box, radio, below, gap=1)
        return box

    def _values_checked(self) -> bool:
        return any(radio.isChecked() for radio in self._values)

    @property
    def value(self) -> Any:
        """The chosen value, as JSON."""
        return next((value for radio, value in self._values.items() if radio.isChecked()), self._field.proposed)

    def edits(self) -> bool:
        """Whether the one that stays is changed by it."""
        return not same(self._field.keep, self.value)
