"""Navigation and status bar say where everything stands, in words as well as colours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMainWindow
from pytestqt.qtbot import QtBot

from crmdesk.core.outbox import OutboxCounts
from crmdesk.core.types import AccountState, SavedView
from crmdesk.sync.progress import Connection, Phase, Progress, StatusBoard
from crmdesk.ui.navigation import Navigation, NavRow
from crmdesk.ui.places import BUILT_IN, CONFLICTS, HOME, OUTBOX, TRASH, WORK_VIEWS, Place, place_of
from crmdesk.ui.status_bar import StatusBar
from crmdesk.ui.theme import Theme
from tests.ui import fakes
from tests.ui.fakes import NOON

ACCOUNTS = [fakes.account(1), fakes.account(2, "Harbour Tours", contacts=12903)]
VIEWS = [SavedView(7, "Berlin", "city:berlin", position=2), SavedView(8, "Lyon", "city:lyon", position=1)]


@pytest.fixture
def navigation(look: Theme, qtbot: QtBot) -> Navigation:
    made = Navigation(look)
    qtbot.addWidget(made)
    made.resize(220, 700)
    made.show_counts(ACCOUNTS, 44143, VIEWS, StatusBoard())
    made.show()
    return made


def line(navigation: Navigation, title: str) -> NavRow:
    return next(one for one in navigation.lines() if one.title == title)


def click(navigation: Navigation, qtbot: QtBot, title: str) -> None:
    row = [one.title for one in navigation.lines()].index(title)
    at = navigation.list.visualRect(navigation.list.model().index(row, 0)).center()
    qtbot.mouseClick(navigation.list.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_views_and_accounts_stand_there_with_counts(navigation: Navigation) -> None:
    assert [one.title for one in navigation.lines() if one.place] == [
        *(view.title for view in BUILT_IN),
        "Outbox",
        "Bulk events",
        "Conflicts",
        "Duplicates",
        "Trash",
        "Lyon",
        "Berlin",
        "Seaside Villas",
        "Harbour Tours",
        "Add account…",
    ]
    assert line(navigation, "All contacts").count == "44,143"
    assert line(navigation, "Harbour Tours").count == "12,903"


def test_a_click_and_enter_go_there(navigation: Navigation, qtbot: QtBot) -> None:
    went: list[Place] = []
    navigation.chosen.connect(went.append)
    click(navigation, qtbot, "Harbour Tours")
    qtbot.keyClick(navigation.list, Qt.Key.Key_Down)
    qtbot.keyClick(navigation.list, Qt.Key.Key_Return)
    assert went[0] == Place("account", 2)
    assert went[-1] == Place("accounts", -1)


def test_headings_cannot_be_chosen(navigation: Navigation, qtbot: QtBot) -> None:
    went: list[Place] = []
    navigation.chosen.connect(went.append)
    click(navigation, qtbot, "Accounts")
    assert went == []


def test_a_failed_account_says_so_in_word_shape_and_speech(navigation: Navigation) -> None:
    board = StatusBoard()
    board.put(Progress(1, Phase.FAILED, text="The server has a fault."))
    navigation.show_counts(ACCOUNTS, 44143, VIEWS, board)
    failed = line(navigation, "Seaside Villas")
    assert (failed.sign, failed.sign_icon, failed.tone) == ("failed", "cross", "error")
    assert failed.spoken == "Seaside Villas, 31,240, failed"
    index = navigation.list.model().index([one.title for one in navigation.lines()].index("Seaside Villas"), 0)
    assert "The server has a fault." in index.data(Qt.ItemDataRole.ToolTipRole)
    assert line(navigation, "Harbour Tours").tone == ""


def test_hostile_titles_are_no_markup(navigation: Navigation) -> None:
    navigation.show_counts([fakes.account(1, "<b>x</b>")], 1, [], StatusBoard())
    index = navigation.list.model().index([one.title for one in navigation.lines()].index("<b>x</b>"), 0)
    assert "<b>" not in index.data(Qt.ItemDataRole.ToolTipRole)


def test_counts_may_change_without_losing_the_place(navigation: Navigation) -> None:
    navigation.mark(Place("account", 2))
    navigation.show_counts(ACCOUNTS, 50000, VIEWS, StatusBoard())
    assert navigation.list.currentIndex().data() == "Harbour Tours"


def test_the_card_tells_the_check_that_runs_and_stops_it(navigation: Navigation, qtbot: QtBot) -> None:
    board = StatusBoard()
    navigation.show_status(ACCOUNTS, board, NOON)
    assert navigation.card.head.accessibleName() == "Online · checked 2 min ago"
    assert not navigation.card.busy.isVisible()
    board.put(Progress(2, Phase.LISTING, 41, 130))
    navigation.show_status(ACCOUNTS, board, NOON)
    assert navigation.card.busy.label.whole() == "Harbour Tours: page 41 of 130"
    assert (navigation.card.busy.bar.value(), navigation.card.busy.bar.maximum()) == (41, 130)
    with qtbot.waitSignal(navigation.cancelWanted) as cancelled:
        navigation.card.busy.cancel.click()
    assert cancelled.args == [2]


def test_saved_views_have_a_menu_and_built_in_ones_have_none(navigation: Navigation, qtbot: QtBot) -> None:
    assert navigation.menu_for(line(navigation, "Restricted")) is None
    menu = navigation.menu_for(line(navigation, "Berlin"))
    assert menu is not None
    with qtbot.waitSignal(navigation.viewAction) as asked:
        menu.actions()[0].trigger()
    assert asked.args == ["rename", VIEWS[0]]


def test_places_survive_as_text() -> None:
    for place in (HOME, Place("account", 3), Place("settings")):
        assert place_of(place.key) == place
    assert place_of("") == place_of("view:x") == place_of("elsewhere:1") == HOME


# status bar


@pytest.fixture
def status(look: Theme, qtbot: QtBot) -> StatusBar:
    window = QMainWindow()
    made = StatusBar(look, window)
    made.keep = window  # type: ignore[attr-defined]  # Qt deletes a window nobody holds
    window.setStatusBar(made)
    qtbot.addWidget(window)
    window.resize(1300, 100)
    window.show()
    return made


def test_connection_and_times_of_the_last_good_checks(status: StatusBar) -> None:
    board = StatusBoard()
    accounts = [*ACCOUNTS, fakes.account(3, "New one", state=AccountState.NEW, checked_at="")]
    status.show_state(accounts, board, NOON)
    time = (NOON - timedelta(minutes=2)).astimezone().strftime("%H:%M")
    assert status.texts() == ["Online", f"Seaside Villas {time}", f"Harbour Tours {time}", "New one never checked"]
    board.connection = Connection.WORKING_OFFLINE
    board.put(Progress(2, Phase.SIGN_IN))
    status.show_state(accounts, board, NOON)
    assert status.texts()[0] == "Working offline"
    assert status.texts()[2] == "Harbour Tours sign in"


def test_an_account_without_a_list_says_so_instead_of_never_checked(status: StatusBar) -> None:
    board = StatusBoard()
    board.put(Progress(3, Phase.READY, text="It takes events."))
    status.show_state([fakes.account(3, "Office", state=AccountState.NEW, checked_at="")], board, NOON)
    part = status.findChild(QAbstractButton, "status.account.3")
    assert (part.text(), part.accessibleDescription()) == ("Office ready", "Office. It takes events.")


def test_every_part_opens_the_panel(status: StatusBar, qtbot: QtBot) -> None:
    status.show_state(ACCOUNTS, StatusBoard(), NOON)
    for name in ("status.connection", "status.account.2"):
        with qtbot.waitSignal(status.panelWanted):
            status.findChild(QAbstractButton, name).click()


def test_many_accounts_do_not_make_the_window_wider(status: StatusBar) -> None:
    status.window().resize(600, 100)
    status.show_state([fakes.account(n, f"Property number {n}") for n in range(1, 10)], StatusBoard(), NOON)
    shown = [part for part in status.findChildren(QAbstractButton) if part.isVisible()]
    assert status.window().width() == 600
    assert sum(part.sizeHint().width() for part in shown) < 600
    assert status.more.text().endswith("more")
    assert status.minimumSizeHint().width() == 0


def test_accounts_that_went_leave_the_bar(status: StatusBar) -> None:
    status.show_state(ACCOUNTS, StatusBoard(), NOON)
    status.show_state(ACCOUNTS[1:], StatusBoard(), NOON)
    assert len(status.texts()) == 2


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((48213, 48213, 0), "48,213 contacts"),
        ((3, 2431, 1), "3 of 2,431 contacts"),
        ((2431, 2431, 2431), "2,431 contacts · 2,431 selected"),
    ],
)
def test_rows_are_counted(status: StatusBar, counts: tuple[int, int, int], words: str) -> None:
    status.show_rows(*counts)
    assert status.rows.text() == words


# edits under way


def test_work_counts_what_is_to_be_done_and_zero_shows_none(navigation: Navigation) -> None:
    assert [line(navigation, title).count for title in ("Outbox", "Conflicts", "Trash")] == ["", "", ""]
    counts = OutboxCounts(waiting=2, held=1, conflicts=1, needs_you=3, trashed=9)
    navigation.show_counts(ACCOUNTS, 44143, VIEWS, StatusBoard(), counts)
    assert (line(navigation, "Outbox").count, line(navigation, "Outbox").hint) == ("5", "2 wait · 3 need you")
    assert line(navigation, "Conflicts").spoken == "Conflicts, 1"
    assert line(navigation, "Trash").count == ""
    assert not navigation.grab().isNull()


def test_work_can_be_gone_to(navigation: Navigation, qtbot: QtBot) -> None:
    went: list[Place] = []
    navigation.chosen.connect(went.append)
    for title in ("Outbox", "Conflicts", "Trash"):
        click(navigation, qtbot, title)
    assert went == [OUTBOX, CONFLICTS, TRASH]
    assert [place_of(place.key) for place in went] == went


def test_views_of_waiting_contacts_are_known_but_take_no_line(navigation: Navigation) -> None:
    for view in WORK_VIEWS:
        assert navigation.view(view.id) is view
        assert view in navigation.views()
        assert view.title not in [one.title for one in navigation.lines() if one.view is not None]


def test_who_is_at_the_desk(navigation: Navigation, qtbot: QtBot) -> None:
    assert not navigation.operator.isVisible()
    navigation.show_operator("")
    assert navigation.operator.accessibleName() == "Who is at the desk?"
    navigation.show_operator("Maria")
    assert navigation.operator.accessibleName() == "At the desk: Maria"
    with qtbot.waitSignal(navigation.operatorWanted):
        navigation.operator.click()


def test_the_bar_tells_what_waits_and_what_needs_a_person(status: StatusBar, qtbot: QtBot) -> None:
    status.show_state(ACCOUNTS, StatusBoard(), NOON)
    assert not status.waiting.isVisible()
    status.show_outbox(OutboxCounts(waiting=1, held=1, needs_you=1))
    assert (status.waiting.text(), status.needs_you.text()) == ("2 waiting", "1 needs you")
    for part, needs_you in ((status.waiting, False), (status.needs_you, True)):
        assert part.isVisible()
        with qtbot.waitSignal(status.outboxWanted) as asked:
            part.click()
        assert asked.args == [needs_you]
    status.show_outbox(OutboxCounts())
    assert not status.waiting.isVisible()
    assert not status.needs_you.isVisible()


def test_working_offline_shows_how_many_wait(status: StatusBar) -> None:
    board = StatusBoard()
    board.connection = Connection.WORKING_OFFLINE
    status.show_outbox(OutboxCounts(waiting=3))
    status.show_state(ACCOUNTS, board, NOON)
    assert status.texts()[0] == "Working offline, 3 edits wait"


def test_counts_of_edits_leave_room_for_the_rest(status: StatusBar) -> None:
    status.window().resize(600, 100)
    status.show_state([fakes.account(n, f"Property number {n}") for n in range(1, 10)], StatusBoard(), NOON)
    status.show_outbox(OutboxCounts(waiting=12, needs_you=3))
    shown = [part for part in status.findChildren(QAbstractButton) if part.isVisible()]
    assert status.window().width() == 600
    assert sum(part.sizeHint().width() for part in shown) < 600


def test_a_title_that_is_shown_shortened_is_spoken_whole(status: StatusBar) -> None:
    title = "Παραθαλάσσιο ξενοδοχείο Άγιος Νικόλαος της Χαλκιδικής"
    status.show_state([fakes.account(3, title)], StatusBoard(), NOON)
    part = status.findChild(QAbstractButton, "status.account.3")
    assert part is not None
    assert "…" in part.text()
    assert part.accessibleName().startswith(f"{title} ")
