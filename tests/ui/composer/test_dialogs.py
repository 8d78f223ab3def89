"""Questions of the composer: nothing is decided silently, nothing unknown is sent again by an oversight."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core import mapping as mappings
from crmdesk.core.batch import BatchKind
from crmdesk.core.mapping import Source
from crmdesk.core.sheet import Layout, Table
from crmdesk.core.submission import Call, CallStage, Pause, RowStage, Snapshot, Submission, SubmissionStage
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account
from crmdesk.ui.composer.columns_step import ColumnsStep
from crmdesk.ui.composer.import_dialog import ImportDialog
from crmdesk.ui.composer.ledger_dialog import LedgerDialog
from crmdesk.ui.composer.new_dialog import NewDialog
from crmdesk.ui.composer.review import Plan, ReviewDialog, reasons_out, zone_words
from crmdesk.ui.composer.row_words import described, in_one_line
from crmdesk.ui.composer.rows import GridRow
from crmdesk.ui.composer.sending import MOST_LINES, SendingPanel
from crmdesk.ui.composer.unknown import AGAIN, DecideDialog, RowByRowDialog
from crmdesk.ui.feedback import ask
from crmdesk.vendors.crmcom_events.kinds import kinds_of
from tests.ui import fakes

KIND = next(kind.batch for kind in kinds_of((12, 0)) if kind.batch.key == "achievements")
WHEN = "performed_on"


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    made.resize(1400, 860)
    qtbot.addWidget(made)
    return made


def qt_click(target: QPushButton) -> None:
    QTest.mouseClick(target, Qt.MouseButton.LeftButton)


def step(qtbot: QtBot, *columns: tuple[str, ...]) -> ColumnsStep:
    titles = tuple(f"C{place}" for place in range(len(columns)))
    made = ColumnsStep(KIND, TaskScope(lambda _what, error: pytest.fail(str(error))))
    qtbot.addWidget(made)
    made.show_table(Table("t.csv", titles, list(zip(*columns, strict=True)), Layout(), hash="h"), [])
    return made


def test_a_column_that_a_person_chose_is_neither_sure_nor_a_guess(qtbot: QtBot) -> None:
    made = step(qtbot, ("2026-04-03",), ("2026-05-06",))
    made.choose(WHEN, Source(1))
    assert made._lines[WHEN].badge.text() == "chosen"


def test_the_order_of_dates_is_asked_anew_for_another_column(qtbot: QtBot) -> None:
    made = step(qtbot, ("03/04/2026", "05/06/2026"), ("07/08/2026", "09/10/2026"), ("25/12/2026", "24/12/2026"))
    made.choose(WHEN, Source(0))
    assert made.open_question
    made.order.setCurrentIndex(made.order.findData("mdy"))
    made.order.activated.emit(made.order.currentIndex())
    assert (made.mapping.reading.order, made.open_question) == ("mdy", "")
    made.choose(WHEN, Source(1))
    assert made.mapping.reading.order == "" and made.open_question, "it was said of the other column"
    made.choose(WHEN, Source(2))
    assert (made.mapping.reading.order, made.open_question) == ("dmy", ""), "only one order fits"
    made.choose(WHEN, Source(0))
    assert made.mapping.reading.order == "" and made.open_question


async def test_esc_while_a_file_is_read_ends_without_a_word(host: QWidget, scope: TaskScope, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"Account number,Remark\n" + b"ACR1,x\n" * 200_000)
    dialog = ImportDialog(host, scope, KIND, path, [], fakes.FakeClock().now)
    dialog.open()
    dialog.reject()
    await scope.aclose()
    assert dialog.problem.isHidden()
    dialog.deleteLater()


async def test_import_cannot_be_pressed_before_reading_ends(host: QWidget, scope: TaskScope, tmp_path: Path) -> None:
    path = tmp_path / "small.csv"
    path.write_bytes(b"Account number,Remark\nACR1,x\n")
    dialog = ImportDialog(host, scope, KIND, path, [], fakes.FakeClock().now)
    assert not dialog.go.isEnabled(), "nothing has been read"
    while scope.running("import.read"):
        await asyncio.sleep(0.01)
    assert dialog.go.isEnabled()
    dialog.header.click()
    assert not dialog.go.isEnabled(), "it is read anew"
    await scope.aclose()
    dialog.deleteLater()


async def test_long_headings_and_large_letters_do_not_make_the_dialog_wider_than_the_window(
    host: QWidget, scope: TaskScope, tmp_path: Path
) -> None:
    host.resize(900, 600)
    path = tmp_path / f"Gästebefragung_{'Donaudampfschifffahrt' * 6}.csv"
    path.write_text("Account number;" + "Außergewöhnliche Wünsche der Gäste, Παπαδοπούλου " * 4 + "\nACR1;x\n", "utf-8")
    dialog = ImportDialog(host, scope, KIND, path, [], fakes.FakeClock().now)
    font = dialog.font()
    font.setPointSizeF(font.pointSizeF() * 1.5)
    dialog.setFont(font)
    while scope.running("import.read"):
        await asyncio.sleep(0.01)
    assert dialog.minimumSizeHint().width() <= 860
    dialog.reject()


async def looking(host: QWidget, scope: TaskScope, tmp_path: Path) -> ImportDialog:
    """The dialog while it looks at the dates of a large file."""
    path = tmp_path / "large.csv"
    path.write_bytes(b"Account number,Performed on\n" + b"ACR1,03/04/2026\n" * 20_000)
    dialog = ImportDialog(host, scope, KIND, path, [], fakes.FakeClock().now)
    dialog.open()
    while not dialog.columns.looking:
        await asyncio.sleep(0)
    return dialog


async def test_import_waits_until_all_dates_of_a_large_file_were_looked_at(
    host: QWidget, scope: TaskScope, tmp_path: Path
) -> None:
    """What is open is known once every row was seen; a click before that would import dates that are read wrongly."""
    dialog = await looking(host, scope, tmp_path)
    assert not dialog.go.isEnabled()
    qt_click(dialog.go)
    assert not scope.running("import.make") and dialog.stack.currentIndex() == 0
    while dialog.columns.looking:
        await asyncio.sleep(0.01)
    assert dialog.go.isEnabled(), "the button says what it does now"
    assert dialog.columns.open_question and not dialog.columns.plain
    qt_click(dialog.go)
    step = dialog.columns
    assert dialog.stack.currentWidget() is step and not dialog.go.isEnabled(), "the order is asked"
    step.order.setCurrentIndex(step.order.findData("mdy"))
    step.order.activated.emit(step.order.currentIndex())
    assert not step.looking, "an answer needs no other look at the rows"
    assert dialog.go.isEnabled()
    step.choose(WHEN, Source(0))
    assert step.looking and not dialog.go.isEnabled() and not step.order.isEnabled(), "another column, another question"
    step.choose(WHEN, Source(1))
    assert not step.order.isEnabled() or not step.looking
    while step.looking:
        await asyncio.sleep(0.01)
    assert step.open_question and step.mapping.source(WHEN) == Source(1), "the last choice is the one that counts"
    dialog.reject()


async def test_a_dialog_that_is_closed_while_it_looks_at_the_rows_ends_without_a_word(
    host: QWidget, scope: TaskScope, tmp_path: Path, errors: list[object]
) -> None:
    dialog = await looking(host, scope, tmp_path)
    dialog.reject()
    dialog.deleteLater()
    await scope.aclose()
    assert errors == []


async def test_stopping_the_reading_is_no_error(host: QWidget, scope: TaskScope, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"Account number,Remark\n" + b"ACR1,x\n" * 200_000)
    dialog = ImportDialog(host, scope, KIND, path, [], fakes.FakeClock().now)
    dialog.open()
    await asyncio.sleep(0.02)
    assert dialog.busy.isHidden(), "what is read in no time needs no sign"
    dialog._cancel_reading()
    assert dialog.busy.label.whole() == "Stopping…", "said before the thread hears of it"
    while scope.running("import.read"):
        await asyncio.sleep(0.01)
    assert dialog.problem.isHidden() and not dialog.go.isEnabled()
    dialog.reject()
    dialog.deleteLater()


async def test_making_the_rows_says_how_far_it_is_and_stops_at_a_word(
    host: QWidget, scope: TaskScope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, go = tmp_path / "large.csv", threading.Event()
    path.write_bytes(b"Account number,Remark\n" + b"ACR1,x\n" * 4000)
    dialog = ImportDialog(host, scope, KIND, path, [], fakes.FakeClock().now)
    dialog.open()
    while scope.running("import.read") or dialog.columns.looking:
        await asyncio.sleep(0.01)
    dialog._go(1)
    whole, table = mappings.apply, dialog.table

    def slowly(*given: object, tell: Callable[[int], object]) -> object:
        def told(done: int) -> None:
            tell(done)
            if done >= 2000:
                go.wait(10)

        return whole(*given, tell=told)  # type: ignore[arg-type]

    monkeypatch.setattr(mappings, "apply", slowly)
    dialog._next()
    while dialog.busy.bar.value() < 2000:
        await asyncio.sleep(0.01)
    assert (dialog.busy.label.whole(), dialog.busy.bar.maximum()) == ("Reading 2,000 of 4,000 rows", 4000)
    dialog.busy.cancel.click()
    while dialog.busy.label.whole() != "Stopping…":
        await asyncio.sleep(0.01)
    go.set()
    while scope.running("import.make"):
        await asyncio.sleep(0.01)
    assert dialog.isVisible() and dialog.problem.isHidden() and not dialog.rows
    assert dialog.table is table and dialog.go.isEnabled(), "the file need not be read again"
    monkeypatch.setattr(mappings, "apply", whole)
    dialog._next()
    while dialog.isVisible():
        await asyncio.sleep(0.01)
    assert len(dialog.rows) == 4000
    dialog.deleteLater()


def plan(**more: object) -> Plan:
    given = {"title": "May", "kind": "Achievements", "account": "Rewards", "operator": "Maria", "practice": False}
    return Plan(**{**given, "rows": 500, **more})  # type: ignore[arg-type]


def test_warnings_want_a_tick_and_the_trial_is_a_choice(host: QWidget) -> None:
    dialog = ReviewDialog(host, plan(warned=3, warnings=["Long ago (3)"], bad=2))
    assert not dialog.go.isEnabled()
    dialog.seen.setChecked(True)
    assert dialog.go.isEnabled() and dialog.go.text() == "Send 5 rows"
    assert (dialog.per_call, dialog.trial) == (200, 5)
    dialog.first.setChecked(False)
    assert (dialog.trial, dialog.go.text()) == (0, "Send 500 rows")
    assert dialog.calls.text().startswith("In 3 calls")


def test_the_sheet_says_why_rows_stay(host: QWidget) -> None:
    """The review sheet of section 17: left out, and why."""
    notes = ["Sent on 2026-11-20. Event: 45."] * 3 + ["Sent on 2026-11-20. Event: 46."] + ["By hand", "It has errors."]
    rows = [GridRow(stage=RowStage.LEFT_OUT, note=note) for note in notes]
    rows += [GridRow(stage=RowStage.LEFT_OUT, note=f"{word} not readable") for word in ("Date", "Amount")]
    reasons = reasons_out([*rows, GridRow(stage=RowStage.READY, note="looked up")])
    assert reasons[:3] == ["Sent on 2026-11-20 (4)", "By hand (1)", "It has errors (1)"]
    assert reasons[3:] == ["2 rows for other reasons"]
    dialog = ReviewDialog(host, plan(out=8, why_out=reasons, bad=1))
    words = [label.text() for label in dialog.findChildren(QLabel)]
    assert "\n".join(["1 row has errors and stays here", "8 rows are left out", *reasons]) in words


def test_contacts_are_not_called_events(host: QWidget) -> None:
    rows = [GridRow(id=7, stage=RowStage.UNKNOWN)]
    for dialog in (
        DecideDialog(host, AGAIN, 3, events=False),
        RowByRowDialog(host, rows, ["a"], events=False),
        ReviewDialog(host, plan(events=False)),
    ):
        words = " ".join(label.text() for label in dialog.findChildren(QLabel)).casefold()
        assert "event" not in words and "back office" not in words


def test_the_sheet_says_for_which_unit_the_account_signs_in(host: QWidget) -> None:
    texts = [label.text() for label in ReviewDialog(host, plan(unit="SPA-7")).findChildren(QLabel)]
    assert {"Unit", "SPA-7"} <= set(texts)
    assert "Unit" not in {label.text() for label in ReviewDialog(host, plan()).findChildren(QLabel)}


def test_the_sheet_says_of_which_zone_times_are(host: QWidget) -> None:
    account = Account(1, "crmcom_events", "Rewards", "", {"time_zone": "Europe/Nicosia"})
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert zone_words(account, now) == "Europe/Nicosia"
    assert "(of this computer)" in zone_words(replace(account, config={}), now)
    texts = {label.text() for label in ReviewDialog(host, plan(zone="Europe/Nicosia")).findChildren(QLabel)}
    assert {"Times are of", "Europe/Nicosia"} <= texts
    assert "Times are of" not in {label.text() for label in ReviewDialog(host, plan()).findChildren(QLabel)}


def test_sending_again_wants_a_reason_and_the_count(host: QWidget) -> None:
    dialog = DecideDialog(host, AGAIN, 1200)
    dialog.reason_box.setText("Not in the back office")
    assert not dialog.go.isEnabled()
    for typed, enough in (("1,20", False), ("1\u202f200", True), ("1,200", True), ("1200", True)):
        dialog.count_box.setText(typed)
        assert dialog.go.isEnabled() is enough


def test_rows_without_a_tick_stay_unknown(host: QWidget) -> None:
    rows = [GridRow(id=number, stage=RowStage.UNKNOWN) for number in (7, 8, 9)]
    dialog = RowByRowDialog(host, rows, ["a", "b", "c"])
    dialog.list.item(1).setCheckState(Qt.CheckState.Checked)
    dialog.reason_box.setText("seen")
    assert (dialog.arrived, dialog.others) == ([8], [])
    assert "2 stay unknown" in dialog.told.text() and dialog.risk.isHidden()
    dialog.rest.setChecked(True)
    assert dialog.others == [7, 9]
    assert not dialog.risk.isHidden()


def test_long_rows_are_read_whole_in_a_small_window(qtbot: QtBot) -> None:
    host = QWidget()
    host.resize(500, 300)
    qtbot.addWidget(host)
    rows = [GridRow(id=number, stage=RowStage.UNKNOWN) for number in range(1, 4)]
    dialog = RowByRowDialog(host, rows, ["who and when\n" + "what it was " * 20] * 3)
    dialog.show()
    assert dialog.width() <= 500 and dialog.height() <= max(300, dialog.minimumSizeHint().height())
    qtbot.waitUntil(lambda: dialog.list.visualItemRect(dialog.list.item(0)).height() > 0)
    first = dialog.list.visualItemRect(dialog.list.item(0))
    assert first.right() <= dialog.list.viewport().width(), "nothing lies beside it"
    assert first.height() > 4 * dialog.list.fontMetrics().lineSpacing(), "it is broken into lines"


def test_rows_are_told_by_who_when_and_what_and_space_ticks_them(host: QWidget, qtbot: QtBot) -> None:
    kind = kinds_of((17, 0))[0].batch
    values = {
        "accounts_receivable_identifier.number": "ACR0000000504",
        "classification_identifier.name": "Newsletter sign-up",
        "performed_by_unit_identifier.name": "Front Desk",
        "performed_on": "2026-11-13T09:03:00",
        "description": "Pasted row 4",
    }
    rows = [GridRow(values, id=number, stage=RowStage.UNKNOWN, uid=f"{number:032x}") for number in (7, 8)]
    shown = [described(kind, one) for one in rows]
    assert shown[0].splitlines() == [
        "ACR0000000504 · 2026-11-13 09:03",
        "Newsletter sign-up · Front Desk · Pasted row 4",
    ]
    dialog = RowByRowDialog(host, rows, shown, [in_one_line(kind, one) for one in rows])
    dialog.show()
    QTest.keyClick(dialog.list, Qt.Key.Key_Space)
    QTest.keyClick(dialog.list, Qt.Key.Key_Down)
    QTest.keyClick(dialog.list, Qt.Key.Key_Space)
    assert dialog.arrived == [7, 8]
    QTest.keyClick(dialog.list, Qt.Key.Key_Space)
    assert dialog.arrived == [7]
    copy = dialog.findChild(QPushButton, "unknown.rows.copy")
    assert copy is not None
    qt_click(copy)
    assert QGuiApplication.clipboard().text().splitlines()[0].endswith(f"{7:032x}"), "to look for it elsewhere"


def call(number: int, stage: CallStage) -> Call:
    return Call(number, 1, 1, number, 200, stage)


def test_a_call_that_wants_a_decision_is_never_behind_those_that_went_well(qtbot: QtBot) -> None:
    panel = SendingPanel()
    qtbot.addWidget(panel)
    unsure = (45, 49)
    calls = [call(number, CallStage.UNKNOWN if number in unsure else CallStage.SETTLED) for number in range(1, 51)]
    counts = {one.id: {RowStage.UNKNOWN if one.number in unsure else RowStage.SENT: 200} for one in calls}
    one = Submission(1, 1, "achievements", "May", SubmissionStage.PAUSED, pause=Pause.UNKNOWN)
    shot = Snapshot(one, {RowStage.SENT: 9600, RowStage.UNKNOWN: 400}, 50, 50)
    panel.show_state(shot, calls, counts, kind="Achievements", can_look_up=True)
    assert len(panel._lines) <= 1, "forty lines in one turn are felt as a standstill"
    qtbot.waitUntil(lambda: len(panel._lines) == MOST_LINES)
    shown = [line.call_id for line in panel._lines if not line.isHidden()]
    assert len(shown) == MOST_LINES and set(unsure) <= set(shown)
    assert shown[:2] == [*unsure] and shown[2:] == sorted(shown[2:]), "first of all, and the others in their order"
    assert "10 more calls" in panel.more.text()
    decided: list[tuple[str, int]] = []
    panel.decideWanted.connect(lambda what, number: decided.append((what, number)))
    assert not panel.all_unknown.isHidden() and "400 unknown rows" in panel.all_unknown.words.text()
    button = panel.all_unknown.findChild(QPushButton, "sending.call.arrived")
    assert button is not None
    button.click()
    assert decided == [("arrived", 0)]
    visible = {name for name, made in panel._buttons.items() if not made.isHidden()}
    assert visible == {"go_on", "look_up", "report"}


@pytest.mark.parametrize(
    ("stage", "title"), [(SubmissionStage.SENDING, "Sending 1 row · Web"), (SubmissionStage.ENDED, "1 row · Web")]
)
def test_one_row_is_one_row(qtbot: QtBot, stage: SubmissionStage, title: str) -> None:
    panel = SendingPanel()
    qtbot.addWidget(panel)
    panel.show_state(
        Snapshot(Submission(1, 1, "web", "May", stage), {RowStage.SENT: 1}, 1, 1), [], {}, kind="Web", can_look_up=False
    )
    assert panel.heading.text() == title


def test_what_is_done_by_itself_about_unknown_rows_is_said(qtbot: QtBot) -> None:
    panel = SendingPanel()
    qtbot.addWidget(panel)
    shot = Snapshot(Submission(1, 1, "web", "May", SubmissionStage.PAUSED), {RowStage.UNKNOWN: 2}, 1, 1)
    for words in ("crmdesk asks the vendor by itself.", ""):
        panel.show_state(shot, [], {}, kind="Web", can_look_up=True, looks=words)
        assert (panel.looks.text(), panel.looks.isHidden()) == (words, not words)


@pytest.mark.parametrize("room", [520, 700, 1000])
def test_what_has_to_be_decided_is_in_sight_without_scrolling(qtbot: QtBot, room: int) -> None:
    panel = SendingPanel()
    qtbot.addWidget(panel)
    calls = [call(number, CallStage.UNKNOWN if number == 4 else CallStage.SETTLED) for number in range(1, 7)]
    counts = {one.id: {RowStage.UNKNOWN if one.number == 4 else RowStage.SENT: 200} for one in calls}
    one = Submission(1, 1, "achievements", "May", SubmissionStage.ENDED)
    panel.fit(room)
    panel.show()
    panel.show_state(Snapshot(one, {RowStage.SENT: 1000, RowStage.UNKNOWN: 200}, 6, 6), calls, counts,
                     kind="Achievements", can_look_up=True)  # fmt: skip
    qtbot.waitUntil(lambda: len(panel._lines) == 6)
    panel.resize(1000, max(panel.minimumSizeHint().height(), room // 3))
    area = panel._area.viewport()
    for what in ("arrived", "again", "rows"):
        made = panel.findChildren(QPushButton, f"sending.call.{what}")[-1]
        qtbot.waitUntil(lambda made=made: made.visibleRegion().boundingRect() == made.rect())
        assert area.rect().contains(made.rect().translated(made.mapTo(area, made.rect().topLeft())))


def test_a_call_tells_how_many_of_its_rows_are_still_unknown(qtbot: QtBot) -> None:
    panel = SendingPanel()
    qtbot.addWidget(panel)
    one = Submission(1, 1, "achievements", "May", SubmissionStage.ENDED)
    shot = Snapshot(one, {RowStage.SENT: 2, RowStage.UNKNOWN: 198}, 1, 1)
    counts = {1: {RowStage.SENT: 2, RowStage.UNKNOWN: 198}}
    panel.show_state(shot, [call(1, CallStage.UNKNOWN)], counts, kind="Achievements", can_look_up=True)
    told = panel._lines[0].words.text()
    assert "198 unknown" in told and "2 sent" in told and "200 rows whose" not in told
    assert not panel._lines[0].decisions.isHidden()


@pytest.mark.parametrize("width", [560, 900])
def test_in_little_room_nothing_overlaps_and_no_decision_is_out_of_sight(qtbot: QtBot, width: int) -> None:
    panel = SendingPanel()
    qtbot.addWidget(panel)
    calls = [call(1, CallStage.SETTLED), call(2, CallStage.UNKNOWN), call(3, CallStage.SETTLED)]
    counts = {1: {RowStage.SENT: 200}, 2: {RowStage.UNKNOWN: 200}, 3: {RowStage.SENT: 199, RowStage.FAILED: 1}}
    one = Submission(1, 1, "achievements", "May", SubmissionStage.PAUSED, pause=Pause.UNKNOWN)
    shot = Snapshot(one, {RowStage.SENT: 399, RowStage.FAILED: 1, RowStage.UNKNOWN: 200}, 3, 3)
    panel.show_state(shot, calls, counts, kind="Achievements", can_look_up=True)
    panel.show()
    panel.resize(width, 400)
    qtbot.waitUntil(lambda: len(panel._lines) == 3 and panel.minimumSizeHint().height() < 220)  # measured in this width
    panel.resize(width, panel.minimumSizeHint().height())
    qtbot.waitUntil(lambda: panel._lines[2].width() <= panel._area.viewport().width())
    assert panel.height() < 220
    last = panel._buttons["report"]
    assert last.mapTo(panel, last.rect().bottomLeft()).y() < panel._area.geometry().top()
    for line in panel._lines[:3]:
        assert line.width() <= panel._area.viewport().width()
        for made in line.findChildren(QPushButton):
            if made.isVisible():
                assert line.rect().contains(made.geometry().translated(made.parentWidget().pos()))


@pytest.mark.parametrize(
    ("pause", "stage", "buttons"),
    [
        (Pause.NONE, SubmissionStage.SENDING, {"pause", "stop"}),
        (Pause.TRIAL, SubmissionStage.PAUSED, {"stop", "go_on", "report"}),
        (Pause.REFUSED, SubmissionStage.PAUSED, {"stop", "go_on", "culprit", "report"}),
        (Pause.SIGN_IN, SubmissionStage.PAUSED, {"stop", "sign_in", "report"}),
        (Pause.STOPPED, SubmissionStage.ENDED, {"report"}),
    ],
)
def test_each_state_offers_what_can_be_done(
    qtbot: QtBot, pause: Pause, stage: SubmissionStage, buttons: set[str]
) -> None:
    panel = SendingPanel()
    qtbot.addWidget(panel)
    queued = {} if stage is SubmissionStage.ENDED else {RowStage.QUEUED: 10}
    shot = Snapshot(Submission(1, 1, "achievements", "May", stage, pause=pause), {RowStage.SENT: 5, **queued}, 2, 1)
    panel.show_state(shot, [], {}, kind="Achievements", can_look_up=False)
    assert {name for name, made in panel._buttons.items() if not made.isHidden()} == buttons
    assert panel.why.isHidden() is (pause is Pause.NONE)


async def given_up(dialog: QDialog, go: Callable[[], None], begun: Callable[[], None] = lambda: None) -> None:
    """It is closed while what it has `begun` goes on; `go` lets that end."""
    asked = asyncio.ensure_future(ask(dialog))
    await asyncio.sleep(0.05)
    begun()
    await asyncio.sleep(0.05)
    dialog.reject()
    assert await asked == 0
    await asyncio.sleep(0.05)
    go()
    await asyncio.sleep(0.1)


async def test_esc_while_rows_are_made_of_the_file_ends_without_a_word(
    host: QWidget, scope: TaskScope, tmp_path: Path, errors: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, go = tmp_path / "small.csv", threading.Event()
    path.write_bytes(b"Account number,Remark\nACR1,x\n")
    monkeypatch.setattr("crmdesk.core.mapping.apply", lambda *_, tell: go.wait(5) and [])
    dialog = ImportDialog(host, scope, KIND, path, [], fakes.FakeClock().now)
    while scope.running("import.read"):
        await asyncio.sleep(0.01)
    dialog._go(1)
    await given_up(dialog, go.set, dialog._next)
    await scope.aclose()
    assert errors == []


@pytest.mark.parametrize("which", ["kinds", "log"])
async def test_esc_while_something_is_read_ends_without_a_word(
    host: QWidget, scope: TaskScope, errors: list[object], which: str
) -> None:
    go = asyncio.Event()

    async def slow(*_given: object) -> tuple[BatchKind, ...]:
        await go.wait()
        return (KIND,)

    desk = SimpleNamespace(submissions=SimpleNamespace(kinds=slow, search=slow), clock=fakes.FakeClock())
    office = Account(1, "crmcom_events", "Office", "https://office.example")
    of_kinds = which == "kinds"
    made = NewDialog(host, desk, scope, [office]) if of_kinds else LedgerDialog(host, desk, scope, desk.clock)
    await given_up(made, go.set)
    await scope.aclose()
    assert errors == []


def test_what_is_typed_beside_a_column_of_the_table_before_does_not_reach_the_next_one(qtbot: QtBot) -> None:
    made = step(qtbot, ("ACR1",), ("2026-04-03",), ("note",))
    made.choose(WHEN, Source(2))
    made._draw()
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    text = made._lines[WHEN].text
    text.setFocus()
    qtbot.waitUntil(text.hasFocus)
    QTest.keyClicks(text, "2026-01-01")
    made.show_table(Table("t.csv", ("C0",), [("ACR1",)], Layout(), hash="other"), [])
    assert made.mapping.source(WHEN) == Source()
    assert made.own == set()
