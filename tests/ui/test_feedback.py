"""Bad news is told once, counted when it repeats, and never with secrets; notices go away by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QEnterEvent, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from crmdesk import __version__
from crmdesk.core.changes import PERSON, ChangeFeed, Changes
from crmdesk.core.errors import OfflineError, StorageError
from crmdesk.ui import words
from crmdesk.ui.feedback import MOST_TOLD, BannerHost, Feedback, Toast, error_details
from crmdesk.ui.kit import button, column, row
from crmdesk.ui.signals import StoreSignals
from tests.ui.fakes import FakeClock


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    made.resize(800, 500)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def feedback(window: QWidget, clock: FakeClock) -> Feedback:
    banners = BannerHost(clock)
    column(window, banners)
    return Feedback(window, clock, banners)


def test_the_same_fault_is_counted_on_one_banner(feedback: Feedback, clock: FakeClock) -> None:
    for _ in range(3):
        feedback.show(OfflineError("No connection.", "Check the cable."), "pull")
        clock.forward(60)
    assert feedback.banners.texts() == ["No connection. Check the cable. (3 times)"]
    clock.forward(301)
    feedback.show(OfflineError("No connection.", "Check the cable."), "pull")
    assert feedback.banners.texts() == ["No connection. Check the cable."]


def test_another_fault_gets_its_own_banner_and_each_can_be_closed(feedback: Feedback, window: QWidget) -> None:
    feedback.show(OfflineError("No connection."), "pull")
    feedback.show(StorageError("There is no room to save on this computer.", "Free some space."), "store")
    assert len(feedback.banners.texts()) == 2
    window.findChild(QAbstractButton, "banner.store.StorageError.close").click()
    assert feedback.banners.texts() == ["No connection."]
    feedback.banners.clear("pull.OfflineError")
    assert not feedback.banners.isVisible()


def test_names_of_buttons_do_not_follow_the_language(
    feedback: Feedback, window: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "crmdesk.ui.feedback.tr", lambda text: {"Copy details": "Einzelheiten kopieren"}.get(text, text)
    )
    feedback.show(StorageError("Disk is full."), "store")
    assert window.findChild(QAbstractButton, "banner.store.StorageError.copy").text() == "Einzelheiten kopieren"


@pytest.mark.expect_log
def test_our_own_fault_is_told_kindly_and_logged(feedback: Feedback) -> None:
    feedback.report("paint", ValueError("secret text of a guest"))
    assert "secret" not in feedback.banners.texts()[0]
    assert "Something went wrong inside crmdesk" in feedback.banners.texts()[0]


def test_details_are_copied_without_the_guests_data(feedback: Feedback, window: QWidget) -> None:
    error = StorageError("Disk is full.", details={"errno": "28"})
    feedback.show(error, "store")
    window.findChild(QAbstractButton, "banner.store.StorageError.copy").click()
    assert QGuiApplication.clipboard().text() == "StorageError\nDisk is full.\nerrno: 28"
    assert error_details(ValueError("private")) == f"ValueError\ncrmdesk {__version__}"


def test_details_of_a_mistake_tell_where_it_was_made_and_no_value() -> None:
    with pytest.raises(TypeError) as failed:
        words.number([7])  # type: ignore[arg-type]
    told = error_details(failed.value)
    assert "words.py:" in told and "number" in told
    assert "7]" not in told and str(Path.cwd()) not in told


def test_at_most_three_notices_and_none_is_lost(feedback: Feedback) -> None:
    for word in ("one", "two", "three", "four"):
        feedback.notice(word)
    assert feedback.notices() == ["two", "three", "four"]
    assert [notice.text for notice in feedback.told] == ["one", "two", "three", "four"]


def covered(window: QWidget, *names: str) -> list[str]:
    """Of these, what a notice stands on."""
    found = [window.findChild(QWidget, name) for name in names]
    toasts = [one for one in window.findChildren(Toast) if one.isVisible()]
    rects = {one.objectName(): QRect(one.mapTo(window, QPoint()), one.size()) for one in found if one.isVisible()}
    return [name for name, rect in rects.items() if any(rect.intersects(toast.geometry()) for toast in toasts)]


def test_no_notice_stands_on_what_can_be_pressed(feedback: Feedback, window: QWidget, qtbot: QtBot) -> None:
    """The foot of a page has its buttons in the very place; and another page may come under a notice."""
    foot, other = QWidget(window), QWidget(window)
    for host, top in ((foot, 430), (other, 330)):
        host.setGeometry(0, top, 800, 60)
        row(host, *(button(f"foot{top}.{place}", f"Press me {place}", lambda: None) for place in range(6)))
    foot.show()
    for word in ("one", "a second and longer one", "three"):
        feedback.notice(word)
    names = [f"foot{top}.{place}" for top in (430, 330) for place in range(6)]
    assert window.findChild(QWidget, names[0]).isVisible() and covered(window, *names) == []
    toasts = [one.geometry() for one in window.findChildren(Toast)]
    assert not [1 for one in toasts for two in toasts if one is not two and one.intersects(two)]
    other.show()
    qtbot.waitUntil(lambda: covered(window, *names) == [], timeout=2000)
    assert all(window.rect().contains(one.geometry()) for one in window.findChildren(Toast))


def test_where_everything_can_be_pressed_a_notice_is_seen_all_the_same(feedback: Feedback, window: QWidget) -> None:
    button("all", "All", lambda: None).setParent(window)
    window.findChild(QWidget, "all").setGeometry(window.rect())
    window.findChild(QWidget, "all").show()
    feedback.notice("one")
    (toast,) = window.findChildren(Toast)
    assert toast.isVisible() and window.rect().contains(toast.geometry())


def test_a_notice_can_be_acted_on_and_then_goes(feedback: Feedback, window: QWidget) -> None:
    done: list[str] = []
    feedback.notice("Deleted.", ("Undo", lambda: done.append("undo")))
    window.findChild(QAbstractButton, "notice.action").click()
    assert (done, feedback.notices()) == (["undo"], [])


@pytest.mark.parametrize("by", ["pointer", "focus"])
def test_a_notice_stays_while_the_pointer_or_the_focus_is_on_it(
    feedback: Feedback, window: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr("crmdesk.ui.feedback.NOTICE_MS", 60)
    window.activateWindow()
    feedback.notice("Deleted.", ("Undo", lambda: None))
    (toast,) = window.findChildren(Toast)
    (press,) = feedback.actions()
    spot = QPointF(3, 3)
    if by == "focus":
        press.setFocus()
        assert press.hasFocus()
    else:
        QApplication.sendEvent(toast, QEnterEvent(spot, spot, spot))
    qtbot.wait(200)
    assert feedback.notices() == ["Deleted."]
    if by == "focus":
        window.setFocus()
        press.clearFocus()
    else:
        QApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: feedback.notices() == [], timeout=2000)


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Escape])
def test_the_focus_goes_back_to_the_window_with_a_notice(
    feedback: Feedback, window: QWidget, qtbot: QtBot, key: Qt.Key
) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    done: list[str] = []
    feedback.notice("Deleted.", ("Undo", lambda: done.append("undo")))
    (press,) = feedback.actions()
    press.setFocus()
    qtbot.keyClick(press, key)
    assert (feedback.notices(), QApplication.focusWidget()) == ([], window)
    assert done == (["undo"] if key == Qt.Key.Key_Space else [])


def test_what_a_notice_offers_is_done_once_and_only_while_it_is_valid(feedback: Feedback) -> None:
    done: list[str] = []
    valid = True
    feedback.notice("Height changed.", ("Undo", lambda: done.append("undo")), lambda: valid)
    (notice,) = feedback.told
    assert notice.open()
    valid = False
    notice.act()
    assert (done, notice.open()) == ([], False)
    valid = True
    notice.act()
    notice.act()
    assert (done, notice.open(), notice.done) == (["undo"], False, True)


def test_a_run_keeps_the_last_notices_only(feedback: Feedback) -> None:
    for number in range(MOST_TOLD + 5):
        feedback.notice(str(number))
    assert (len(feedback.told), feedback.told[0].text) == (MOST_TOLD, "5")


def test_after_an_erasure_no_notice_can_name_the_guest(feedback: Feedback) -> None:
    feedback.notice("Ana Ruiz is signed in.")
    feedback.forget()
    assert (feedback.notices(), list(feedback.told)) == ([], [])


def test_changes_of_a_burst_come_as_one(qtbot: QtBot) -> None:
    feed = ChangeFeed()
    signals, heard = StoreSignals(feed, merge_ms=20), []
    signals.changed.connect(heard.append)
    with qtbot.waitSignal(signals.changed):
        feed.emit(Changes(contacts=frozenset({1})))
        feed.emit(Changes(contacts=frozenset({2}), listing=True))
    assert heard == [Changes(contacts=frozenset({1, 2}), listing=True)]
    signals.close()
    feed.emit(Changes(listing=True))
    signals.flush()
    assert len(heard) == 1


def test_what_a_person_did_is_told_at_once_and_by_itself(qtbot: QtBot) -> None:
    feed = ChangeFeed()
    signals, heard = StoreSignals(feed, merge_ms=20), []
    signals.changed.connect(heard.append)
    feed.emit(Changes(contacts=frozenset({1})))
    feed.emit(Changes(contacts=frozenset({2}), listing=True, origin=PERSON))
    assert heard == [Changes(contacts=frozenset({2}), listing=True, origin=PERSON)], "a running check delays nobody"
    with qtbot.waitSignal(signals.changed):
        for number in range(3, 9):  # a batch that is undone one by one
            feed.emit(Changes(contacts=frozenset({number}), origin=PERSON))
    assert heard[1:] == [Changes(contacts=frozenset({1, *range(3, 9)}))]
    signals.close()
