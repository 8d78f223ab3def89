"""Every key of the table does what it stands for, or says why it cannot; so does the same verb from a menu."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from crmdesk.core.submission import RowStage, SubmissionStage
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.composer.composer import Composer
from crmdesk.ui.composer.entry import GRID, OPEN, PROBLEMS, SENDING, SHOW
from crmdesk.ui.composer.keys import COMPOSER_KEYS, GRID_KEYS
from crmdesk.ui.theme import Theme
from tests.ui.composer.fakes import TEXT, FakeSubmissions, opened, row
from tests.ui.fakes import FakeClock


class Shown:
    """A composer, and what it asked its page to do."""

    def __init__(self, composer: Composer) -> None:
        self.composer, self.done = composer, []  # type: ignore[var-annotated]
        composer.do.connect(self.done.append)
        composer.sending.do.connect(self.done.append)
        composer.sending.decideWanted.connect(lambda what, call: self.done.append((what, call)))
        composer.left.connect(lambda: self.done.append("left"))

    def press(self, keys: str, target: QWidget | None = None) -> None:
        pressed: QKeyCombination = QKeySequence(keys)[0]
        QTest.keyClick(target or self.composer.grid, pressed.key(), pressed.keyboardModifiers())


@pytest.fixture
async def show(scope: TaskScope, look: Theme, clock: FakeClock, errors: list[Any]) -> AsyncIterator[Any]:
    made: list[Composer] = []

    async def shown(fake: FakeSubmissions) -> Shown:
        composer = Composer(await opened(fake, scope), look, clock, "Resort Loyalty")
        made.append(composer)
        composer.grid.rows.refresh()
        composer.resize(1000, 700)
        composer.show()
        composer.refresh()
        composer.grid.go(0, composer.grid.rows.columns.index(TEXT))
        return Shown(composer)

    yield shown
    for composer in made:
        composer.hide()
        composer.deleteLater()
    assert errors == []


def ended(*stages: RowStage) -> FakeSubmissions:
    return FakeSubmissions([row(number, stage) for number, stage in enumerate(stages)], SubmissionStage.ENDED)


async def test_ctrl_enter_reviews_from_grid_title_and_a_cell_that_is_being_edited(show: Any) -> None:
    one = await show(FakeSubmissions([row(1), row(2)]))
    composer = one.composer
    one.press("Ctrl+Return")
    one.press("Ctrl+Enter", composer.title)
    QTest.keyClick(composer.grid, Qt.Key.Key_F2)
    editor = composer.grid.findChild(QWidget, "composer.cell")
    QTest.keyClicks(editor, "!")
    one.press("Ctrl+Return", editor)
    assert one.done == ["send"] * 3
    assert composer.document.rows[0].values[TEXT] == "!" and composer.grid.currentIndex().row() == 0


async def test_retry_and_report_by_key(show: Any) -> None:
    one = await show(ended(RowStage.SENT, RowStage.FAILED))
    one.press("Ctrl+Shift+R")
    assert one.done == ["retry"]
    assert one.composer.acts.why_not("report") is not None, "the panel has no button for it yet"
    one.composer.sending.show()
    for name, made in one.composer.sending._buttons.items():
        made.setVisible(name == "report")
    one.press("Ctrl+Shift+E")
    assert one.done == ["retry", "report"]


async def test_ctrl_period_stops_only_where_that_is_offered(show: Any) -> None:
    one = await show(FakeSubmissions([row(1)]))
    one.press("Ctrl+.")
    assert one.done == [] and one.composer.told.text() == "Nothing is being sent."
    one.composer.sending.show()
    one.press("Ctrl+.")
    assert one.done == ["stop"]


@pytest.mark.parametrize(("keys", "verbs"), [(COMPOSER_KEYS, OPEN + PROBLEMS + SENDING), (GRID_KEYS, GRID)])
def test_every_key_is_that_of_a_command(keys: dict[str, Any], verbs: tuple[Any, ...]) -> None:
    assert set(keys) <= {verb for verb, _, _ in verbs}


@pytest.mark.parametrize("stage", list(SubmissionStage))
async def test_every_verb_is_done_or_says_why_not(show: Any, stage: SubmissionStage) -> None:
    QGuiApplication.clipboard().setText("pasted")
    stages = (RowStage.READY,) * 2 if stage is SubmissionStage.DRAFT else (RowStage.SENT, RowStage.FAILED)
    one = await show(FakeSubmissions([row(number, of) for number, of in enumerate(stages)], stage))
    for verb, _, _ in (*OPEN, *PROBLEMS, *SENDING, *SHOW, *GRID):
        one.composer.told.setText("")
        reason = one.composer.acts.why_not(verb)
        one.composer.acts.do(verb)
        if reason is not None:
            assert reason and one.composer.told.text() == reason, verb


async def test_unknown_rows_are_decided_together(show: Any) -> None:
    one = await show(ended(RowStage.UNKNOWN, RowStage.SENT))
    one.composer.acts.do("arrived")
    assert one.done == [("arrived", 0)]
    one.composer.acts.do("show.unknown")
    assert one.composer.grid.rows.rowCount() == 1
    one.composer.acts.do("show.failed")
    assert one.composer.told.text() == "There are no such rows."


async def test_rows_of_a_call_begin_at_what_its_own_refusal_names(show: Any) -> None:
    words = "text {} is too long"
    refused = [row(n, RowStage.FAILED, call_id=n + 1, text=words.format(n)) for n in range(2)]
    one = await show(FakeSubmissions(refused, SubmissionStage.ENDED))
    grid = one.composer.grid
    one.composer.show_call(2)
    assert grid.rows.rowCount() == 1 and grid.currentIndex().column() == grid.rows.columns.index(TEXT)
