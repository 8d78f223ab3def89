"""The grid under the keys: going, typing, blocks, and typing that survives whatever else happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QStyleOptionViewItem, QWidget

from crmdesk.core.row_checks import Flaw, Severity
from crmdesk.core.submission import RowStage, SubmissionStage
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.composer.find_bar import FindBar
from crmdesk.ui.composer.grid import Grid, block_of
from crmdesk.ui.composer.model import MESSAGE, STATE
from crmdesk.ui.composer.rows import GridRow
from crmdesk.ui.theme import Theme
from tests.ui.composer.fakes import ACCOUNT, CLASS, TEXT, UNIT, WHEN, FakeSubmissions, opened, row

K = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def shown(scope: TaskScope, look: Theme, errors: list[Any]) -> Iterator[Any]:
    """`await shown(fake)`: a grid over its submission, the first cell of the account current."""
    grids: list[Grid] = []

    async def show(fake: FakeSubmissions) -> Grid:
        document = await opened(fake, scope)
        grid = Grid(document, look)
        grids.append(grid)
        grid.rows.refresh()
        grid.resize(1000, 400)
        grid.show()
        if grid.rows.rowCount():
            at(grid, 0, ACCOUNT)
        return grid

    yield show
    for grid in grids:
        grid.hide()
        grid.deleteLater()
    assert errors == []


def three() -> FakeSubmissions:
    return FakeSubmissions([row(1), row(2), row(3)])


def at(grid: Grid, place: int, path: str) -> None:
    grid.go(place, grid.rows.columns.index(path))


def here(grid: Grid) -> tuple[int, str]:
    index = grid.currentIndex()
    return index.row(), grid.rows.columns[index.column()]


def press(target: QWidget, *keys: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    for key in keys:
        QTest.keyClick(target, key, held)


def select(grid: Grid, rows: range, left: str, right: str) -> None:
    at(grid, rows[0], left)
    model = grid.rows
    first = model.index(rows[0], model.columns.index(left))
    last = model.index(rows[-1], model.columns.index(right))
    from PySide6.QtCore import QItemSelection

    grid.selectionModel().select(QItemSelection(first, last), QItemSelectionModel.SelectionFlag.ClearAndSelect)


def texts(grid: Grid, path: str) -> list[Any]:
    return [one.values.get(path) for one in grid.document.rows]


def editor(grid: Grid) -> QLineEdit:
    found = [one for one in grid.findChildren(QLineEdit, "composer.cell") if one.isVisible()]
    assert len(found) == 1
    return found[0]


def editing(grid: Grid) -> bool:
    return bool(grid.state() == QAbstractItemView.State.EditingState)


# ── going ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_arrows_tab_enter_home_and_end_go_as_in_a_spreadsheet(shown: Any) -> None:
    grid = await shown(three())
    columns = grid.rows.columns
    assert columns[:2] == [STATE, ACCOUNT] and here(grid) == (0, ACCOUNT)
    press(grid, K.Key_Right)
    assert here(grid) == (0, CLASS)
    press(grid, K.Key_Down)
    assert here(grid) == (1, CLASS)
    press(grid, K.Key_Left, K.Key_Up)
    assert here(grid) == (0, ACCOUNT)
    press(grid, K.Key_Tab)
    assert here(grid) == (0, CLASS)
    press(grid, K.Key_Backtab, held=SHIFT)
    assert here(grid) == (0, ACCOUNT)
    press(grid, K.Key_Return)
    assert here(grid) == (1, ACCOUNT)
    press(grid, K.Key_Enter, held=SHIFT)
    assert here(grid) == (0, ACCOUNT)
    press(grid, K.Key_End)
    assert here(grid) == (0, columns[-1])
    press(grid, K.Key_Home)
    assert here(grid) == (0, ACCOUNT)
    press(grid, K.Key_End, held=CTRL)
    assert here(grid) == (2, columns[-1])
    press(grid, K.Key_Home, held=CTRL)
    assert here(grid) == (0, ACCOUNT)


async def test_ctrl_and_an_arrow_jumps_to_where_something_begins_or_ends(shown: Any) -> None:
    grid = await shown(FakeSubmissions([row(n) for n in range(6)]))
    grid.document.set_cells([(2, ACCOUNT, ""), (3, ACCOUNT, "")], "x")
    for expected in (1, 4, 5, 5):
        press(grid, K.Key_Down, held=CTRL)
        assert here(grid) == (expected, ACCOUNT)
    press(grid, K.Key_Up, held=CTRL)
    assert here(grid) == (4, ACCOUNT)
    press(grid, K.Key_Right, held=CTRL)
    assert here(grid) == (4, TEXT)


async def test_enter_in_the_last_row_adds_one_to_a_draft_only(shown: Any) -> None:
    grid = await shown(three())
    at(grid, 2, TEXT)
    press(grid, K.Key_Return)
    assert len(grid.document.rows) == 4 and here(grid) == (3, TEXT)
    sent = await shown(FakeSubmissions([row(1, RowStage.FAILED)], SubmissionStage.ENDED))
    press(sent, K.Key_Return)
    assert len(sent.document.rows) == 1


async def test_f8_goes_round_what_is_wrong_and_says_it(shown: Any) -> None:
    fake = three()
    grid = await shown(fake)
    fake.flaws = [
        Flaw(0, TEXT, "V-A", Severity.ERROR, "first"),
        Flaw(2, ACCOUNT, "V-B", Severity.WARNING, "second"),
        Flaw(2, WHEN, "V-C", Severity.ERROR, "third"),
        Flaw(1, TEXT, "V-D", Severity.NOTE, "only a note"),
    ]
    assert not grid.step_flaw(1)
    await grid.document.check()
    told: list[str] = []
    grid.told.connect(told.append)
    seen = []
    for step in (1, 1, 1, 1, -1, -1):
        assert grid.step_flaw(step)
        seen.append(here(grid))
    a, b, c = (0, TEXT), (2, ACCOUNT), (2, WHEN)
    assert seen == [a, b, c, a, c, b]
    assert told == ["first", "second", "third", "first", "third", "second"]
    assert grid.rows.data(grid.rows.index(2, grid.rows.columns.index(WHEN))) == "— needed —"
    grid.show_only([grid.document.rows[2].key])
    assert grid.step_flaw(1) and (grid.rows.place_of(here(grid)[0]), here(grid)[1]) == c and grid.rows.filtered
    assert grid.step_flaw(1) and here(grid) == a and not grid.rows.filtered


# ── typing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_typing_begins_anew_and_enter_goes_down_with_shift_up(shown: Any) -> None:
    grid = await shown(three())
    at(grid, 1, TEXT)
    QTest.keyClicks(grid, "n")
    QTest.keyClicks(editor(grid), "ew")
    press(editor(grid), K.Key_Return)
    assert texts(grid, TEXT) == ["text 1", "new", "text 3"]
    assert here(grid) == (2, TEXT) and not editing(grid)
    QTest.keyClicks(grid, "z")
    press(editor(grid), K.Key_Return, held=SHIFT)
    assert texts(grid, TEXT)[2] == "z" and here(grid) == (1, TEXT)


async def test_enter_after_typing_in_the_last_row_of_a_draft_adds_one(shown: Any) -> None:
    grid = await shown(three())
    at(grid, 2, TEXT)
    QTest.keyClicks(grid, "z")
    press(editor(grid), K.Key_Return)
    assert texts(grid, TEXT) == ["text 1", "text 2", "z", None] and here(grid) == (3, TEXT)


@pytest.mark.parametrize(
    ("key", "then"),
    [(K.Key_Return, (1, ACCOUNT)), (K.Key_Enter, (1, ACCOUNT)), (K.Key_Tab, (0, CLASS)), (K.Key_Escape, (0, ACCOUNT))],
)
async def test_keys_end_typing_while_what_others_have_is_suggested(
    shown: Any, key: Qt.Key, then: tuple[int, str]
) -> None:
    grid = await shown(three())
    before = texts(grid, ACCOUNT)
    press(grid, K.Key_F2)
    line = editor(grid)
    line.selectAll()
    QTest.keyClicks(line, str(before[1])[:3])
    popup = QApplication.activePopupWidget()
    assert popup is not None and popup.isVisible(), "suggestions"
    typed = line.text()
    press(popup, key)
    if key is K.Key_Escape:
        assert editing(grid), "the innermost first: the suggestions"
        press(line, key)
    assert QApplication.activePopupWidget() is None
    assert not editing(grid)
    assert texts(grid, ACCOUNT)[0] == (before[0] if key is K.Key_Escape else typed)
    assert here(grid) == then


async def test_a_suggestion_is_chosen_with_an_arrow_and_enter_and_then_stands_in_the_line(shown: Any) -> None:
    grid = await shown(three())
    grid.activateWindow()
    await asyncio.sleep(0.05)
    wanted = texts(grid, ACCOUNT)[1]
    press(grid, K.Key_F2)
    line = editor(grid)
    line.selectAll()
    QTest.keyClicks(line, str(wanted)[:3])
    popup = QApplication.activePopupWidget()
    assert popup is not None
    for _ in range(2):
        press(popup, K.Key_Down)
    assert line.text() == wanted, "the second one"
    press(popup, K.Key_Return)
    assert editing(grid) and line.text() == wanted, "it may be changed"
    press(line, K.Key_Return)
    assert texts(grid, ACCOUNT)[0] == wanted and here(grid) == (1, ACCOUNT)


async def test_f2_edits_what_is_there_and_escape_leaves_it(shown: Any) -> None:
    grid = await shown(three())
    at(grid, 0, TEXT)
    press(grid, K.Key_F2)
    assert editor(grid).text() == "text 1"
    press(editor(grid), K.Key_End)
    QTest.keyClicks(editor(grid), "!")
    press(editor(grid), K.Key_Escape)
    assert texts(grid, TEXT)[0] == "text 1" and not editing(grid)
    press(grid, K.Key_F2, K.Key_End)
    press(editor(grid), K.Key_End)
    QTest.keyClicks(editor(grid), "!")
    press(editor(grid), K.Key_Tab)
    assert texts(grid, TEXT)[0] == "text 1!"


async def test_a_check_or_a_save_that_ends_leaves_what_is_being_typed(shown: Any) -> None:
    fake = three()
    grid = await shown(fake)
    grid.document.add_rows([GridRow({ACCOUNT: "ACR9"})], "add")
    at(grid, 1, TEXT)
    press(grid, K.Key_F2)
    editor(grid).selectAll()
    QTest.keyClicks(editor(grid), "HELLO")
    fake.flaws = [Flaw(1, TEXT, "V-A", Severity.ERROR, "wrong")]
    await grid.document.check()
    assert await grid.document.flush()
    assert editor(grid).text() == "HELLO"
    press(editor(grid), K.Key_Return)
    assert texts(grid, TEXT)[1] == "HELLO"


async def test_a_message_that_appears_while_somebody_types_loses_nothing(shown: Any) -> None:
    """Another column makes the model begin anew: what is typed goes into its own cell all the same."""
    fake = FakeSubmissions([row(n, RowStage.FAILED) for n in range(3)], SubmissionStage.ENDED)
    grid = await shown(fake)
    at(grid, 1, TEXT)
    QTest.keyClicks(grid, "H")
    QTest.keyClicks(editor(grid), "ELLO")
    fake.alter(0, text="Refused")
    await grid.document.reload()
    assert MESSAGE in grid.rows.columns
    if editing(grid):
        press(editor(grid), K.Key_Return)
    assert texts(grid, TEXT) == ["text 0", "HELLO", "text 2"]


async def test_a_row_put_in_above_while_somebody_types_loses_nothing(shown: Any) -> None:
    grid = await shown(three())
    at(grid, 1, TEXT)
    QTest.keyClicks(grid, "H")
    QTest.keyClicks(editor(grid), "ELLO")
    grid.document.add_rows([GridRow({ACCOUNT: "ACR0"})], "add", 0)
    if editing(grid):
        press(editor(grid), K.Key_Return)
    assert dict(zip(texts(grid, ACCOUNT), texts(grid, TEXT), strict=True)) == {
        "ACR0": None, "ACR1": "text 1", "ACR2": "HELLO", "ACR3": "text 3",
    }  # fmt: skip


async def test_nothing_is_typed_into_a_row_that_left(shown: Any) -> None:
    grid = await shown(FakeSubmissions([row(1, RowStage.SENT), row(2)], SubmissionStage.ENDED))
    at(grid, 0, TEXT)
    QTest.keyClicks(grid, "x")
    assert not editing(grid)
    press(grid, K.Key_Delete)
    assert texts(grid, TEXT) == ["text 1", "text 2"]


# ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_delete_cut_copy_paste_fill_down_and_undo_by_key(shown: Any, qapp: QApplication) -> None:
    grid = await shown(three())
    select(grid, range(2), ACCOUNT, ACCOUNT)
    press(grid, K.Key_C, held=CTRL)
    assert QGuiApplication.clipboard().text() == "ACR1\nACR2"
    press(grid, K.Key_Delete)
    assert texts(grid, ACCOUNT) == [None, None, "ACR3"]
    press(grid, K.Key_Z, held=CTRL)
    assert texts(grid, ACCOUNT) == ["ACR1", "ACR2", "ACR3"]
    press(grid, K.Key_Y, held=CTRL)
    assert texts(grid, ACCOUNT) == [None, None, "ACR3"]
    at(grid, 1, ACCOUNT)
    press(grid, K.Key_V, held=CTRL)
    assert texts(grid, ACCOUNT) == [None, "ACR1", "ACR2"]
    select(grid, range(1, 3), ACCOUNT, ACCOUNT)
    press(grid, K.Key_D, held=CTRL)
    assert texts(grid, ACCOUNT) == [None, "ACR1", "ACR1"]
    select(grid, range(1, 3), TEXT, TEXT)
    press(grid, K.Key_X, held=CTRL)
    assert texts(grid, TEXT) == ["text 1", None, None] and QGuiApplication.clipboard().text() == "text 2\ntext 3"


async def test_copied_cells_with_tabs_quotes_and_lines_come_back_as_they_were(shown: Any) -> None:
    grid = await shown(three())
    odd = 'say "a"\tor\nb'
    grid.document.set_cells([(0, TEXT, odd)], "x")
    select(grid, range(2), TEXT, TEXT)
    grid.copy()
    at(grid, 1, TEXT)
    grid.paste()
    assert texts(grid, TEXT) == [odd, odd, "text 2"]


async def test_a_block_adds_rows_and_fills_them(shown: Any) -> None:
    grid = await shown(three())
    grid.document.fill(UNIT, "Spa", "fill")
    at(grid, 2, ACCOUNT)
    QGuiApplication.clipboard().setText("P1\tClass A\r\nP2\tClass B\r\nP3\t\r\n")
    press(grid, K.Key_V, held=CTRL)
    assert texts(grid, ACCOUNT) == ["ACR1", "ACR2", "P1", "P2", "P3"]
    assert texts(grid, CLASS)[2:] == ["Class A", "Class B", None]
    assert texts(grid, UNIT) == ["Spa"] * 5
    press(grid, K.Key_Z, held=CTRL)
    assert texts(grid, ACCOUNT) == ["ACR1", "ACR2", "ACR3"]
    assert await grid.document.flush()


async def test_a_block_put_on_the_state_begins_at_the_rows_own_cells(shown: Any) -> None:
    grid = await shown(three())
    grid.go(1, 0)
    grid.put_block([["A", "B"]])
    assert (texts(grid, ACCOUNT)[1], texts(grid, CLASS)[1]) == ("A", "B")


async def test_a_single_value_fills_the_selection(shown: Any) -> None:
    grid = await shown(three())
    select(grid, range(1, 3), ACCOUNT, CLASS)
    grid.put_block([["same"]])
    assert texts(grid, ACCOUNT) == ["ACR1", "same", "same"] and texts(grid, CLASS) == [None, "same", "same"]


async def test_a_block_that_is_too_wide_asks_and_then_takes_what_fits(shown: Any) -> None:
    grid = await shown(three())
    asked: list[object] = []
    grid.wideAsked.connect(asked.append)
    at(grid, 0, grid.rows.columns[-1])
    block = [["last", "no room"]]
    grid.put_block(block)
    assert asked == [block] and grid.document.can_undo() == ""
    grid.put_block(block, anyway=True)
    assert texts(grid, grid.rows.columns[-1])[0] == "last"


async def test_of_what_was_sent_a_block_takes_what_finds_room_and_says_so(shown: Any) -> None:
    grid = await shown(FakeSubmissions([row(n, RowStage.FAILED) for n in range(2)], SubmissionStage.ENDED))
    told: list[str] = []
    grid.told.connect(told.append)
    at(grid, 1, ACCOUNT)
    grid.put_block([["A"], ["B"], ["C"]])
    assert texts(grid, ACCOUNT) == ["ACR0", "A"] and told == ["2 rows found no room here."]


async def test_of_filtered_rows_only_those_on_screen_change(shown: Any) -> None:
    grid = await shown(FakeSubmissions([row(n) for n in range(4)]))
    grid.show_only([grid.document.rows[place].key for place in (1, 3)])
    at(grid, 0, ACCOUNT)
    grid.put_block([["A"], ["B"], ["C"]])
    assert texts(grid, ACCOUNT) == ["ACR0", "A", "ACR2", "B"]


def test_quotes_that_do_not_fit_are_plain_letters() -> None:
    assert block_of('12" pipe\tb\n"open\tc\n') == [['12" pipe', "b"], ['"open', "c"]]
    assert block_of('"a\nb"\tc\n\nd') == [["a\nb", "c"], [""], ["d"]]


# ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_find_goes_on_and_back_and_replaces_all(shown: Any) -> None:
    grid = await shown(FakeSubmissions([row(n) for n in (1, 2, 11, 12)]))
    bar = FindBar(grid.document, grid)
    bar.begin()
    bar.step(1)
    assert bar.told.text() == "Type what to look for."
    bar.sought.setText("TEXT 1")
    seen = []
    for step in (1, 1, 1, 1, -1, -1):
        bar.step(step)
        seen.append(here(grid)[0])
    assert seen == [0, 2, 3, 0, 3, 2] and here(grid)[1] == TEXT and bar.told.text() == "3 cells"
    bar.sought.setFocus()
    press(bar.sought, K.Key_Return)
    assert here(grid) == (3, TEXT)
    press(bar.sought, K.Key_Return, K.Key_Return, held=SHIFT)
    assert here(grid) == (0, TEXT)
    bar.where.setCurrentIndex(bar.where.findData(ACCOUNT))
    bar.step(1)
    assert bar.told.text() == "Not found."
    bar.where.setCurrentIndex(0)
    bar.instead.setText("new")
    bar.replace_all()
    assert texts(grid, TEXT) == ["new", "text 2", "new1", "new2"] and bar.told.text() == "3 rows changed."
    bar.step(-1)
    assert bar.told.text() == "Not found."
    bar.hide()
    bar.deleteLater()


async def test_find_shows_what_a_filter_hides(shown: Any) -> None:
    grid = await shown(three())
    bar = FindBar(grid.document, grid)
    bar.begin()
    grid.show_only([grid.document.rows[0].key])
    bar.sought.setText("text 3")
    bar.step(1)
    assert here(grid) == (2, TEXT) and not grid.rows.filtered
    bar.hide()
    bar.deleteLater()


class Words(QPainter):
    """Keeps what is written."""

    def __init__(self, image: QImage) -> None:
        super().__init__(image)
        self.texts: list[str] = []

    def drawText(self, _box: Any, _flags: Any, text: str) -> None:
        self.texts.append(text)


@pytest.mark.parametrize(
    ("direction", "written"),
    [
        (Qt.LayoutDirection.LeftToRight, "+49 (0)151 886"),
        (Qt.LayoutDirection.RightToLeft, "\u2068+49 (0)151 886\u2069"),
    ],
)
async def test_the_digits_of_a_cell_keep_their_order_in_a_mirrored_window(
    shown: Any, direction: Qt.LayoutDirection, written: str
) -> None:
    grid = await shown(FakeSubmissions([replace(row(1), values={ACCOUNT: "+49 (0)151 886"})]))
    option = QStyleOptionViewItem()
    option.rect, option.direction = QRect(0, 0, 300, 30), direction
    image = QImage(300, 30, QImage.Format.Format_RGB32)
    painter = Words(image)
    grid.itemDelegate().paint(painter, option, grid.rows.index(0, grid.rows.columns.index(ACCOUNT)))
    painter.end()
    assert painter.texts == [written]


@pytest.mark.parametrize("wide", [60, 90, 120])
async def test_a_text_that_is_wider_than_its_cell_ends_in_dots(shown: Any, wide: int) -> None:
    grid = await shown(FakeSubmissions([replace(row(1), values={ACCOUNT: "WWWW WWWW WWWW"})]))
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, wide, 30)
    image = QImage(wide, 30, QImage.Format.Format_RGB32)
    painter = Words(image)
    grid.itemDelegate().paint(painter, option, grid.rows.index(0, grid.rows.columns.index(ACCOUNT)))
    painter.end()
    assert painter.texts[0].endswith("…") and len(painter.texts[0]) < 14


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
async def test_a_cell_with_a_flaw_has_its_shape(shown: Any, direction: Qt.LayoutDirection) -> None:
    """A cross or a triangle at its end, beside the tint."""
    fake = FakeSubmissions([replace(row(1), values={ACCOUNT: "ACR1"}), replace(row(2), values={ACCOUNT: "ACR1"})])
    grid = await shown(fake)
    clean = drawn(grid, direction)
    shapes = set()
    for severity in (Severity.ERROR, Severity.WARNING):
        grid.document.flaws[grid.document.rows[0].key] = [Flaw(0, ACCOUNT, "odd", severity, "Odd")]
        here = drawn(grid, direction)
        assert here != clean
        shapes.add(grid.rows.mark(grid.document.rows[0], ACCOUNT)[0])
        ends = {here.pixelColor(x, 15).name() for x in end_of(direction)}
        assert len(ends) > 1, "something is drawn on the tint"
    assert shapes == {"cross", "warning"}
    before = drawn(grid, direction)
    select(grid, range(2), ACCOUNT, ACCOUNT)
    assert drawn(grid, direction, selected=True) != before, "and it is seen that it is selected"


def end_of(direction: Qt.LayoutDirection) -> range:
    return range(8, 22) if direction is Qt.LayoutDirection.RightToLeft else range(278, 292)


def drawn(grid: Grid, direction: Qt.LayoutDirection, *, selected: bool = False) -> QImage:
    """The first cell of the account, which is not the current one."""
    if not selected:
        at(grid, 1, ACCOUNT)
    option = QStyleOptionViewItem()
    option.rect, option.direction = QRect(0, 0, 300, 30), direction
    image = QImage(300, 30, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    grid.itemDelegate().paint(painter, option, grid.rows.index(0, grid.rows.columns.index(ACCOUNT)))
    painter.end()
    return image


async def test_headings_are_translated(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = await shown(three())
    monkeypatch.setattr("crmdesk.ui.composer.model.tr", lambda text: f"⟦{text}⟧")
    titles = [grid.rows.headerData(place, Qt.Orientation.Horizontal) for place in range(grid.rows.columnCount())]
    assert titles and all(title.startswith("⟦") for title in titles)
