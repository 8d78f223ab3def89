"""The command palette: type part of a command, `@` a contact, `#` a saved view, `>` a setting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from crmdesk.core.tasks import TaskScope
from crmdesk.core.text import fold
from crmdesk.ui.commands import Command, Commands, key_text, scope_text
from crmdesk.ui.focus import focus_holder, give_focus_back
from crmdesk.ui.kit import Muted, Popover, column, pixmap
from crmdesk.ui.painted_list import paint_bar
from crmdesk.ui.theme import Theme, scaled
from crmdesk.ui.words import tr

MOST = 60
ENTRY_ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette. `side` stands at the right (a key, a city); `reason` says why it cannot be done now."""

    text: str
    run: Callable[[], object]
    side: str = ""
    under: str = ""
    icon: str = ""
    reason: str = ""


Contacts = Callable[[str], Awaitable[Sequence[Entry]]]
Source = Callable[[], Sequence[Entry]]


def score(typed: str, text: str) -> int | None:
    """How well `typed` fits: word starts best, then a run of letters anywhere, then letters in order; None = not.

    Smaller is better. Both are folded: case and accents do not count."""
    wanted, words = fold(typed).split(), fold(text).split()
    if all(any(word.startswith(part) for word in words) for part in wanted):
        return 0 if words and wanted and words[0].startswith(wanted[0]) else 1
    joined, letters = " ".join(words), "".join(wanted)
    initials = "".join(word[0] for word in words)
    if initials.startswith(letters):
        return 2
    if letters in joined.replace(" ", ""):
        return 3
    rest = iter(joined)
    return 4 if all(letter in rest for letter in letters) else None


def matching(typed: str, entries: Sequence[tuple[Entry, str]]) -> list[Entry]:
    """Entries that fit, best first, otherwise in the order given. Each comes with the text it is found by."""
    scored = [(score(typed, text), place, entry) for place, (entry, text) in enumerate(entries)]
    fitting = [(fit, place, entry) for fit, place, entry in scored if fit is not None]
    return [entry for _, _, entry in sorted(fitting, key=lambda found: found[:2])][:MOST]


def command_entries(commands: Commands) -> list[tuple[Entry, str]]:
    """Every command: the newest used first, then those that can be used now, each as the menus have them."""
    places = {command_id: place for place, command_id in enumerate(commands.recent)}
    known = [command for command in commands if not command.listed_only and command.id != "palette"]
    made = [(_entry(commands, command), command) for command in known]
    made.sort(key=lambda pair: (places.get(pair[1].id, len(places)), bool(pair[0].reason)))
    return [(entry, f"{command.text} {command.words} {tr(command.words)}".replace("&", "")) for entry, command in made]


def _entry(commands: Commands, command: Command) -> Entry:
    reason = command.enabled() or ""
    return Entry(
        command.text.replace("&", "").rstrip("…"),
        lambda: commands.run(command.id),
        side=key_text(command),
        under=reason or ("" if command.scope == "anywhere" else scope_text(command)),
        icon=command.icon,
        reason=reason,
    )


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def show(self, entries: Sequence[Entry]) -> None:
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (entry.text, entry.side, entry.under) if part)
        return entry if role == ENTRY_ROLE else None


class _Delegate(QStyledItemDelegate):
    def __init__(self, parent: QWidget, look: Theme) -> None:
        super().__init__(parent)
        self._look = look

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, QFontMetrics(option.font).height() + 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ENTRY_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.color("selected"))
            area = option.rect.adjusted(6, 1, -6, -1)
            painter.drawRoundedRect(area, 7, 7)
            paint_bar(painter, area.adjusted(0, 6, 0, -6), option.direction)
        self._row(painter, option, entry)
        painter.restore()

    def _row(self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry) -> None:
        def seen(logical: QRect) -> QRect:
            return QStyle.visualRect(option.direction, option.rect, logical)

        area = option.rect.adjusted(16, 0, -16, 0)
        size = max(14, QFontMetrics(option.font).height() - 2)
        if entry.icon:
            picture = pixmap(entry.icon, self._look.color("muted"), size, painter.device().devicePixelRatioF())
            place = seen(QRect(area.left(), area.center().y() - size // 2 + 1, size, size))
            painter.drawPixmap(place.topLeft(), picture)
        area.setLeft(area.left() + size + 10)
        leading = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
        small = scaled(option.font, 0.9)
        painter.setFont(small)
        painter.setPen(self._look.color("muted"))
        trailing = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignTrailing
        painter.drawText(seen(area), trailing, entry.side)
        area.setRight(area.right() - QFontMetrics(small).horizontalAdvance(entry.side) - 14)
        painter.setFont(option.font)
        painter.setPen(self._look.color("muted" if entry.reason else "text"))
        text = QFontMetrics(option.font).elidedText(entry.text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(seen(area), leading, text)
        area.setLeft(area.left() + QFontMetrics(option.font).horizontalAdvance(text) + 12)
        painter.setFont(small)
        painter.setPen(self._look.color("muted"))
        under = QFontMetrics(small).elidedText(entry.under, Qt.TextElideMode.ElideRight, max(0, area.width()))
        painter.drawText(seen(area), leading, under)


class Palette(Popover):
    """Lies over the upper middle of the window. Esc and a press outside close it; the focus goes back."""

    def __init__(
        self,
        commands: Commands,
        look: Theme,
        scope: TaskScope,
        parent: QWidget,
        *,
        contacts: Contacts,
        views: Source,
        settings: Source,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setAccessibleName(tr("Command palette"))
        self._commands, self._scope, self._host = commands, scope, parent
        self._contacts, self._views, self._settings = contacts, views, settings
        self._opener: QWidget | None = None
        self._finding = False  # what is listed belongs to what was typed before
        self._enter_waits = False  # Enter was pressed meanwhile
        self.input = QLineEdit(self)
        self.input.setObjectName("palette.input")
        self.input.setAccessibleName(tr("Command, @contact, #view or >setting"))
        self.input.setPlaceholderText(tr("Type a command   ·   @ contact   ·   # saved view   ·   > setting"))
        self.list = QListView(self)
        self.list.setObjectName("palette.list")
        self.list.setAccessibleName(tr("What fits"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMinimumHeight(1)  # as high as its lines, also where that is one
        self.list.setItemDelegate(_Delegate(self.list, look))
        self._model = _Model(self)
        self.list.setModel(self._model)
        self.nothing = Muted(tr("Nothing fits."), self)
        self.reason = Muted("", self, wrap=True)  # whole, below: beside its command there is seldom room for it
        self.reason.setObjectName("palette.reason")
        self.reason.setContentsMargins(6, 2, 6, 2)
        column(self, self.input, self.nothing, self.list, self.reason, gap=8, margins=(12, 12, 12, 12), stretch=2)
        self.input.textChanged.connect(self._typed)
        self.input.installEventFilter(self)
        self.list.clicked.connect(self._pick)
        self.list.selectionModel().currentChanged.connect(lambda now, _was: self._explain(now))
        self.hide()

    def open_palette(self, typed: str = "") -> None:
        """Show it with `typed` in the box, e.g. "@"."""
        opener = focus_holder()
        self._opener = opener if opener is not None and not self.isAncestorOf(opener) else self._opener
        self.input.setText(typed)
        self._typed(typed)
        self._place()
        self.show()
        self.raise_()
        self.input.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_palette(self) -> None:
        if self.isHidden():
            return
        self._scope.cancel("palette")
        opener, self._opener = self._opener, None
        self.hide()
        give_focus_back(opener)

    def entries(self) -> list[Entry]:
        """What is listed now."""
        return list(self._model.entries)

    def _typed(self, typed: str) -> None:
        self._scope.cancel("palette")
        self._finding, self._enter_waits = typed.startswith("@"), False
        kind, rest = typed[:1], typed[1:].strip()
        if kind == "@":
            self._scope.start(self._find(rest), what="find contacts for the palette", key="palette")
        elif kind == "#":
            self._show(matching(rest, [(entry, entry.text) for entry in self._views()]))
        elif kind == ">":
            self._show(matching(rest, [(entry, f"{entry.text} {entry.under}") for entry in self._settings()]))
        else:
            self._show(matching(typed, command_entries(self._commands)))

    async def _find(self, text: str) -> None:
        self._show(await self._contacts(text) if text else [])
        self._finding = False
        if self._enter_waits:
            self._pick(self.list.currentIndex())

    def _show(self, entries: Sequence[Entry]) -> None:
        self._model.show(entries)
        self.list.setVisible(bool(entries))
        self.nothing.setText(
            tr("Type a name, a number or a city.") if self.input.text() == "@" else tr("Nothing fits.")
        )
        self.nothing.setVisible(not entries)
        if entries:
            self.list.setCurrentIndex(self._model.index(0))
        self._explain(self.list.currentIndex())

    def _explain(self, index: QModelIndex) -> None:
        entry: Entry | None = index.data(ENTRY_ROLE)
        self.reason.setText(entry.reason if entry is not None else "")
        self.reason.setVisible(bool(self.reason.text()))
        self._place()

    def _pick(self, index: QModelIndex) -> None:
        entry: Entry | None = index.data(ENTRY_ROLE)
        if entry is not None and not entry.reason:
            self.close_palette()
            entry.run()

    def _place(self) -> None:
        parent = self._host
        width = min(parent.width() - 40, max(520, self.fontMetrics().averageCharWidth() * 78))
        row_height = self.list.sizeHintForRow(0) if self._model.entries else 0
        rows = min(max(len(self._model.entries), 0), 12)
        chrome = self.input.sizeHint().height() + 36 + (self.nothing.sizeHint().height() if not rows else 0)
        if self.reason.text():
            chrome += self.reason.heightForWidth(width - 24) + 8
        height = min(parent.height() - 90, chrome + rows * row_height)
        self.setGeometry((parent.width() - width) // 2, 56, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.input and event.type() == QEvent.Type.KeyPress:
            return self._key(event)  # type: ignore[arg-type]
        if watched is self.input and event.type() == QEvent.Type.FocusOut and self.window().isActiveWindow():
            self._opener = None  # the person went elsewhere: leave the focus there
            self.close_palette()
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 10, Qt.Key.Key_PageUp: -10}
        if event.key() == Qt.Key.Key_Escape:
            self.close_palette()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter_waits = self._finding
            if not self._finding:
                self._pick(self.list.currentIndex())
        elif event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            pass  # the focus stays in the box: Up and Down choose
        elif event.key() in steps and self._model.entries:
            wanted = self.list.currentIndex().row() + steps[Qt.Key(event.key())]
            self.list.setCurrentIndex(self._model.index(max(0, min(len(self._model.entries) - 1, wanted))))
        else:
            return False
        return True
