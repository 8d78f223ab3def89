"""Every button with a state on every screen, over the interface that a screen reader uses: its toggle does what a press
does, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import SIGNAL
from PySide6.QtGui import QAccessible, QAccessibleActionInterface
from PySide6.QtWidgets import QAbstractButton, QWidget

from crmdesk.core.submission import RowStage
from crmdesk.ui.outbox.listing import Filter
from crmdesk.ui.places import EVENTS, HOME, OUTBOX
from crmdesk.ui.turning import Turnable
from tests.helpers.house import House, until
from tests.helpers.tour import covers, desk, dialogs, pages


def toggle(button: QAbstractButton) -> None:
    actions = QAccessible.queryAccessibleInterface(button).actionInterface()
    assert QAccessibleActionInterface.toggleAction() in actions.actionNames(), button.objectName()
    actions.doAction(QAccessibleActionInterface.toggleAction())


def with_states(root: QWidget) -> list[QAbstractButton]:
    found = root.findChildren(QAbstractButton)
    return [one for one in found if one.isCheckable() and one.isVisible() and one.isEnabled()]


def deaf(root: QWidget, seen: set[str]) -> Iterator[str]:
    """Buttons with a state below `root` that do nothing where only their state is set, or too much."""
    for one in with_states(root):
        name = one.objectName()
        seen.add(name)
        if one.receivers(SIGNAL("clicked(bool)")) > one.receivers(SIGNAL("pressed()")):  # `on_turn` wants both
            yield f"{name}: acts on a press only"
        if not isinstance(one, Turnable):
            continue
        told: list[bool] = []
        one.on_turn(told.append)
        before = _chosen(one)
        if before is one:
            continue  # it cannot be let go of
        toggle(one)
        if len(told) != 1:
            yield f"{name}: acted {len(told)} times"
        toggle(before or one)


def _chosen(one: QAbstractButton) -> QAbstractButton | None:
    """Which of its group is pressed; None where it has none, or may be let go of."""
    group = one.group()
    return group.checkedButton() if group is not None and group.exclusive() else None


async def test_every_button_with_a_state_hears_a_screen_reader(tmp_path: Path) -> None:
    wrong: dict[str, list[str]] = {}
    seen: set[str] = set()
    async with desk(tmp_path) as house:
        async for name, page in pages(house):
            wrong[name] = [*deaf(page, seen)]
        async for name, dialog in dialogs(house):
            wrong[name] = [*deaf(dialog, seen)]
        async for name, page in covers(house):
            wrong[name] = [*deaf(page, seen)]
    assert {name: found for name, found in wrong.items() if found} == {}
    assert seen >= {"outbox.filter.sent", "events.shelf.ended", "composer.filter.unknown", "sync.offline"}, sorted(seen)


async def test_a_screen_reader_narrows_lists_and_works_offline(tmp_path: Path) -> None:
    async with desk(tmp_path) as house:
        await _offline(house)
        house.window.go(OUTBOX)
        await until(lambda: house.there("outbox.filter.needs_you"), "the outbox")
        toggle(house.find("outbox.filter.needs_you", QAbstractButton))
        page = house.window.pages.outbox()
        await until(lambda: page._shown is Filter.NEEDS_YOU, "the filter")
        await _rows(house)


async def _offline(house: House) -> None:
    house.window.go(HOME)
    house.window.commands.run("sync")
    await until(lambda: house.there("sync.offline"), "the panel")
    for offline in (True, False):
        toggle(house.find("sync.offline", QAbstractButton))
        await until(lambda offline=offline: house.services.working_offline is offline, f"offline: {offline}")
    house.window.overlays.close_panel()


def _failed(events: Any) -> int | None:
    return next((run.one.id for run in events.runs.runs if run.counts.get(RowStage.FAILED)), None)


async def _rows(house: House) -> None:
    """Of one submission; what narrows the rows without a button's doing lets go of all of them."""
    house.window.go(EVENTS)
    events = house.window.pages.events()
    await until(lambda: _failed(events) is not None, "events of which some failed")
    events.open(_failed(events))
    await until(lambda: events.composer is not None and events.composer.document.rows, "its rows")
    composer = events.composer
    await until(lambda: house.there("composer.filter.failed"), "the filters")
    failed = [row.key for row in composer.document.rows if row.stage is RowStage.FAILED]
    every = len(composer.document.rows)
    toggle(composer.chips["Failed"])
    assert composer.grid.rows.rowCount() == len(failed) < every
    composer.show_call(next(row.call_id for row in composer.document.rows if row.key == failed[0]))
    assert not any(chip.isChecked() for chip in composer.chips.values()), "none of them shows these rows"
    toggle(composer.chips["All"])
    assert composer.chips["All"].isChecked() and composer.grid.rows.rowCount() == every
