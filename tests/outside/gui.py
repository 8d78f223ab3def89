"""A program's window as an assistive technology meets it: over the accessibility bus (AT-SPI 2), by roles, names and
ids. Nothing of crmdesk is imported here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jeepney import DBusAddress, HeaderFields, MessageType, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

NULL = "/org/a11y/atspi/null"
REGISTRY = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
FOCUSED, SHOWING, ENABLED = 12, 25, 8  # bits of a state, as AT-SPI counts them
ANSWER = 10.0  # s for one call
PATIENCE = 30.0  # s for something to come


class GoneError(Exception):
    """The object is no longer there, or does not do that."""


class Node(NamedTuple):
    """An accessible object: the bus name of its program, and its path there."""

    owner: str
    path: str


class Gui:
    """One connection to the accessibility bus of the session at `session` (an address)."""

    def __init__(self, session: str) -> None:
        with open_dbus_connection(session) as connection:
            asked = new_method_call(DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus"), "GetAddress")
            address = connection.send_and_get_reply(asked, timeout=ANSWER).body[0]
        self._bus: DBusConnection = open_dbus_connection(address)

    def close(self) -> None:
        self._bus.close()

    # reading

    def _ask(self, message: Any) -> tuple[Any, ...]:
        reply = self._bus.send_and_get_reply(message, timeout=ANSWER)
        if reply.header.message_type is MessageType.error:
            raise GoneError(reply.header.fields.get(HeaderFields.error_name), reply.body)
        return tuple(reply.body)

    def call(self, node: Node, interface: str, method: str, signature: str = "", *given: Any) -> Any:
        at = DBusAddress(node.path, node.owner, f"org.a11y.atspi.{interface}")
        message = new_method_call(at, method, signature, given) if signature else new_method_call(at, method)
        found = self._ask(message)
        return found[0] if found else None

    def value(self, node: Node, interface: str, name: str) -> Any:
        at = DBusAddress(node.path, node.owner, f"org.a11y.atspi.{interface}")
        return self._ask(Properties(at).get(name))[0][1]

    def children(self, node: Node) -> list[Node]:
        found = [Node(*one) for one in self.call(node, "Accessible", "GetChildren")]
        return [one for one in found if one.path != NULL]

    def name(self, node: Node) -> str:
        return str(self.value(node, "Accessible", "Name"))

    def role(self, node: Node) -> str:
        return str(self.call(node, "Accessible", "GetRoleName"))

    def ident(self, node: Node) -> str:
        """Its object name in the program, with those of its parents before it."""
        return str(self.value(node, "Accessible", "AccessibleId"))

    def has(self, node: Node, state: int) -> bool:
        words = self.call(node, "Accessible", "GetState")
        return bool(words[state // 32] >> state % 32 & 1)

    def text(self, node: Node) -> str:
        return str(self.call(node, "Text", "GetText", "ii", 0, -1))

    def below(self, node: Node) -> Iterator[Node]:
        """Itself and all below it that can be seen; what goes away meanwhile is passed over."""
        yield node
        try:
            children = self.children(node)
        except GoneError:
            return
        for child in children:
            try:
                showing = self.has(child, SHOWING)
            except GoneError:
                continue
            if showing:
                yield from self.below(child)

    # finding

    def program(self, name: str) -> Node:
        return wait(lambda: self._program(name), f"a program called {name}")

    def _program(self, name: str) -> Node | None:
        for one in self.children(Node(*REGISTRY)):
            try:
                if name in self.name(one) and self.children(one):
                    return one
            except GoneError:
                continue
        return None

    def find(self, top: Node, ident: str = "", *, name: str = "", role: str = "", seconds: float = PATIENCE) -> Node:
        """The first that can be seen with the end of an id, a name and a role. AssertionError where none comes."""
        return wait(lambda: self.look(top, ident, name=name, role=role), f"{ident} {name} {role}", seconds)

    def look(self, top: Node, ident: str = "", *, name: str = "", role: str = "") -> Node | None:
        for one in self.below(top):
            try:
                if self._is(one, ident, name, role):
                    return one
            except GoneError:
                continue
        return None

    def _is(self, one: Node, ident: str, name: str, role: str) -> bool:
        if ident and not self.ident(one).endswith(ident):
            return False
        if name and name not in self.name(one):
            return False
        return not role or self.role(one) == role

    # doing

    def press(self, node: Node) -> None:
        """What a button or a menu entry does first."""
        assert self.has(node, ENABLED), f"{self.name(node)} cannot be used now"
        assert self.call(node, "Action", "DoAction", "i", 0), f"{self.name(node)} did nothing"

    def write(self, node: Node, text: str) -> None:
        """Puts the text in place of what stands there."""
        assert self.call(node, "EditableText", "SetTextContents", "s", text)

    def cell(self, table: Node, row: int, column: int) -> Node:
        return Node(*self.call(table, "Table", "GetAccessibleAt", "ii", row, column))

    def rows(self, table: Node) -> int:
        return int(self.value(table, "Table", "NRows"))


def wait(find: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What `find` returns once that is something."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := find():
                return found
        except GoneError:
            pass
        assert time.monotonic() < end, f"did not come within {seconds:g} s: {what}"
        time.sleep(0.1)
