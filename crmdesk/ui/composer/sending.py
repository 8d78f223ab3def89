"""How sending goes: a line for each call that has something to say, progress, and what a person can do now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from crmdesk.core.submission import Call, CallStage, Pause, RowStage, Snapshot, SubmissionStage
from crmdesk.ui.beside import Beside
from crmdesk.ui.composer.keys import COMPOSER_KEYS, key_words
from crmdesk.ui.composer.stage_words import tally
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import (
    Banner,
    Card,
    Heading,
    Muted,
    MutedLine,
    PlainLabel,
    button,
    column,
    number,
    plural,
    row,
    scroll,
    tr,
)
from crmdesk.ui.time_left import clock, left_words

MOST_HIGH = 210  # pixels that calls take
SLACK = 20  # pixels for which nobody should have to scroll
LOW_LINES = 30  # of text, below which a window is low
MOST_LINES = 40  # calls that are shown; what is past and good goes first
LEAST_LETTERS = 30  # of a call's words beside its button
BETWEEN = 10  # ms between lines that are made: forty at once are felt as a standstill
_WORDS = {
    CallStage.SEALED: ("1 waiting", "{n} waiting", "muted"),
    CallStage.SENDING: ("1 being sent…", "{n} being sent…", "accent"),
    CallStage.ANSWERED: ("1 answered", "{n} answered", "accent"),
    CallStage.SETTLED: ("1 answered", "{n} answered", "ok"),
    CallStage.PARTLY_UNKNOWN: ("1 row, partly without an answer", "{n} rows, some without an answer", "unknown"),
    CallStage.UNKNOWN: ("1 row whose outcome is unknown", "{n} rows whose outcome is unknown", "unknown"),
    CallStage.NOT_SENT: ("1 not sent", "{n} not sent", "muted"),
}
_UNSURE = (CallStage.UNKNOWN, CallStage.PARTLY_UNKNOWN)


class CallLine(Card):
    """One call. `showWanted(call id)`: its rows; `decideWanted(what, call id)`: about its unknown rows."""

    showWanted = Signal(int)
    decideWanted = Signal(str, int)

    def __init__(self) -> None:
        super().__init__()
        self.call_id = 0
        self.title, self.words = PlainLabel(""), PlainLabel("", wrap=True, selectable=True)
        self.show_rows = button("sending.call.show", tr("Show rows"), lambda: self.showWanted.emit(self.call_id))
        self.decisions = QWidget()
        self.decisions.hide()
        head = Beside(self.title, self.words, self.show_rows, gap=12, letters=LEAST_LETTERS)
        column(self, head, self.decisions, gap=6, margins=(14, 8, 10, 8))

    def offer(self, *, decisions: bool) -> None:
        """Their buttons are made when they are wanted first: of most calls nothing has to be decided."""
        if decisions and self.decisions.layout() is None:
            flow = FlowLayout(8)
            self.decisions.setLayout(flow)
            for what, words in (
                ("arrived", tr("They arrived")),
                ("again", tr("They did not: send again…")),
                ("rows", tr("Decide row by row…")),
            ):
                flow.addWidget(button(f"sending.call.{what}", words, self._decider(what)))
        self.decisions.setVisible(decisions)

    def _decider(self, what: str) -> Callable[[], None]:
        return lambda: self.decideWanted.emit(what, self.call_id)

    def show_words(self, title: str, words: str) -> None:
        """Of the unknown rows of all calls together."""
        self.title.setText(title)
        self.words.setText(words)
        self.words.set_tone("unknown")
        self.show_rows.hide()
        self.offer(decisions=True)

    def show_call(self, call: Call, calls: int, counts: Mapping[RowStage, int], *, read_only: bool) -> None:
        """`read_only`: nobody can decide anything about its rows."""
        self.call_id = call.id
        of = tr("Call {n} of {all}").replace("{n}", number(call.number)).replace("{all}", number(calls))
        self.title.setText(of)
        stage = call.stage
        if stage is CallStage.UNKNOWN and 0 < counts.get(RowStage.UNKNOWN, 0) < call.rows:
            stage = CallStage.PARTLY_UNKNOWN  # of some it was decided
        one, many, tone = _WORDS[stage]
        failed = counts.get(RowStage.FAILED, 0)
        words = plural(call.rows, one, many)
        if call.stage is CallStage.SETTLED:
            words += ": " + tally(counts)
            tone = "warning" if failed or counts.get(RowStage.NOT_SENT) else tone
        if stage is CallStage.PARTLY_UNKNOWN:
            words = f"{words}: {tally(counts)}"
        if call.stage in _UNSURE or call.stage is CallStage.NOT_SENT:
            words = f"{words}. {tr(call.words)}" if call.words else words
        self.words.setText(words)
        self.words.set_tone(tone if tone != "muted" else "")
        unsure = counts.get(RowStage.UNKNOWN, 0) > 0
        self.offer(decisions=unsure and not read_only)
        self.show_rows.setText(plural(failed, "Show 1 failed", "Show {n} failed") if failed else tr("Show rows"))
        self.show_rows.setVisible(bool(failed) or unsure)


class SendingPanel(QWidget):
    """`do(what)`: pause, stop, go_on, culprit, look_up, sign_in, release, report. `showWanted(call id)`,
    `decideWanted(what, call id)` as of a line; call id 0 = all unknown rows."""

    do = Signal(str)
    showWanted = Signal(int)
    decideWanted = Signal(str, int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sending")
        self._lines: list[CallLine] = []
        self._wanted: list[tuple[Call, int, Mapping[RowStage, int]]] = []  # call, how many in all, stages of its rows
        self._unsure = False  # some want a person: they are worth more room than those that went well
        self._following = QTimer(self, singleShot=True, interval=BETWEEN)
        self._following.timeout.connect(self._add_line)
        self.heading = Heading("", self)
        self.bar = QProgressBar()
        self.bar.setObjectName("sending.bar")
        self.bar.setTextVisible(False)
        self.told = MutedLine()
        self.told.setObjectName("sending.told")
        self.why = Banner("warning", "")
        self.why.setObjectName("sending.why")
        self.looks = Muted("", wrap=True)
        self.looks.setObjectName("sending.looks")
        self._buttons = {
            name: button(f"sending.{name}", words, self._doer(name), main=name == "go_on")
            for name, words in (
                ("pause", tr("Pause")),
                ("stop", tr("Stop after this call")),
                ("go_on", tr("Send the rest")),
                ("culprit", tr("Find the culprit…")),
                ("look_up", tr("Look them up")),
                ("sign_in", tr("Sign in")),
                ("release", tr("Allow sending again…")),
                ("report", tr("Save report…")),
            )
        }
        for verb in ("stop", "report"):
            self._buttons[verb].setToolTip(key_words(verb, COMPOSER_KEYS))
            self._buttons[verb].setAccessibleDescription(key_words(verb, COMPOSER_KEYS))
        self._removed = False
        self._room = 0  # height of what the panel is in; 0 = not known
        self._lay_out()

    def _lay_out(self) -> None:
        inner = QWidget()
        self._column: QVBoxLayout = column(inner, gap=8, margins=(0, 0, 6, 0))
        self._column.addStretch(1)
        self._area = scroll(inner, "sending.calls")
        self.more = Muted("")
        self.all_unknown = CallLine()
        self.all_unknown.setObjectName("sending.all_unknown")
        self.all_unknown.decideWanted.connect(self.decideWanted)
        self.all_unknown.hide()
        head, doing = QWidget(), QWidget()
        row(head, self.heading, self.told, gap=16, stretch=1)
        flow = FlowLayout(8)
        doing.setLayout(flow)
        for made in self._buttons.values():
            flow.addWidget(made)
        column(self, head, self.bar, doing, self.why, self.looks, self.all_unknown, self._area, self.more, gap=8,
               margins=(0, 0, 0, 6), stretch=6)  # fmt: skip

    def offered(self) -> frozenset[str]:
        """What can be done now: its buttons in sight."""
        if self.isHidden():
            return frozenset()
        return frozenset(name for name, made in self._buttons.items() if made.isVisibleTo(self))

    def _doer(self, name: str) -> Callable[[], None]:
        return lambda: self.do.emit(name)

    def show_state(
        self,
        shot: Snapshot,
        calls: Sequence[Call],
        counts: Mapping[int, Mapping[RowStage, int]],
        *,
        kind: str,
        can_look_up: bool,
        looks: str = "",
        removed: bool = False,
    ) -> None:
        """`counts`: stages of the rows by call id. `looks`: what is done by itself about unknown rows. `removed`: its
        account was, so that only the report is left."""
        self._removed = removed
        one, rows = shot.submission, shot.rows
        sent = sum(count for stage, count in shot.counts.items() if stage not in (RowStage.LEFT_OUT, RowStage.READY))
        sending = one.stage is SubmissionStage.SENDING
        words = plural(sent, "Sending 1 row", "Sending {n} rows") if sending else plural(sent, "1 row", "{n} rows")
        title = f"{words} · {kind}"
        if shot.finishing:
            title = tr("Finishing call {n} of {all}…").replace("{n}", number(shot.calls_ended + 1))
            title = title.replace("{all}", number(shot.calls))
        self.heading.setText(title)
        self.bar.setRange(0, max(1, rows))
        self.bar.setValue(shot.done)
        self.bar.setAccessibleName(f"{shot.done} / {rows}")
        busy = one.stage in (SubmissionStage.SENDING, SubmissionStage.PAUSED)
        self.bar.setVisible(busy)
        self.told.setText(" · ".join(part for part in (tally(shot.counts), _time_words(shot)) if part))
        self._show_pause(shot, calls)
        self.looks.setText(looks)
        self.looks.setVisible(bool(looks))
        self._show_lines(calls, shot.calls, counts)
        self._show_all_unknown(shot.counts.get(RowStage.UNKNOWN, 0), counts)
        self._show_buttons(shot, can_look_up=can_look_up)

    def _show_pause(self, shot: Snapshot, calls: Sequence[Call]) -> None:
        one = shot.submission
        words = " ".join(part for part in (tr(one.words), tr(one.hint)) if part)
        if not words and one.pause is not Pause.NONE:
            words = tr(_PAUSES.get(one.pause, ""))
        if one.pause is Pause.TRIAL:
            words = tr("The first rows are through. Look at them, then send the rest.")
        if shot.counts.get(RowStage.UNKNOWN) and not words:
            words = tr("For some rows there is no answer. They are not sent again until you decide.")
        if one.stage is SubmissionStage.ENDED and one.pause not in _STAY and not shot.counts.get(RowStage.UNKNOWN):
            words = ""  # it went on, and nothing is open
        if not one.hint and any(call.stage is CallStage.UNKNOWN and call.words == words for call in calls):
            words = ""  # the call's own line says it
        self.why.set("unknown" if shot.counts.get(RowStage.UNKNOWN) else "warning", words)
        self.why.setVisible(bool(words))

    def _show_lines(self, calls: Sequence[Call], total: int, counts: Mapping[int, Mapping[RowStage, int]]) -> None:
        """Those that want a person stand first; the others in their order, of many those that went well not at all."""
        rank = {call.id: _rank(call, counts.get(call.id, {})) for call in calls}
        urgent = sorted(calls, key=lambda call: (rank[call.id], call.number))[:MOST_LINES]
        shown = sorted(urgent, key=lambda call: (rank[call.id] > 0, call.number))
        self._wanted = [(call, total, counts.get(call.id, {})) for call in shown]
        self._unsure = any(rank[call.id] == 0 for call in shown)
        self._show_wanted()
        more = len(calls) - len(shown)
        one, many = "1 more call is not shown.", "{n} more calls are not shown."
        self.more.setText(plural(more, one, many))
        self.more.setVisible(more > 0)
        self._area.setVisible(bool(shown))

    def _show_wanted(self) -> None:
        for place, line in enumerate(self._lines):
            line.setVisible(place < len(self._wanted))
        for line, wanted in zip(self._lines, self._wanted, strict=False):
            line.show_call(*wanted, read_only=self._removed)
        self._add_line()

    def _add_line(self) -> None:
        """The next one that is missing; the others follow by themselves."""
        for wanted in self._wanted[len(self._lines) :][:1]:
            line = CallLine()
            line.showWanted.connect(self.showWanted)
            line.decideWanted.connect(self.decideWanted)
            line.show_call(*wanted, read_only=self._removed)
            self._column.insertWidget(len(self._lines), line)
            self._lines.append(line)
        self._fit_lines()
        if len(self._lines) < len(self._wanted):
            self._following.start()

    def fit(self, room: int) -> None:
        """`room`: height of what the panel is in. The rows below get most of it; the calls scroll."""
        if room != self._room:
            self._room = room
            self._fit_lines()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_lines()

    def _fit_lines(self) -> None:
        """The area's own wish is no help: Qt asks it once, while there are no lines yet."""
        low = self._room < LOW_LINES * self.fontMetrics().lineSpacing()
        share = self._room // (4 if self._unsure else 6) or MOST_HIGH
        width = self._area.viewport().width() - self._column.contentsMargins().right()
        enough = min(MOST_HIGH, share)
        whole = first = 0
        for line in self._lines[: len(self._wanted)]:
            high = _height_of(line, width)
            first, whole = first or high, whole + high + 8
            if whole - enough >= SLACK:
                break  # the others are scrolled to: forty lines are not measured with each that comes
        most = max(1, whole if whole - enough < SLACK else enough)
        first = min(most, first)
        self._area.setMinimumHeight(first if low else most)
        self._area.setMaximumHeight(most)

    def _show_all_unknown(self, every: int, counts: Mapping[int, Mapping[RowStage, int]]) -> None:
        """One decision for the rows of several calls, and for those of no call: of a copy that was restored."""
        unknown = [stages[RowStage.UNKNOWN] for stages in counts.values() if stages.get(RowStage.UNKNOWN)]
        shown = (len(unknown) > 1 or every > sum(unknown)) and not self._removed
        self.all_unknown.setVisible(shown)
        if shown:
            words = plural(every, "1 unknown row in all", "{n} unknown rows in all")
            self.all_unknown.show_words(tr("All calls") if unknown else tr("Unknown"), words)

    def _show_buttons(self, shot: Snapshot, *, can_look_up: bool) -> None:
        one = shot.submission
        sending, paused = one.stage is SubmissionStage.SENDING, one.stage is SubmissionStage.PAUSED
        unknown = shot.counts.get(RowStage.UNKNOWN, 0) > 0
        waits = shot.counts.get(RowStage.QUEUED, 0) > 0
        visible = {
            "pause": sending and not one.stopping,
            "stop": (sending or paused) and not one.stopping and waits,
            "go_on": paused and not shot.halted and one.pause is not Pause.SIGN_IN,
            "culprit": paused and one.pause is Pause.REFUSED,
            "look_up": unknown and can_look_up,
            "sign_in": paused and one.pause is Pause.SIGN_IN,
            "release": shot.halted,
            "report": not sending,
        }
        for name, made in self._buttons.items():
            made.setVisible(name == "report" if self._removed else visible[name])


_PAUSES = {
    Pause.PERSON: "Paused.",
    Pause.UNKNOWN: "A call has no valid answer.",
    Pause.HALTED: "Several calls in a row had no valid answer. Everything waits.",
    Pause.REFUSED: "A call was refused as a whole.",
    Pause.SIGN_IN: "The vendor no longer takes the sign-in.",
    Pause.FORBIDDEN: "The vendor does not allow this.",
    Pause.STOPPED: "Stopped before the end.",
    Pause.INTERRUPTED: "The program ended while this was being sent.",
    Pause.RESTORED: "This data folder was restored or copied. Nothing is sent again by itself.",
    Pause.FAULT: "crmdesk made a mistake here. Nothing more was sent.",
}


_STAY = frozenset({Pause.STOPPED, Pause.INTERRUPTED, Pause.RESTORED, Pause.FORBIDDEN, Pause.FAULT})
"""Reasons that are still told once everything has ended."""


def _height_of(line: QWidget, width: int) -> int:
    """As its words break in this width."""
    return line.heightForWidth(width) if line.hasHeightForWidth() else line.sizeHint().height()


def _rank(call: Call, counts: Mapping[RowStage, int]) -> int:
    """How much a call wants to be seen, 0 most."""
    if call.stage in _UNSURE or counts.get(RowStage.UNKNOWN):
        return 0
    if call.stage in (CallStage.SENDING, CallStage.ANSWERED):
        return 1
    if counts.get(RowStage.FAILED):
        return 2
    return {CallStage.SEALED: 3, CallStage.NOT_SENT: 4}.get(call.stage, 5)


def _time_words(shot: Snapshot) -> str:
    if not shot.seconds or shot.submission.stage is not SubmissionStage.SENDING:
        return ""
    return ", ".join(filter(None, (clock(shot.seconds), left_words(shot.left))))
