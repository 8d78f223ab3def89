"""The file of dismissed cards, the cards' texts, and a card by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from crmdesk.ui.practice import noted
from crmdesk.ui.practice.card import LessonCard, Shown
from crmdesk.ui.practice.lessons import LESSONS, LINKING, taught
from crmdesk.ui.practice.watching import Watching
from crmdesk.vendors.crmcom_events.sandbox import DEMO

STEPS = (Shown("One", True), Shown("Two", False, saves=True), Shown("Three", False))


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"{}", b"[1, null]", b"[" * 100_000, b"\xff", b'"' * 20_000])
def test_a_file_that_makes_no_sense_dismisses_nothing(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "cards.json"
    file.write_bytes(content)
    assert noted.read(file) == set()


def test_what_is_dismissed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "new" / "cards.json"
    assert noted.read(file) == set()
    noted.write(file, {"search", "link"})
    assert noted.read(file) == {"search", "link"}
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_practice_keeps_its_file_beside_no_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CRMDESK_DATA", str(tmp_path))
    assert tmp_path not in noted.cards_file().parents


def test_linking_is_taught_only_where_it_can_be_done() -> None:
    assert [one.id for one in taught([LINKING])] == ["search", "offline", "link", "file", "unknown"]
    assert [one.id for one in taught(["contact.edit"])] == ["search", "offline", "file", "unknown"]


def test_the_account_of_the_card_is_that_of_the_practice() -> None:
    told = [step.text for lesson in LESSONS for step in lesson.steps if step.id == "imported"]
    assert DEMO.title in told[0]


def test_every_step_can_be_recognised(qapp: QApplication) -> None:
    from tests.ui.practice.stand_in import Window

    watching = Watching(Window(), "sample.csv")  # type: ignore[arg-type]
    assert {step.id for lesson in LESSONS for step in lesson.steps} == set(watching._checks)


@pytest.fixture
def card(qapp: QApplication) -> Iterator[LessonCard]:
    host = QWidget()
    made = LessonCard()
    QVBoxLayout(host).addWidget(made)
    host.resize(1200, 2000)
    host.show()
    made.show_lesson("Send a file", "4 of 5", STEPS, alone=False)
    yield made
    host.hide()


def test_a_card_tells_what_is_done_and_what_comes_next(card: LessonCard) -> None:
    names = [one.accessibleName() for one in card.body.findChildren(QWidget) if one.accessibleName()]
    assert [name for name in names if ":" in name] == ["Done: One", "Next: Two", "Later: Three"]
    assert card.accessibleName() == "Send a file: Two"
    assert card.save.isVisible()
    card.show_lesson("Send a file", "4 of 5", [one._replace(done=True) for one in STEPS], alone=True)
    assert card.heading.text() == "Send a file: all done. Well done!"
    assert not card.save.isVisible() and not card.after.isVisible()


def test_a_card_of_one_line_says_the_next_step_and_stays_as_it_was_chosen(card: LessonCard) -> None:
    card.fold.click()
    assert card.folded and not card.body.isVisible() and not card.never.isVisible()
    assert card.heading.text() == "Send a file: Two"
    assert card.fold.accessibleName() == "Show all steps"
    card.window().resize(1200, 300)
    card.follow_height()
    card.fold.click()
    assert not card.folded and not card.in_the_way, "somebody wants it so"
