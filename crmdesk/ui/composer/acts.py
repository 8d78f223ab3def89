"""What can be done with an open submission, and why not now: one answer for keys, menus and palette."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmdesk.core.submission import RowStage, SubmissionStage
from crmdesk.ui.composer.keys import GRID_KEYS
from crmdesk.ui.composer.verdicts import CHECKED
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.composer.composer import Composer

BUSY = "It is being sent."
DOUBTED = "Some of its rows may have been sent. Say what became of the unknown rows first."
NOT_OFFERED = {
    "pause": "Nothing is being sent.",
    "stop": "Nothing is being sent.",
    "go_on": "No sending is paused.",
    "culprit": "No call was refused as a whole.",
    "look_up": "There are no unknown rows that this vendor can be asked for.",
    "sign_in": "The vendor takes the sign-in.",
    "release": "Sending is not halted.",
    "report": "There is a report once something was sent and nothing is on its way.",
}
"""Buttons of the sending panel, and why they are not there."""
DECISIONS = ("arrived", "again", "rows")
ROWS_IN = frozenset({"import", "paste", "add", "template", "insert", "remove"})
_SELECTED = frozenset({*GRID_KEYS, "leave_out", "take_in", "insert", "remove", "answers"}) - {"undo", "redo"}
_READING = frozenset({"copy", "answers"})  # possible while it is sent
_FROM = {
    "leave_out": ((RowStage.READY,), "Only rows that are ready can be left out."),
    "take_in": (
        (RowStage.LEFT_OUT, RowStage.NOT_SENT, RowStage.FAILED),
        "Only rows that are left out, failed or were not sent can be taken in again.",
    ),
}
"""Stages of the rows that a verb is for, and what is said of others."""


class Acts:
    """Acts for a composer. `show.failed` and the like are its filters."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer

    def why_not(self, verb: str) -> str | None:
        """None: it can be done now."""
        document = self._composer.document
        if verb in ROWS_IN and not document.draft:
            doubted = document.submission.stage is SubmissionStage.DRAFT and not document.removed
            return tr(DOUBTED) if doubted else tr("Something of it was sent: rows neither come nor go.")
        if verb in NOT_OFFERED:
            return None if verb in self._composer.sending.offered() else tr(NOT_OFFERED[verb])
        if verb in _SELECTED:
            return self._why_no_cells(verb)
        if verb.startswith("show."):
            return self._why_no_filter(verb.removeprefix("show."))
        whys = {
            "send": self._why_no_send, "retry": self._why_no_retry, "rest": self._why_no_rest,
            "undo": self._why_no_undo, "redo": self._why_no_redo, "check": self._why_no_check,
            "next": self._why_no_problem, "previous": self._why_no_problem,
            "fix": lambda: self._why_no_group(fix=True), "out": lambda: self._why_no_group(fix=False),
            **dict.fromkeys(DECISIONS, self._why_no_unknown),
        }  # fmt: skip
        return whys[verb]() if verb in whys else None

    def do(self, verb: str) -> None:
        """Do it; a verb that cannot be done now is told why."""
        if reason := self.why_not(verb):
            self._composer.tell(reason)
            return
        composer = self._composer
        runs: dict[str, Callable[[], object]] = {
            "add": composer.add_row,
            "find": composer.show_find,
            "back": composer.left.emit,
            "next": lambda: composer.grid.step_flaw(1),
            "previous": lambda: composer.grid.step_flaw(-1),
            "fix": composer.problems.fix.click,
            "out": composer.problems.out.click,
            **composer.grid.verbs,
            **{f"show.{name}": chip.click for name, chip in composer.named_chips().items()},
        }
        if verb in runs:
            runs[verb]()
        elif verb in NOT_OFFERED:
            composer.sending.do.emit(verb)
        elif verb in DECISIONS:
            composer.sending.decideWanted.emit(verb, 0)
        else:
            composer.grid.setFocus()  # what is being typed in a cell is taken first
            composer.do.emit(verb)

    # ── why not ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _count(self, stage: RowStage) -> int:
        return self._composer.document.tally().stages.get(stage, 0)

    def _why_busy(self) -> str | None:
        document = self._composer.document
        if document.submission.template:
            return tr("This is a template. Make new bulk events from it first.")
        return tr(BUSY) if document.busy else None

    def _why_no_check(self) -> str | None:
        document = self._composer.document
        checkable = not document.tally().stages.keys().isdisjoint(CHECKED)
        return self._why_busy() or (None if checkable else tr("No row can still be sent: there is nothing to check."))

    def _why_no_send(self) -> str | None:
        return self._why_busy() or (None if self._composer.document.tally().fit else tr("No row is ready to be sent."))

    def _why_no_retry(self) -> str | None:
        return self._why_busy() or (None if self._count(RowStage.FAILED) else tr("No row failed."))

    def _why_no_rest(self) -> str | None:
        return self._why_busy() or (None if self._count(RowStage.NOT_SENT) else tr("No row was left unsent."))

    def _why_no_undo(self) -> str | None:
        document = self._composer.document
        return None if document.can_undo() or not document.draft else tr("There is nothing to undo.")

    def _why_no_redo(self) -> str | None:
        return None if self._composer.document.can_redo() else tr("There is nothing to do again.")

    def _why_no_problem(self) -> str | None:
        document = self._composer.document
        return None if any(map(document.looks_wrong, document.rows)) else tr("Nothing needs you.")

    def _why_no_unknown(self) -> str | None:
        return None if self._count(RowStage.UNKNOWN) else tr("No row is unknown.")

    def _why_no_group(self, *, fix: bool) -> str | None:
        problems = self._composer.problems
        pressed = problems.fix if fix else problems.out
        return None if pressed.isEnabled() else tr("Choose a problem beside the grid first.")

    def _why_no_filter(self, name: str) -> str | None:
        chip = self._composer.named_chips()[name]
        return None if chip.isVisibleTo(self._composer) else tr("There are no such rows.")

    def _why_no_cells(self, verb: str) -> str | None:
        composer = self._composer
        if composer.document.busy and verb not in _READING:
            return tr(BUSY)
        if not composer.grid.currentIndex().isValid():
            return tr("Choose a cell first.")
        if verb == "answers" and not composer.grid.attempts():
            return tr("This row was never sent.")
        return self._why_no_rows(verb) if verb in _FROM else None

    def _why_no_rows(self, verb: str) -> str | None:
        """Of the selected ones: none is in a stage that the verb is for."""
        stages = self._composer.grid.selected_stages()
        wanted, words = _FROM[verb]
        if not stages.isdisjoint(wanted):
            return None
        return tr(DOUBTED) if RowStage.UNKNOWN in stages else tr(words)
