"""Walk-throughs as somebody does them who hears the window and presses keys: crmdesk is a process of its own, found and
used over the accessibility bus alone."""

from __future__ import annotations

from typing import Any

from tests.outside.gui import Gui, Node, wait

NAME, CITY = "Karin Andersson", "Bad Ischl"  # of nobody whose change practice mode begins with


def ready(gui: Gui, program: Node) -> Node:
    """The list of contacts, once practice mode has them."""
    table = gui.find(program, "list.contacts", role="table")
    wait(lambda: gui.rows(table) > 600, "everybody in the list")
    return table


def found(gui: Gui, program: Node, text: str, hits: int) -> Node:
    table = ready(gui, program)
    gui.write(gui.find(program, "search.box", role="text"), text)
    wait(lambda: gui.rows(table) == hits, f"{hits} hits for {text}")
    return table


def test_a_contact_is_found_changed_and_sent(gui: Gui, program: Node, keys: Any) -> None:
    table = found(gui, program, NAME.lower(), 1)
    cell = gui.name(gui.cell(table, 0, 0))
    assert cell.startswith(f"{NAME}, "), "a row is read as name, vendor, state, city"
    assert "Seaside Villas" in cell
    keys("Down")  # from the search box into the list
    pane = gui.find(program, "detail.pane")
    gui.find(pane, "NameLabel", name=NAME)
    gui.press(gui.find(pane, "detail.edit.small"))
    field = gui.find(program, "editor.field.city", role="text")
    assert gui.name(field) == "City"
    gui.write(field, CITY)
    gui.press(gui.find(program, "editor.save"))
    gui.write(gui.find(program, "operator.name.text", role="text"), "Maria")  # who is at the desk, asked once
    gui.press(gui.find(program, "operator.save"))
    gui.find(pane, "detail.field.city", name=f"City: {CITY}")
    keys("ctrl+5")
    gui.find(program, name=f"Change city of {NAME}", role="list item")
    gui.find(program, name=". Sent ", role="list item")


def test_one_letter_too_many_says_so_and_shows_everybody_again(gui: Gui, program: Node) -> None:
    table = ready(gui, program)
    box = gui.find(program, "search.box", role="text")
    gui.write(box, "xqzvwjjkqx")
    gui.find(program, "contacts.page", seconds=5)
    wait(lambda: gui.look(program, name="xqzvwjjkqx", role="label"), "words for an empty list")
    gui.write(box, "")
    wait(lambda: gui.rows(table) > 600, "everybody")


def test_the_pages_of_the_work_say_what_they_hold(gui: Gui, program: Node, keys: Any) -> None:
    ready(gui, program)
    keys("ctrl+4")
    new = gui.find(program, "events.new")
    gui.find(program, name="Breakfast reviews")
    gui.find(program, name="Restaurant bills")
    gui.press(new)
    gui.press(gui.find(program, "composer.new.cancel"))
    wait(lambda: gui.look(program, "composer.new.go") is None, "the end of the dialog")


def test_every_control_in_sight_has_a_name_or_a_label(gui: Gui, program: Node) -> None:
    ready(gui, program)
    spoken = {"push button", "text", "combo box", "check box", "radio button", "spin button", "slider", "table", "list"}
    nameless = [
        gui.ident(one)
        for one in gui.below(program)
        if gui.role(one) in spoken and not gui.name(one) and not gui.call(one, "Accessible", "GetRelationSet")
    ]
    assert nameless == []
