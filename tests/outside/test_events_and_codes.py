"""Walk-throughs 6 and 9 with eyes closed: events from a file with problems and failures, repaired, sent again and saved
as a report; a code asked for twice and mistyped first."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.outside.gui import ENABLED, FOCUSED, Gui, Node, wait
from tests.outside.test_front_desk import ready

ROWS, WRONG_DATES, WRONG_ACCOUNTS = 1003, (20, 21, 500), (100, 200, 300, 400)
TITLES = ["Account number", "Classification name", "Unit name", "Performed on"]
KNOWN, MENDED = "ACR0000000501", 2  # an account that the vendor knows; how many rows get it
CODE = "123 456"
CALLS = 8  # of the first rows, of the rest 200 in each, of the mended ones, of the others once more
RESEND = 60  # s till a code can be asked for again, and some more


def survey(path: Path) -> None:
    """Achievements as a restaurant's till writes them; three dates make no sense, four accounts are unknown."""
    lines = [";".join(TITLES)]
    day = (datetime.now() - timedelta(days=40)).replace(day=15)  # a month's 15th: which one is the day is not asked
    for number in range(ROWS):
        when = (day + timedelta(minutes=number)).strftime("%d.%m.%Y %H:%M")
        account = "ACR9999999999" if number in WRONG_ACCOUNTS else KNOWN
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
    gui.find(dialog, "otp.countdown", name="A new code cannot be asked for yet.")  # not each second anew
    again = gui.find(dialog, "otp.resend", seconds=RESEND)
    assert gui.look(dialog, "otp.countdown") is None
    gui.press(again)
    gui.find(dialog, "otp.where", name="Earlier codes no longer work.")
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
    keys("ctrl+4")
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
    sent = ROWS - len(WRONG_ACCOUNTS)
    became(gui, program, sent, len(WRONG_ACCOUNTS))
    mended(gui, program, keys)
    again(gui, program, "composer.send", MENDED)
    became(gui, program, sent + MENDED, len(WRONG_ACCOUNTS) - MENDED)
    again(gui, program, "composer.retry", len(WRONG_ACCOUNTS) - MENDED)
    gui.find(program, name=f" of {CALLS}", role="label")
    became(gui, program, sent + MENDED, len(WRONG_ACCOUNTS) - MENDED)
    reported(gui, program, tmp_path / "result.csv")


def became(gui: Gui, program: Node, sent: int, failed: int) -> None:
    """What the buttons that filter the rows say, once nothing is on its way."""
    gui.find(program, "composer.filter.failed", name=f"Failed {failed}", seconds=90)
    gui.find(program, "composer.filter.sent", name=f"Sent {sent:,}")
    gui.find(program, "sending.report", seconds=60)


def mended(gui: Gui, program: Node, keys: Any) -> None:
    """Only what failed is shown, and there the cell that the vendor's words name; its account is typed anew."""
    gui.press(gui.find(program, "composer.filter.failed"))
    grid = gui.find(program, "composer.grid", role="table")
    wait(lambda: gui.rows(grid) == len(WRONG_ACCOUNTS), "the failed rows alone")
    focused(gui, keys, grid)
    for _ in range(MENDED):
        keys("F2", "ctrl+a", *KNOWN, "Return")  # to the cell below


def again(gui: Gui, program: Node, ident: str, rows: int) -> None:
    """So many rows are sent, after the review."""
    wait(lambda: (found := usable(gui, program, ident)) and f" {rows} " in gui.name(found), f"{rows} to be sent")
    gui.press(gui.find(program, ident))
    review = gui.find(program, "review", role="dialog")
    if (warned := gui.look(review, "review.warned", role="check box")) is not None:
        gui.press(warned)
    gui.press(wait(lambda: usable(gui, program, "review.go"), "the button that sends"))
    wait(lambda: gui.look(program, "review", role="dialog") is None, "the end of the review")


def reported(gui: Gui, program: Node, path: Path) -> None:
    """All rows, first the columns of the file that they came from."""
    gui.press(gui.find(program, "sending.report"))
    gui.press(gui.find(program, "report.csv", role="radio button"))
    gui.press(gui.find(program, "report.go"))
    chosen(gui, program, "guest.place", str(path), "Save")
    wait(lambda: path.exists() and path.stat().st_size, "the report")
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    assert head[: len(TITLES)] == TITLES
    assert len(rows) == ROWS
    outcomes = [row[head.index("Outcome")] for row in rows]
    assert (outcomes.count("Sent"), outcomes.count("Failed")) == (ROWS - len(WRONG_ACCOUNTS) + MENDED, 2)
    tries = [row[head.index("Attempt")] for row in rows]
    assert [place for place, tried in enumerate(tries) if tried == "2"] == list(WRONG_ACCOUNTS), (
        "no other was sent twice"
    )


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
    focused(gui, keys, listed)
    keys("Home")
    gui.press(wait(lambda: usable(gui, program, "composer.problems.fix"), "a group that can be fixed"))
    gui.write(gui.find(program, "fix.text", role="text"), text)
    gui.press(gui.find(program, "fix.go"))


def focused(gui: Gui, keys: Any, pane: Node) -> None:
    """From pane to pane until it is this one."""
    for _ in range(8):
        if gui.has(pane, FOCUSED):
            return
        keys("F6")
    raise AssertionError(f"F6 does not come to {gui.ident(pane)}")
