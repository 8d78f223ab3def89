"""F1: every key that works, made from the same list as menus and palette."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QDialog, QHeaderView, QSizePolicy, QTreeWidget, QTreeWidgetItem, QWidget

from crmdesk.core.text import fold
from crmdesk.ui.commands import SCOPE_WORDS, Commands, key_text
from crmdesk.ui.kit import Heading, Muted, SearchEdit, button, column
from crmdesk.ui.scrolling import BAR
from crmdesk.ui.words import tr

EDGE = 6  # pixels around the text of a line

GROUP_TITLES = {
    "anywhere": "Anywhere",
    "list": "In the list",
    "contacts": "In the list and the detail pane",
    "detail": "In the detail pane",
    "search": "In the search box",
    "runs": "In the list of bulk events",
    "composer": "In open bulk events",
    "grid": "In the grid of bulk events",
    "outbox": "In the Outbox",
    "conflicts": "On the page Conflicts",
    "trash": "In the Trash",
    "dialog": "In every dialog",
}
SEARCH_HELP = (
    "Search: every word must fit, from the start of a word in any field. "
    "“anna maria” in quotes is a phrase, city:berlin looks in one field, a minus leaves out, OR gives a choice."
)

PRACTICE_HELP = (
    "Practice: the practice panel lets things go wrong, such as a line that is away or an answer that is lost. "
    "It opens from the frame at the top and from the Help menu, which also brings back the cards that teach."
)


def key_rows(commands: Commands, here: Sequence[str] = ()) -> dict[str, list[tuple[str, str]]]:
    """(keys, what they do) by scope, those of the current screen (`here`) first; in a scope in the order of adding."""
    rows: dict[str, list[tuple[str, str]]] = {scope: [] for scope in (*here, *SCOPE_WORDS)}
    for command in commands:
        if command.keys:
            rows[command.scope].append((key_text(command), command.text.replace("&", "").rstrip("…")))
    return {scope: found for scope, found in rows.items() if found}


class KeyHelp(QDialog):
    """A window beside the program, not in its way. `here`: scopes of the screen that it was asked for from."""

    def __init__(self, commands: Commands, parent: QWidget, here: Sequence[str] = ()) -> None:
        super().__init__(parent)
        self.setObjectName("help")
        self.setWindowTitle(tr("Keys and help"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = SearchEdit(self)
        self.search.setObjectName("help.find")
        self.search.setPlaceholderText(tr("Find a key or an action"))
        self.search.setAccessibleName(self.search.placeholderText())
        self.search.textChanged.connect(self._filter)
        self.tree = QTreeWidget(self)
        self.tree.setObjectName("help.keys")
        self.tree.setAccessibleName(tr("Keys"))
        self.tree.setHeaderLabels([tr("Does"), tr("Key")])
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(12)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        self.tree.setWordWrap(True)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setObjectName("help.keys.header")
        self.tree.header().setAccessibleName(tr("Columns"))
        self._fill(commands, here)
        close = button("help.close", tr("Close"), self.close)
        practising = tr(PRACTICE_HELP) if "practice.panel" in commands else ""
        note = Muted(f"{tr(SEARCH_HELP)}\n\n{practising}".strip(), wrap=True)
        column(self, Heading(tr("Keys"), self), self.search, self.tree, note, close, gap=10, margins=(18, 16, 18, 16))
        close.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        letters = self.fontMetrics().averageCharWidth()
        wide = sum(max(0, self.tree.sizeHintForColumn(place)) for place in (0, 1)) + letters * 14
        room = parent.screen().availableGeometry().size()
        high = min(self.fontMetrics().height() * 36, room.height() - letters * 8)
        self.resize(min(max(letters * 84, wide), room.width() - letters * 8), high)
        self.search.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keys get the room that they need, at most half of it: beside them stands what they do."""
        super().resizeEvent(event)
        metrics, room = self.fontMetrics(), self.tree.maximumViewportSize().width() - BAR
        lines = [line for group in self._groups() for line in _lines(group)]
        longest = max((metrics.horizontalAdvance(line.text(1)) for line in lines), default=0)
        keys = min(longest + metrics.averageCharWidth() * 3, room // 2)
        self.tree.setColumnWidth(1, keys)
        widths = room - keys - self.tree.indentation() * 2 - EDGE, keys - EDGE
        for line in lines:  # a tree breaks lines, but does not make room for them
            high = max(_height(metrics, line.text(place), width) for place, width in enumerate(widths))
            line.setSizeHint(0, QSize(0, high + EDGE))

    def _fill(self, commands: Commands, here: Sequence[str]) -> None:
        for scope, rows in key_rows(commands, here).items():
            group = QTreeWidgetItem([tr(GROUP_TITLES[scope])])
            font = group.font(0)
            font.setBold(True)
            group.setFont(0, font)
            self.tree.addTopLevelItem(group)
            group.addChildren([QTreeWidgetItem([text, keys]) for keys, text in rows])
        self.tree.expandAll()

    def _groups(self) -> list[QTreeWidgetItem]:
        found = (self.tree.topLevelItem(place) for place in range(self.tree.topLevelItemCount()))
        return [group for group in found if group is not None]

    def _filter(self, typed: str) -> None:
        wanted = fold(typed)
        for group in self._groups():
            items = _lines(group)
            for item in items:
                item.setHidden(wanted not in fold(f"{item.text(0)} {item.text(1)}"))
            group.setHidden(all(item.isHidden() for item in items))


def _lines(group: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [line for place in range(group.childCount()) if (line := group.child(place)) is not None]


def _height(metrics: QFontMetrics, text: str, width: int) -> int:
    return metrics.boundingRect(0, 0, max(1, width), 10_000, Qt.TextFlag.TextWordWrap, text).height()
