"""One conflict on screen: what happened, the fields with their versions, what comes of the choices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from crmdesk.core.errors import RejectedError
from crmdesk.core.outbox import Clash, FieldChange
from crmdesk.sync import wording
from crmdesk.ui.conflicts.field_choice import Chosen, FieldChoice
from crmdesk.ui.conflicts.subject import Kind, Subject
from crmdesk.ui.feedback import announce
from crmdesk.ui.kit import Card, Heading, Muted, PlainLabel, column, tr
from crmdesk.ui.outbox.fields_card import fields_card
from crmdesk.ui.outbox.speech import SPEECH
from crmdesk.ui.words import breakable

Choices: TypeAlias = "tuple[tuple[Clash, Chosen], ...]"
SIDES = {"mine": "mine", "theirs": "theirs", "own": "another text"}


class ConflictView(QWidget):
    """`changed`: another choice."""

    changed = Signal()

    def __init__(self, subject: Subject, now: datetime) -> None:
        super().__init__()
        self.setObjectName("conflict.view")
        self.subject = subject
        self.rows: list[FieldChoice] = []
        told = PlainLabel(breakable(subject.explanation(), 24), wrap=True)
        told.setObjectName("conflict.explanation")
        parts: list[QWidget] = [told]
        if subject.kind.chooses:
            columns = subject.columns(now)
            pairs = [(wording.spec_of(clash.path, subject.specs), clash) for clash in subject.op.clashes]
            self.rows = [FieldChoice(clash, spec, columns) for spec, clash in pairs]
            parts += self.rows
            for made in self.rows:
                made.changed.connect(self._follow)
        elif subject.shown():
            titles = (tr("Field"), tr("Before"), tr("Theirs") if subject.kind is Kind.DELETED_HERE else tr("Mine"))
            parts.append(fields_card(subject.shown(), subject.specs, titles))
        if subject.others:
            parts.append(self._others())
        self._preview = PlainLabel("", wrap=True)
        self._preview.setObjectName("conflict.preview")
        if self.rows:
            parts.append(self._result())
        column(self, *parts, gap=12).addStretch(1)
        self._follow()

    def _others(self) -> QWidget:
        """What the vendor's side changed besides: kept without a question."""
        pairs = wording.in_order(self.subject.others, self.subject.specs)
        texts = [f"{tr(spec.label)} {wording.change_text(change, spec, SPEECH)}" for spec, change in pairs]
        words = tr("Other changes by theirs: {changes} (kept)").replace("{changes}", "; ".join(texts))
        label = Muted(breakable(words, 24), wrap=True)
        label.setObjectName("conflict.others")
        return label

    def _result(self) -> QWidget:
        card = Card()
        column(card, Heading(tr("Result"), factor=1.0), self._preview, gap=4, margins=(16, 12, 16, 12))
        return card

    def _follow(self) -> None:
        self._preview.setText("\n".join(self.preview()))
        self.changed.emit()

    def preview(self) -> list[str]:
        """One line for each field: the value and whose it is."""
        lines = []
        for made in self.rows:
            label = tr(made.spec.label)
            if made.decided:
                side = tr(SIDES[made.chosen.side])
                lines.append(f"{label}: {made.words()} ({side})")
            else:
                lines.append(f"{label}: {tr('still to choose')}")
        clashing = {clash.path for clash in self.subject.op.clashes}
        mine = [change for change in self.subject.op.changes if change.path not in clashing]
        return [
            *lines,
            *self._without_question(mine, tr("mine")),
            *self._without_question(self.subject.others, tr("theirs")),
        ]

    def _without_question(self, changes: Any, side: str) -> list[str]:
        pairs: list[tuple[Any, FieldChange]] = wording.in_order(changes, self.subject.specs)
        return [f"{tr(spec.label)}: {SPEECH.value(spec, change.now) or tr('empty')} ({side})" for spec, change in pairs]

    # choosing

    def undecided(self) -> list[str]:
        """Labels of the fields that still wait for a choice."""
        return [tr(made.spec.label) for made in self.rows if not made.decided]

    def choose_all(self, side: str) -> None:
        for made in self.rows:
            made.choose(side)

    def values(self) -> dict[str, Any]:
        """The final value of each clashing field."""
        return {made.clash.path: made.value for made in self.rows}

    def chosen(self) -> Choices:
        """What is chosen so far."""
        return tuple((made.clash, made.chosen) for made in self.rows if made.chosen != Chosen())

    def bring_back(self, choices: Choices) -> None:
        """What was chosen between these very values; a text of one's own stays in any case."""
        for made in self.rows:
            for clash, chosen in choices:
                if clash == made.clash or (clash.path == made.clash.path and chosen.text):
                    made.bring_back(chosen if clash == made.clash else Chosen("own", chosen.text))

    def check(self) -> bool:
        """Own texts are held against the vendor's rules; False where one breaks them, said at its field."""
        from crmdesk.sync.validation import validate

        own = {made.clash.path: made.value for made in self.rows if made.chosen.side == "own"}
        errors = [found for found in validate(own, self.subject.specs) if not found.warning] if own else []
        self._tell({found.path: tr(found.text) for found in errors})
        return not errors

    def show_problems(self, error: RejectedError) -> bool:
        """A refusal at its fields; False where it belongs to none of these."""
        texts = {problem.path: tr(problem.text) for problem in error.problems}
        return self._tell(texts)

    def _tell(self, texts: Mapping[str, str]) -> bool:
        first: FieldChoice | None = None
        for made in self.rows:
            path = made.clash.path
            text = next((told for at, told in texts.items() if at == path or at.startswith(f"{path}.")), "")
            made.show_error(text)
            first = first or (made if text else None)
        if first is not None:
            (first.edit or first).setFocus()
            announce(self, first.error.text(), assertive=True)
        return first is not None

    def first_choice(self) -> QWidget | None:
        """Where the focus goes: the first field that is not decided yet."""
        found = next((made for made in self.rows if not made.decided), self.rows[0] if self.rows else None)
        return next(iter(found.radios.values())) if found is not None else None

    def setFocus(self, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:
        """F6 comes here: the first choice has it."""
        if (first := self.first_choice()) is not None:
            first.setFocus(reason)

    def set_stacked(self, stacked: bool) -> None:
        for made in self.rows:
            made.set_stacked(stacked)
