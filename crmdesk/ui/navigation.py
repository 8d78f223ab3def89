"""The left pane: views with the count of all contacts, accounts with dot, count and trouble, and how the check goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeySequence, QPainter
from PySide6.QtWidgets import QMenu, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from crmdesk.core.text import initials
from crmdesk.core.types import Account, SavedView
from crmdesk.sync.progress import Progress, StatusBoard
from crmdesk.ui.busy import Busy
from crmdesk.ui.kit import Card, ElidedButton, SidePanel, column, pixmap
from crmdesk.ui.painted_list import PaintedList
from crmdesk.ui.phases import CONNECTION_SIGNS, PAUSED, bar_of, newest_check, progress_text, sign_of
from crmdesk.ui.places import (
    BUILT_IN,
    CONFLICTS,
    DUPLICATES,
    EVENTS,
    HOME,
    OUTBOX,
    TRASH,
    VIEW_ICONS,
    WORK_VIEWS,
    Place,
)
from crmdesk.ui.theme import Theme, scaled
from crmdesk.ui.words import ago, number, plural, tooltip, tr

if TYPE_CHECKING:  # comes with the open data folder
    from datetime import datetime

    from crmdesk.core.outbox import OutboxCounts

ROW_ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
ADD_ACCOUNT = Place("accounts", -1)
TINTS = {"warning": "tint_warn", "error": "tint_error"}


@dataclass(frozen=True, slots=True)
class NavRow:
    """One line. Without a place it is a heading. `badge`: the tone of the box around a count of things to do."""

    title: str
    place: Place | None = None
    icon: str = ""
    dot: int = 0  # account id for the coloured dot, 0 = none
    letter: str = ""  # of a saved view, on a tile of its own colour
    count: str = ""
    sign_icon: str = ""
    sign: str = ""
    tone: str = ""
    hint: str = ""
    view: SavedView | None = None
    badge: str = ""

    @property
    def spoken(self) -> str:
        return ", ".join(part for part in (self.title, self.count, self.sign) if part)


class NavModel(QAbstractListModel):
    """The lines as Qt wants them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines: list[NavRow] = []

    def show(self, lines: list[NavRow]) -> None:
        """Replace the lines; where only texts changed, the selection and the scroll place stay."""
        if [line.place for line in lines] == [line.place for line in self.lines]:
            self.lines = lines
            self.dataChanged.emit(self.index(0), self.index(len(lines) - 1))
            return
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return line.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return line.spoken
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip("\n".join(part for part in (line.spoken, line.hint) if part)) if line.place else ""
        return line if role == ROW_ROLE else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        return flag.ItemIsEnabled | flag.ItemIsSelectable if self.lines[index.row()].place else flag.NoItemFlags


class NavDelegate(QStyledItemDelegate):
    """Paints a line: rounded selection, icon or dot, title, and the count or the trouble at the right.

    What state a line is in is asked of the list: a look at the option's flags would make PySide load QStyle with its
    600 constants, 10 ms of a start."""

    def __init__(self, parent: NavList, look: Theme) -> None:
        super().__init__(parent)
        self._list, self._look = parent, look

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        height = QFontMetrics(option.font).height()
        return QSize(60, height + (15 if index.data(ROW_ROLE).place else 14))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line: NavRow = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if line.place is None:
            self._heading(painter, option, line)
        else:
            self._line(painter, option, line, index)
        painter.restore()

    def _seen(self, area: QRect) -> QRect:
        """Where it stands in a mirrored window: rows are laid out from left to right."""
        if self._list.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            area = area.translated(self._list.viewport().width() - area.left() - area.right() - 1, 0)
        return area

    def _heading(self, painter: QPainter, option: QStyleOptionViewItem, line: NavRow) -> None:
        font = scaled(option.font, 0.85)
        font.setWeight(QFont.Weight.Bold)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
        painter.setFont(font)
        painter.setPen(self._look.color("muted"))
        area = option.rect.adjusted(18, 0, -12, -3)
        area = self._seen(area)
        painter.drawText(area, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeading, line.title.upper())

    def _line(self, painter: QPainter, option: QStyleOptionViewItem, line: NavRow, index: Index) -> None:
        chosen = self._list.selectionModel().isSelected(index)
        self._background(painter, option.rect, chosen, index.row() == self._list.hover_row)
        if self._list.hasFocus() and index == self._list.currentIndex():
            self._ring(painter, option.rect)
        area = option.rect.adjusted(18, 0, -18, 0)
        area.setLeft(self._mark(painter, area, line, option.font, chosen))
        area.setRight(self._right(painter, area, line, option.font))
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold if chosen else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(self._look.color("accent" if chosen else "text"))
        title = QFontMetrics(font).elidedText(line.title, Qt.TextElideMode.ElideRight, area.width())
        leading = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
        painter.drawText(self._seen(area), leading, title)

    def _background(self, painter: QPainter, area: QRect, chosen: bool, over: bool) -> None:
        if chosen or over:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.color("selected" if chosen else "hover"))
            painter.drawRoundedRect(area.adjusted(8, 1, -8, -1), 7, 7)

    def _ring(self, painter: QPainter, area: QRect) -> None:
        """Where the keyboard is."""
        pen = painter.pen()
        pen.setColor(self._look.color("accent"))
        pen.setWidth(2)
        pen.setStyle(Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area.adjusted(9, 2, -9, -2), 6, 6)

    def _mark(self, painter: QPainter, area: QRect, line: NavRow, font: QFont, chosen: bool) -> int:
        """Draws icon, dot or letter; returns where the title begins."""
        size = max(14, round(QFontMetrics(font).height() * 0.9))
        place = self._seen(QRect(area.left(), area.center().y() - size // 2 + 1, size, size))
        if line.dot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.dot(line.dot))
            middle = QPoint(place.left() + size // 2, area.center().y() + 1)
            painter.drawEllipse(middle, size // 3, size // 3)
        elif line.letter and line.view is not None:
            self._tile(painter, place, line.letter, self._look.dot(line.view.id))
        elif line.icon:
            colour = self._look.color("accent" if chosen else "muted")
            self._icon(painter, line.icon, colour, place.topLeft(), size)
        return area.left() + size + 8

    def _tile(self, painter: QPainter, place: QRect, letter: str, colour: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(place, 4, 4)
        font = QFont(painter.font())
        font.setPixelSize(max(7, round(place.height() * 0.66)))
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(self._look.color("on_accent"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, letter)

    def _right(self, painter: QPainter, area: QRect, line: NavRow, font: QFont) -> int:
        """Draws the count, or shape and word of a trouble; returns where the title must end."""
        if line.badge and line.count:
            return self._badge(painter, area, line, font)
        small = scaled(font, 0.92)
        metrics, text = QFontMetrics(small), line.sign if line.tone else line.count
        if line.tone:  # the account's name needs room too
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(area.width() * 0.45))
        width = metrics.horizontalAdvance(text)
        painter.setFont(small)
        painter.setPen(self._look.color(line.tone or "muted"))
        trailing = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignTrailing
        painter.drawText(self._seen(area), trailing, text)
        left = area.right() - width - (8 if text else 0)
        if line.tone:
            size = metrics.height()
            place = QRect(left - size + 4, area.center().y() - size // 2 + 1, size, size)
            self._icon(painter, line.sign_icon, self._look.color(line.tone), self._seen(place).topLeft(), size)
            left = place.left() - 6
        return left

    def _badge(self, painter: QPainter, area: QRect, line: NavRow, font: QFont) -> int:
        """A count of things to do, in a tinted box."""
        small = scaled(font, 0.92)
        metrics = QFontMetrics(small)
        width, height = max(metrics.horizontalAdvance(line.count) + 16, 26), metrics.height() + 3
        box = QRect(area.right() - width + 1, area.center().y() - height // 2 + 1, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.color(TINTS[line.badge]))
        seen = self._seen(box)
        painter.drawRoundedRect(seen, 5, 5)
        painter.setFont(small)
        painter.setPen(self._look.color(line.badge))
        painter.drawText(seen, Qt.AlignmentFlag.AlignCenter, line.count)
        return box.left() - 8

    def _icon(self, painter: QPainter, name: str, colour: QColor, place: QPoint, size: int) -> None:
        painter.drawPixmap(place, pixmap(name, colour, size, self._list.devicePixelRatioF()))


class NavList(PaintedList):
    """The list itself: arrows move, Enter and click go."""

    def __init__(self, parent: QWidget, look: Theme) -> None:
        super().__init__("navigation.list", tr("Views and accounts"), parent)
        self.setItemDelegate(NavDelegate(self, look))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)


class StatusCard(Card):
    """At the foot: the connection, the newest check, and the check that is running."""

    def __init__(self, parent: QWidget, open_panel: Callable[[], None], cancel: Callable[[int], None]) -> None:
        super().__init__(parent)
        self._running = 0
        self.head = ElidedButton("navigation.status", "", self)
        self.head.setToolTip(tr("Show how every account is doing"))
        self.head.clicked.connect(lambda _checked=False: open_panel())
        self.busy = Busy("navigation.check", lambda: cancel(self._running), self, compact=True)
        self.head.setProperty("leading", True)
        column(self, self.head, self.busy, gap=2, margins=(6, 5, 6, 9))

    def show_state(self, head: str, running: Sequence[tuple[Account, Progress]]) -> None:
        self.head.set_words(head)
        self.busy.setVisible(bool(running))
        if running:
            account, progress = running[0]
            changed, self._running = self._running != account.id, account.id
            more = f" (+{len(running) - 1})" if len(running) > 1 else ""
            done, total = bar_of(progress)
            self.busy.set(f"{account.title}: {progress_text(progress).lower()}{more}", done, total, fresh=changed)


class Navigation(SidePanel):
    """`chosen(Place)`: the person wants to go there. `viewAction(word, SavedView)`: rename, delete, up or down."""

    chosen = Signal(object)
    viewAction = Signal(str, object)
    panelWanted = Signal()
    cancelWanted = Signal(int)
    operatorWanted = Signal()

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("navigation")
        self._accounts: list[Account] = []
        self._views: list[SavedView] = []
        self._total = 0
        self._place: Place | None = HOME
        self.pairs = 0  # possible duplicates to be decided
        self._model = NavModel(self)
        self.list = NavList(self, look)
        self.list.setModel(self._model)
        self.card = StatusCard(self, self.panelWanted.emit, self.cancelWanted.emit)
        self.operator = ElidedButton("navigation.operator", "", self)
        self.operator.setProperty("leading", True)
        keys = QKeySequence("Ctrl+Shift+W").toString(QKeySequence.SequenceFormat.NativeText)
        self.operator.setToolTip(f"{tr('Who is at the desk; stands beside each change')} ({keys})")
        self.operator.clicked.connect(lambda _checked=False: self.operatorWanted.emit())
        self.operator.hide()
        card_box = QWidget(self)
        column(card_box, self.operator, self.card, gap=2, margins=(9, 4, 9, 9))
        column(self, self.list, card_box, gap=0, margins=(0, 8, 0, 0), stretch=0)
        self.list.clicked.connect(self._go)
        self.list.activated.connect(self._go)
        self.list.customContextMenuRequested.connect(self._menu)
        look.changed.connect(self._resize_rows)
        self._resize_rows()

    def show_counts(
        self,
        accounts: list[Account],
        total: int,
        views: list[SavedView],
        board: StatusBoard,
        outbox: OutboxCounts | None = None,
    ) -> None:
        """Everything the lines tell; cheap enough for every step of a running check."""
        self._accounts, self._total = accounts, total
        self._views = sorted((view for view in views if view.id > 0), key=lambda view: (view.position, view.id))
        built_in, saved = self._view_lines()
        self._model.show([*built_in, *_work_lines(outbox, self.pairs), *saved, *self._account_lines(board)])
        self.mark(self._place)

    def show_status(self, accounts: list[Account], board: StatusBoard, now: datetime) -> None:
        """The card at the foot."""
        head = tr(CONNECTION_SIGNS[board.connection].word)
        if newest := newest_check(accounts):
            head += " · " + tr("checked {ago}").replace("{ago}", ago(newest, now))
        running = [(account, board.of(account.id)) for account in accounts if board.of(account.id).phase.running]
        self.card.show_state(head, running)

    def show_operator(self, name: str) -> None:
        """Who is at the desk; '' where nobody said so yet."""
        self.operator.set_words(
            tr("At the desk: {name}").replace("{name}", name) if name else tr("Who is at the desk?")
        )
        self.operator.show()

    def mark(self, place: Place | None) -> None:
        """Show where we are, without going there."""
        self._place = place
        for number_, line in enumerate(self._model.lines):
            if line.place == place:
                self.list.setCurrentIndex(self._model.index(number_))
                return
        self.list.clearSelection()

    def view(self, view_id: int) -> SavedView | None:
        """A built-in or saved view by its id."""
        return next((view for view in (*BUILT_IN, *WORK_VIEWS, *self._views) if view.id == view_id), None)

    def views(self) -> list[SavedView]:
        """All that can be gone to, in their order."""
        return [*BUILT_IN, *WORK_VIEWS, *self._views]

    def lines(self) -> list[NavRow]:
        return list(self._model.lines)

    def _view_lines(self) -> tuple[list[NavRow], list[NavRow]]:
        built_in = [NavRow(tr(view.title), Place("view", view.id), VIEW_ICONS[view.id], view=view) for view in BUILT_IN]
        built_in[0] = NavRow(
            built_in[0].title, HOME, VIEW_ICONS[HOME.number], count=number(self._total) if self._total else ""
        )
        saved = [
            NavRow(
                view.title,
                Place("view", view.id),
                "view",
                view=view,
                hint=view.query,
                letter=initials(view.title)[:1],
            )
            for view in self._views
        ]
        return built_in, [*([NavRow(tr("Saved views"))] if saved else []), *saved]

    def _account_lines(self, board: StatusBoard) -> list[NavRow]:
        lines = [NavRow(tr("Accounts"))]
        for account in sorted(self._accounts, key=lambda known: (known.position, known.id)):
            progress = board.of(account.id)
            sign = sign_of(account, progress)
            told = sign.word if sign.loud or sign is PAUSED or not account.active or progress.phase.running else ""
            lines.append(
                NavRow(
                    account.title,
                    Place("account", account.id),
                    dot=account.id,
                    count=number(account.contacts),
                    sign_icon=sign.icon,
                    sign=tr(told),
                    tone=sign.tone if sign.loud or sign is PAUSED else "",
                    hint=tr(progress.text or account.reason),
                )
            )
        return [*lines, NavRow(tr("Add account…"), ADD_ACCOUNT, "plus")]

    def _go(self, index: QModelIndex) -> None:
        line: NavRow | None = index.data(ROW_ROLE)
        if line is not None and line.place is not None:
            self.chosen.emit(line.place)

    def _menu(self, at: QPoint) -> None:
        line: NavRow | None = self.list.indexAt(at).data(ROW_ROLE)
        menu = self.menu_for(line) if line is not None else None
        if menu is not None:
            menu.popup(self.list.viewport().mapToGlobal(at))

    def menu_for(self, line: NavRow) -> QMenu | None:
        """What can be done with a saved view or an account; None for the rest."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if line.view is not None and line.view.id > 0:
            view = line.view
            for word, words in (("rename", "Rename…"), ("up", "Move up"), ("down", "Move down"), ("delete", "Delete…")):
                menu.addAction(tr(words), partial(self.viewAction.emit, word, view))
            return menu
        if line.dot:
            menu.addAction(tr("Account settings…"), partial(self.chosen.emit, Place("accounts", line.dot)))
            return menu
        return None

    def _resize_rows(self) -> None:
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 22)
        self.list.doItemsLayout()


def _work_lines(outbox: OutboxCounts | None, pairs: int) -> list[NavRow]:
    """Edits under way. The counts say what is to be done, not how much there is: zero shows none."""
    waiting = outbox.waiting + outbox.needs_you if outbox is not None else 0
    conflicts = outbox.conflicts if outbox is not None else 0
    hint = tr("Nothing waits.")
    if outbox is not None and waiting:
        needs = plural(outbox.needs_you, "1 needs you", "{n} need you") if outbox.needs_you else ""
        hint = " · ".join(
            part for part in (plural(outbox.waiting, "1 waits", "{n} wait") if outbox.waiting else "", needs) if part
        )
    return [
        NavRow(tr("Work")),
        NavRow(tr("Outbox"), OUTBOX, "outbox", count=_count(waiting), hint=hint, badge="warning"),
        NavRow(tr("Bulk events"), EVENTS, "send"),
        NavRow(tr("Conflicts"), CONFLICTS, "arrows", count=_count(conflicts), badge="error"),
        NavRow(tr("Duplicates"), DUPLICATES, "pair", count=_count(pairs), hint=_pairs_hint(pairs), badge="warning"),
        NavRow(tr("Trash"), TRASH, "trash"),
    ]


def _pairs_hint(pairs: int) -> str:
    if not pairs:
        return tr("No possible duplicates.")
    return plural(pairs, "1 pair may be the same person.", "{n} pairs may be the same person.")


def _count(value: int) -> str:
    return number(value) if value else ""
