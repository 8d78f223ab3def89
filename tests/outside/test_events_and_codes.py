"""Walk-throughs 6 and 9 with eyes closed: events from a file with problems and failures; a code mistyped first."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.outside.gui import ENABLED, FOCUSED, Gui, Node, wait
from tests.outside.test_front_desk import ready

ROWS, WRONG_DATES, WRONG_ACCOUNTS = 1003, (20, 21, 500), (100, 200, 300, 400)
CODE = "123 456"


def survey(path: Path) -> None:
    """Achievements as a restaurant's till writes them; three dates make no sense, four accounts are unknown."""
    lines = ["Account number;Classification name;Unit name;Performed on"]
    day = (datetime.now() - timedelta(days=40)).replace(day=15)  # a month's 15th: which one is the day is not asked
    for number in range(ROWS):
        when = (day + timedelta(minutes=number)).strftime("%d.%m.%Y %H:%M")
        account = "ACR9999999999" if number in WRONG_ACCOUNTS else "ACR0000000501"
        lines.append(f"{account};Breakfast review;Front Desk;{'soon' if number in WRONG_DATES else when}")
    path.write_text("\n".join(lines), "utf-8")


def test_a_guest_signs_in_with_a_code(gui: Gui, program: Node, keys: Any) -> None:
    ready(gui, program)
    keys("ctrl+shift+g")
    dialog = gui.find(program, "login", role="dialog")
    told = gui.name(gui.find(dialog, "login.practice", role="panel"))
    email = next(word for word in told.split() if "@" in word)
    gui.press(gui.find(dialog, name="Code", role="page tab"))
    gui.write(gui.find(dialog, "login.field.email", role="text"), email)
    gui.press(gui.find(dialog, "login.go"))
    code = gui.find(dialog, "otp.code", role="text")
    gui.write(code, "000000")
    gui.press(gui.find(dialog, "otp.verify"))
    assert gui.name(gui.find(dialog, "otp.error")), "why it was not taken"
    gui.write(gui.find(dialog, "otp.code", role="text"), CODE)
    gui.press(gui.find(dialog, "otp.verify"))
    wait(lambda: gui.look(program, "login", role="dialog") is None, "the end of the dialog")
    gui.find(gui.find(program, "detail.pane"), name="Signed in")


@pytest.mark.timeout(300)
def test_a_thousand_achievements(gui: Gui, program: Node, keys: Any, tmp_path: Path) -> None:
    file = tmp_path / "survey.csv"
    survey(file)
    ready(gui, program)
    keys("ctrl+6")
    gui.press(gui.find(program, "events.new"))
    dialog = gui.find(program, "composer.new", role="dialog")
    gui.find(dialog, "composer.new.account", name="Lakeside Resort")  # it has the focus
    keys("r", "Tab", "a", window="^New bulk events")
    gui.find(dialog, "composer.new.kind", name="Achievements")
    gui.press(gui.find(dialog, "composer.new.go"))
    chosen(gui, program, "guest.choose", str(file), "Open")
    gui.press(wait(lambda: usable(gui, program, "import.go"), "the preview of the file"))  # every heading is known
    grid = gui.find(program, "composer.grid", role="table")
    wait(lambda: gui.rows(grid) >= ROWS, "the rows")
    fixed(gui, program, keys, "14.07.2026 12:00")
    gui.press(wait(lambda: usable(gui, program, "composer.send"), "rows that can be sent"))
    gui.write(gui.find(program, "operator.name.text", role="text"), "Maria")  # who is at the desk, asked once
    gui.press(gui.find(program, "operator.save"))
    review = gui.find(program, "review", role="dialog")
    if (warned := gui.look(review, "review.warned", role="check box")) is not None:  # the three have one time now
        gui.press(warned)
    gui.press(wait(lambda: usable(gui, program, "review.go"), "the button that sends"))
    gui.press(gui.find(program, "sending.go_on"))
    gui.find(program, "composer.filter.failed", name=f"Failed {len(WRONG_ACCOUNTS)}", seconds=90)
    gui.find(program, "composer.filter.sent", name=f"Sent {ROWS - len(WRONG_ACCOUNTS)}")


def usable(gui: Gui, program: Node, ident: str) -> Node | None:
    found = gui.look(program, ident)
    return found if found is not None and gui.has(found, ENABLED) else None


def chosen(gui: Gui, program: Node, dialog: str, path: str, words: str) -> None:
    """In the dialog for a file."""
    asked = gui.find(program, dialog)
    gui.write(gui.find(asked, "fileNameEdit", role="text"), path)
    gui.press(gui.find(asked, name=words, role="push button"))


def fixed(gui: Gui, program: Node, keys: Any, text: str) -> None:
    """One value for all rows of the group that is wrong: by keys into the list of what is to be looked at."""
    listed = gui.find(program, "composer.problems.list", role="list")
    wait(lambda: any("not readable" in gui.name(one) for one in gui.children(listed)), "what is wrong")
    for _ in range(8):
        if gui.has(listed, FOCUSED):
            break
        keys("F6")
    keys("Home")
    gui.press(wait(lambda: usable(gui, program, "composer.problems.fix"), "a group that can be fixed"))
    gui.write(gui.find(program, "fix.text", role="text"), text)
    gui.press(gui.find(program, "fix.go"))
