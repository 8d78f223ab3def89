"""The state of each row stays in sight while the grid is scrolled sideways."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from crmdesk.core.tasks import TaskScope
from crmdesk.ui.composer.grid import Grid
from crmdesk.ui.composer.model import STATE
from crmdesk.ui.theme import Theme
from tests.ui.composer.fakes import FakeSubmissions, opened, row

LTR, RTL = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft


@pytest.fixture
async def grid(scope: TaskScope, look: Theme) -> AsyncIterator[Grid]:
    made = Grid(await opened(FakeSubmissions([row(number) for number in range(60)]), scope), look)
    made.rows.refresh()
    made.resize(420, 300)
    made.show()
    made.go(0, made.first_own())
    yield made
    made.hide()
    made.deleteLater()


def seen(grid: Grid, column: int) -> bool:
    """Whether the current row's cell is wholly in sight and not below the states."""
    rect = grid.visualRect(grid.rows.index(grid.currentIndex().row(), column))
    area = grid.viewport().rect()
    if grid.frozen.isVisible():
        mirrored = grid.layoutDirection() == RTL
        area = area.adjusted(0 if mirrored else grid.frozen.width(), 0, -grid.frozen.width() if mirrored else 0, 0)
    return area.contains(rect.topLeft()) and (area.contains(rect.bottomRight()) or rect.width() > area.width())


@pytest.mark.parametrize("direction", [LTR, RTL])
async def test_states_stay_in_sight(grid: Grid, direction: Qt.LayoutDirection) -> None:
    grid.setLayoutDirection(direction)
    assert not grid.frozen.isVisible()
    QTest.keyClick(grid, Qt.Key.Key_End)
    frozen = grid.frozen
    assert frozen.isVisible() and frozen.model().headerData(0, Qt.Orientation.Horizontal) == "State"
    assert frozen.width() == grid.columnWidth(grid.rows.columns.index(STATE))
    edge = grid.viewport().geometry()
    assert frozen.geometry().right() == edge.right() if direction == RTL else frozen.x() == edge.x()
    for _ in range(len(grid.rows.columns) - 2):
        QTest.keyClick(grid, Qt.Key.Key_Right if direction == RTL else Qt.Key.Key_Left)
        assert seen(grid, grid.currentIndex().column())
    grid.horizontalScrollBar().setValue(0)
    assert not frozen.isVisible()


async def test_both_scroll_and_are_pressed_as_one(grid: Grid) -> None:
    QTest.keyClick(grid, Qt.Key.Key_End)
    grid.go(50, grid.currentIndex().column())
    assert grid.frozen.verticalScrollBar().value() == grid.verticalScrollBar().value() > 0
    aside = grid.horizontalScrollBar().value()
    spot = grid.frozen.visualRect(grid.rows.index(48, 0)).center()
    QTest.mouseClick(grid.frozen.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(spot))
    assert grid.currentIndex().row() == 48 and grid.horizontalScrollBar().value() == aside
    assert not grid.frozen.hasFocus(), "keys stay with the grid"
