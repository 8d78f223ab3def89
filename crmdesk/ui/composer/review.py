"""The sheet before sending: what goes where, what stays, and what a person should have seen first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtWidgets import QCheckBox, QDialog, QGridLayout, QSpinBox, QWidget

from crmdesk.core.call_sizes import LEAST, MOST, PER_CALL, TRIAL
from crmdesk.core.submission import RowStage, sizes_alone
from crmdesk.core.types import Account
from crmdesk.ui.composer.rows import GridRow
from crmdesk.ui.kit import Badge, Banner, Heading, Muted, PlainLabel, button, column, number, plural, row, tr

MOST_REASONS = 3  # of rows that stay, in words


@dataclass(frozen=True, slots=True)
class Plan:
    """What is about to be sent. `warned`: rows with warnings among `rows`; `bad`: rows with errors, which stay;
    `out`: rows left out before, and why; `again`: they were sent before and failed. `most`: rows that one call takes;
    `alone`: of each row, whether it goes in a call of its own; `zone` of times without one, '' where there are none;
    `unit`: for which the account signs in, where its settings say so; `events`: the rows are events, not contacts."""

    title: str
    kind: str
    account: str
    operator: str
    practice: bool
    rows: int
    warned: int = 0
    warnings: Sequence[str] = ()
    bad: int = 0
    out: int = 0
    why_out: Sequence[str] = ()
    again: bool = False
    per_call: int = PER_CALL
    trial: int = TRIAL
    most: int = MOST
    cost: str = ""
    alone: Sequence[bool] = ()
    zone: str = ""
    unit: str = ""
    events: bool = True


def reasons_out(rows: Iterable[GridRow]) -> list[str]:
    """Why rows were left out, the commonest reasons first. Of what was sent before the day is enough."""
    notes = Counter(_first_sentence(row.note) for row in rows if row.stage is RowStage.LEFT_OUT and row.note)
    shown = [_counted(note, count) for note, count in notes.most_common(MOST_REASONS)]
    more = sum(count for _, count in notes.most_common()[MOST_REASONS:])
    return [*shown, plural(more, "1 row for another reason", "{n} rows for other reasons")] if more else shown


def _first_sentence(note: str) -> str:
    first, more, _ = note.partition(". ")
    return first + more.rstrip()


def _counted(note: str, count: int) -> str:
    return tr("{title} ({n})").replace("{n}", number(count)).replace("{title}", tr(note).rstrip("."))


def zone_words(account: Account, now: datetime) -> str:
    """Which zone times without one are of: what the account says, else this computer's (UX-I18-05)."""
    named = account.config.get("time_zone", "").strip()
    return named or tr("{zone} (of this computer)").replace("{zone}", now.astimezone().tzname() or "")


class ReviewDialog(QDialog):
    """Accepted: `per_call` and `trial` (0 = none) are what was chosen."""

    def __init__(self, parent: QWidget, plan: Plan) -> None:
        super().__init__(parent)
        self.setObjectName("review")
        self.setWindowTitle(tr("Send"))
        self.plan = plan
        self.size_box, self.trial_box = QSpinBox(), QSpinBox()
        self.size_box.setRange(LEAST, plan.most)
        self.size_box.setValue(min(plan.per_call, plan.most))
        self.trial_box.setRange(1, plan.most)
        self.trial_box.setValue(max(1, min(plan.trial or TRIAL, plan.most)))
        for box in (self.size_box, self.trial_box):
            box.lineEdit().setTextMargins(6, 0, 0, 0)  # the style's padding does not reach into it
        self.first = QCheckBox(tr("Send a few rows first, then pause"))
        self.first.setChecked(plan.rows > plan.trial > 0 and not plan.again)
        self.seen = QCheckBox(plural(plan.warned, "Send 1 row with a warning", "Send {n} rows with warnings"))
        for name, words, widget in (
            ("size", tr("Rows in one call"), self.size_box),
            ("trial_rows", tr("Rows that go first"), self.trial_box),
            ("trial", self.first.text(), self.first),
            ("warned", self.seen.text(), self.seen),
        ):
            widget.setObjectName(f"review.{name}")
            widget.setAccessibleName(words)
        self.calls = Muted("", wrap=True)
        self.calls.setObjectName("review.calls")
        self.go = button("review.go", "", self.accept, main=True)
        self._lay_out()
        self.first.toggled.connect(lambda _on: self._refresh())
        self.seen.toggled.connect(lambda _on: self._refresh())
        self.size_box.valueChanged.connect(lambda _value: self._refresh())
        self.trial_box.valueChanged.connect(lambda _value: self._refresh())
        self._refresh()

    def _lay_out(self) -> None:
        plan = self.plan
        where = Badge(tr("Practice") if plan.practice else tr("Live"), tone="unknown" if plan.practice else "warning")
        where.setObjectName("review.where")
        top = QWidget()
        title = Heading(plan.title, self, factor=1.25)
        title.setWordWrap(True)
        row(top, title, where, stretch=0)
        facts = QWidget()
        grid = QGridLayout(facts)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        for place, (name, words) in enumerate(self._facts()):
            grid.addWidget(Muted(name), place, 0)
            grid.addWidget(PlainLabel(words, wrap=True), place, 1)
        size = QWidget()
        label = PlainLabel(tr("Rows in one call"))
        label.setBuddy(self.size_box)
        row(size, label, self.size_box).addStretch(1)
        first = QWidget()
        row(first, self.first, self.trial_box).addStretch(1)
        parts: list[QWidget] = [top, facts]
        if plan.cost:
            parts.append(Banner("warning", plan.cost))
        if plan.warned:
            parts += [Banner("warning", "\n".join(plan.warnings)), self.seen]
        foot = QWidget()
        cancel = button("review.cancel", tr("Cancel"), self.reject)
        row(foot, cancel, self.go).insertStretch(0, 1)
        events = "Events cannot be taken back through this program once they are sent."
        contacts = "What was sent cannot be taken back through this program."
        note = Muted(tr(events if plan.events else contacts), wrap=True)
        column(self, *parts, first, size, self.calls, note, foot, gap=12, margins=(20, 18, 20, 16))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 76)
        cancel.setFocus()

    def _facts(self) -> list[tuple[str, str]]:
        plan = self.plan
        facts = [
            (tr("Kind"), plan.kind),
            (tr("Account"), plan.account),
            *([(tr("Unit"), plan.unit)] if plan.unit else []),
            (tr("Sent by"), plan.operator or tr("(nobody named)")),
            (tr("Rows"), number(plan.rows)),
            *([(tr("Times are of"), plan.zone)] if plan.zone else []),
        ]
        stay = []
        if plan.bad:
            stay.append(plural(plan.bad, "1 row has errors and stays here", "{n} rows have errors and stay here"))
        if plan.out:
            stay += [plural(plan.out, "1 row is left out", "{n} rows are left out"), *plan.why_out]
        return [*facts, (tr("Not sent"), "\n".join(stay))] if stay else facts

    @property
    def per_call(self) -> int:
        return self.size_box.value()

    @property
    def trial(self) -> int:
        return min(self.trial_box.value(), self.plan.rows) if self.first.isChecked() else 0

    def _refresh(self) -> None:
        plan = self.plan
        self.trial_box.setEnabled(self.first.isChecked())
        parts = sizes_alone(plan.alone or [False] * plan.rows, self.per_call, self.trial)
        words = plural(len(parts), "In 1 call of up to {most} rows.", "In {n} calls of up to {most} rows.")
        self.calls.setText(words.replace("{most}", number(max(parts, default=0))))
        self.go.setEnabled(not plan.warned or self.seen.isChecked())
        now = self.trial or plan.rows
        self.go.setText(plural(now, "Send 1 row", "Send {n} rows"))
