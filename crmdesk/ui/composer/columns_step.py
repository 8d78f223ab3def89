"""Which column feeds which field: one line per field, guesses marked, samples beside them, nothing decided silently."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QSizePolicy, QWidget

from crmdesk.core import mapping as mappings
from crmdesk.core.batch import BatchKind
from crmdesk.core.cells import Reading, text_of, value_of
from crmdesk.core.fields import FieldKind
from crmdesk.core.grid_columns import MOST_LINES, GridColumn, columns_of
from crmdesk.core.mapping import ColumnMapping, Source
from crmdesk.core.sheet import Table, as_text
from crmdesk.core.tasks import TaskScope
from crmdesk.store.mappings import KeptMapping
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import Badge, ElidedLabel, Heading, Muted, PlainLabel, column, restyle, row, scroll, tr
from crmdesk.ui.still import StillChoice

NOTHING, CONSTANT, NOW = -1, -2, -3
LETTERS = 16  # that a box shows at least
AT_ONCE = 500  # rows; more are looked at beside the window
LOOKING = "import.looking"  # key of that task
SAMPLES = 3
IF_EMPTY, MOST_TEXT = 12, 40  # letters that are typed for empty cells, and for every row
ORDER_WORDS = {"dmy": "Day first: 03/04 is 3 April", "mdy": "Month first: 03/04 is 4 March"}
DECIMAL_WORDS = {".": "Point: 1.50", ",": "Comma: 1,50"}


class ColumnsStep(QWidget):
    """`changed`: the mapping is another one, or became usable or not. While it is `looking` at what the file's dates
    and numbers leave open, nothing can be imported yet."""

    changed = Signal()

    def __init__(self, kind: BatchKind, scope: TaskScope) -> None:
        super().__init__()
        self.setObjectName("import.columns")
        self.kind, self._scope = kind, scope
        self.looking = False
        self._found: tuple[object, frozenset[str], frozenset[str]] = (None, frozenset(), frozenset())
        self._every = {one.path: one for one in columns_of(kind, MOST_LINES)}
        self._several = (False, False)  # dates, numbers of the columns in use can be read in more than one way
        self.table: Table | None = None
        self.mapping = ColumnMapping()
        self.own: set[str] = set()  # fields for which a person chose the column
        self._kept: Sequence[KeptMapping] = ()
        self._lines: dict[str, _Line] = {}
        self._chosen = Reading()  # what a person said; what is found out is found out anew each time
        self._of: tuple[str, str] = ("", "")  # the file and sheet it was said of
        self.kept_box, self.order, self.decimal, self.group = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        self.name, self.more = QLineEdit(), QComboBox()
        for name, words, widget in (
            ("kept", tr("Kept mapping"), self.kept_box),
            ("order", tr("Order of day and month"), self.order),
            ("decimal", tr("Decimal sign"), self.decimal),
            ("group", tr("Event group"), self.group),
            ("name", tr("Keep this mapping as"), self.name),
            ("more", tr("Another field"), self.more),
        ):
            widget.setObjectName(f"import.{name}")
            widget.setAccessibleName(words)
        for box in (self.kept_box, self.group, self.more):
            _narrow(box)
        self.name.setPlaceholderText(tr("Keep this mapping as…"))
        self.lacking, self.ignored = PlainLabel("", wrap=True), Muted("", wrap=True)
        self.lacking.setObjectName("import.lacking")
        self.ignored.setObjectName("import.ignored")
        self._lay_out()
        self.kept_box.activated.connect(self._take_kept)
        self.order.activated.connect(lambda _place: self._read_as())
        self.decimal.activated.connect(lambda _place: self._read_as())
        self.group.activated.connect(lambda _place: self._set_group())
        self.more.activated.connect(lambda _place: self._add_field())

    def _lay_out(self) -> None:
        fields, self._fields = QWidget(), QWidget()
        self._grid = QGridLayout(fields)
        fields.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)  # it scrolls, it is not squeezed
        column(self._fields, fields).addStretch(1)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setColumnStretch(3, 1)
        self._asked = QWidget()
        self._order_label = PlainLabel(tr("Dates:"))
        self._decimal_label = PlainLabel(tr("Numbers:"))
        self._group_label = PlainLabel(tr("Rows with the same value make one event:"))
        flow = FlowLayout(8)
        self._asked.setLayout(flow)
        self._pairs: dict[QComboBox, QWidget] = {}  # a box with its label
        for label, box in (
            (self._order_label, self.order),
            (self._decimal_label, self.decimal),
            (self._group_label, self.group),
        ):
            pair = self._pairs[box] = QWidget()
            row(pair, label, box)
            flow.addWidget(pair)
        top = QWidget()
        row(top, Heading(tr("Which column is what?"), self), self.kept_box, stretch=0)
        foot = QWidget()
        row(foot, self.more, self.name, stretch=1)
        column(self, top, self._asked, self.lacking, scroll(self._fields, "import.fields"), foot, self.ignored, gap=10,
               stretch=3)  # fmt: skip

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def show_table(self, table: Table, kept: Sequence[KeptMapping]) -> None:
        """Another table: guessed anew, or with the kept mapping that fits it best."""
        same = self.table is not None and self.table.columns == table.columns
        self.table, self._kept = table, kept
        if self._of != (table.hash, table.layout.sheet):
            self._of, self._chosen = (table.hash, table.layout.sheet), Reading()
        if not same:
            kept_one = mappings.best(table.columns, kept)
            self.own.clear()
            self.mapping = kept_one or mappings.guess(self.kind, table.columns)
            self._chosen = self.mapping.reading  # of a kept mapping; shown, and can be changed
        self._fill_kept()
        self._fill_group()
        self._draw()
        self._ask()

    def _fill_kept(self) -> None:
        self.kept_box.clear()
        self.kept_box.addItem(tr("By their headings"), "")
        for one in self._kept:
            self.kept_box.addItem(one.name, one.name)
        self.kept_box.setCurrentIndex(max(0, self.kept_box.findData(self.mapping.name)))
        self.kept_box.setVisible(bool(self._kept))
        if self.mapping.name:
            self.name.setText(self.mapping.name)

    def _take_kept(self, place: int) -> None:
        assert self.table is not None
        name = self.kept_box.itemData(place)
        one = next((one for one in self._kept if one.name == name), None)
        if one is None:
            self.mapping, self._chosen = mappings.guess(self.kind, self.table.columns), Reading()
        else:
            self.mapping = mappings.from_json(one.content, self.table.columns, one.name)
            self._chosen = self.mapping.reading
            self.name.setText(one.name)
        self._fill_group()
        self._draw()
        self._ask()

    def _ask(self) -> None:
        """What the file leaves open: asked once, never guessed. Every row is looked at, of many beside the window."""
        table, mapping = self.table, self.mapping
        assert table is not None
        fed = frozenset((choice.path, choice.source.column) for choice in mapping.choices)
        of = (table.hash, table.layout, table.columns, len(table.rows), fed)

        def look() -> tuple[object, frozenset[str], frozenset[str]]:
            kind = self.kind
            return of, mappings.orders_in(kind, table, mapping), mappings.decimals_in(kind, table, mapping)

        async def beside() -> None:
            self._found = await asyncio.to_thread(look)
            self._show_found()

        if self._found[0] == of or len(table.rows) <= AT_ONCE:
            self._scope.cancel(LOOKING)
            self._found = self._found if self._found[0] == of else look()
            self._show_found()
            return
        self._set_looking(looking=True)
        self._scope.start(beside(), what="Look at dates and numbers", key=LOOKING, if_busy="replace")
        self._tell()

    def _set_looking(self, *, looking: bool) -> None:
        """An answer that is given now would be one to a question of before."""
        self.looking = looking
        self._asked.setEnabled(not looking)

    def _show_found(self) -> None:
        """What is asked, and what follows from it."""
        _, orders, decimals = self._found
        self._set_looking(looking=False)
        self._several = (len(orders) > 1, len(decimals) > 1)
        reading = Reading(_settled(orders, self._chosen.order), _settled(decimals, self._chosen.decimal))
        self.mapping = replace(self.mapping, reading=reading)
        self._fill_choice(self.order, ORDER_WORDS, orders, reading.order)
        self._fill_choice(self.decimal, DECIMAL_WORDS, decimals, reading.decimal)
        self._tell()

    def _fill_group(self) -> None:
        assert self.table is not None
        several = any(spec.kind is FieldKind.RECORDS and spec.required for spec in self.kind.fields)
        self.group.clear()
        self.group.addItem(tr("(no column)"), NOTHING)
        for place, title in enumerate(self.table.columns):
            self.group.addItem(title, place)
        self.group.setCurrentIndex(0 if self.mapping.group is None else self.mapping.group + 1)
        self._pairs[self.group].setVisible(several)

    def _fill_choice(self, box: QComboBox, words: dict[str, str], found: frozenset[str], chosen: str) -> None:
        box.clear()
        box.addItem(tr("Choose…"), "")
        for key, text in words.items():
            box.addItem(tr(text), key)
        box.setCurrentIndex(max(0, box.findData(chosen)))
        self._pairs[box].setVisible(len(found) > 1)

    def _draw(self) -> None:
        """A line for each field that has a source, is essential or was asked for."""
        for line in self._lines.values():
            line.drop()
        self._lines = {}
        fed = {choice.path for choice in self.mapping.choices}
        for column_ in self._every.values():
            if column_.path in fed or column_.essential:
                self._lines[column_.path] = _Line(self, column_, self._grid)
        self.more.clear()
        self.more.addItem(tr("Another field…"), "")
        for column_ in self._every.values():
            if column_.path not in self._lines and column_.line <= 0:
                self.more.addItem(tr(column_.title), column_.path)

    def _add_field(self) -> None:
        path = self.more.currentData()
        if path:
            self._lines[path] = _Line(self, self._every[path], self._grid)
            self.more.removeItem(self.more.currentIndex())
            self.more.setCurrentIndex(0)
            self._lines[path].box.setFocus()

    # ── choosing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def choose(self, path: str, source: Source) -> None:
        """Another column may be written in another way: what was said of the one before does not hold for it."""
        spec = self._every[path].spec
        if source.column != self.mapping.source(path).column:
            if spec.kind in (FieldKind.TIME, FieldKind.DATE):
                self._chosen = replace(self._chosen, order="")
            elif spec.kind is FieldKind.NUMBER:
                self._chosen = replace(self._chosen, decimal="")
        self.mapping = self.mapping.with_choice(path, source)
        self.own.add(path)
        self._ask()

    def _read_as(self) -> None:
        asked = self._chosen  # only what was asked is an answer
        if self._several[0]:
            asked = replace(asked, order=self.order.currentData() or "")
        if self._several[1]:
            asked = replace(asked, decimal=self.decimal.currentData() or "")
        self._chosen = asked
        self._ask()

    def _set_group(self) -> None:
        place = self.group.currentData()
        self.mapping = replace(self.mapping, group=None if place == NOTHING else place)
        self._tell()

    def _tell(self) -> None:
        assert self.table is not None
        for line in self._lines.values():
            line.show_samples()
        missing = mappings.lacking(self.kind, self.mapping)
        words = tr("Still without a column: {names}.").replace("{names}", ", ".join(tr(name) for name in missing))
        if self.looking:
            words = tr("Looking at the dates and numbers of all rows…")
        elif self.open_question:
            words = self.open_question
        told = bool(missing or self.open_question or self.looking)
        self.lacking.setText(words if told else "")
        self.lacking.setVisible(told)
        self.lacking.set_tone("" if self.looking else "warning")
        left = mappings.ignored(self.table.columns, self.mapping)
        names = ", ".join(left[:12]) + (" …" if len(left) > 12 else "")
        self.ignored.setText(tr("Not used, but kept for the report: {names}").replace("{names}", names))
        self.ignored.setVisible(bool(left))
        self.changed.emit()

    @property
    def open_question(self) -> str:
        """What has to be answered before anything can be imported; ''."""
        reading = self.mapping.reading
        if not reading.order and self._several[0]:
            return tr("Some dates can be read in two ways: say whether the day or the month comes first.")
        if not reading.decimal and self._several[1]:
            return tr("Some numbers can be read in two ways: say which sign stands before the decimals.")
        return ""

    @property
    def plain(self) -> bool:
        """Nothing has to be looked at: every heading is known, nothing is missing, nothing is left open."""
        sure = all(choice.sure for choice in self.mapping.choices)
        assert self.table is not None
        unused = mappings.ignored(self.table.columns, self.mapping)
        return sure and not unused and not self.open_question and not mappings.lacking(self.kind, self.mapping)


def _narrow(box: QComboBox) -> None:
    """A file's long headings must not make the dialog wider than the window; the open list shows them whole."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(LETTERS)


def _settled(found: frozenset[str], chosen: str) -> str:
    """What a person said, where it fits; else what alone fits. '' = open, or nothing to be said."""
    if chosen in found:
        return chosen
    return next(iter(found)) if len(found) == 1 else ""


class _Line:
    """One field: its title, where it comes from, how sure that is, and samples as they will be read."""

    def __init__(self, step: ColumnsStep, column_: GridColumn, grid: QGridLayout) -> None:
        self._step, self.column = step, column_
        assert step.table is not None
        source = step.mapping.source(column_.path)
        self.label = PlainLabel(tr(column_.title) + (" *" if column_.essential else ""))
        self.label.setToolTip(tr(column_.spec.hint))
        self.box = StillChoice()
        self.box.setObjectName(f"import.source.{column_.path}")
        self.box.setAccessibleName(tr(column_.title))
        _narrow(self.box)
        self.box.addItem(tr("(nothing)"), NOTHING)
        for place, title in enumerate(step.table.columns):
            self.box.addItem(title, place)
        self.box.addItem(tr("The same in every row…"), CONSTANT)
        if column_.spec.kind is FieldKind.TIME:
            self.box.addItem(tr("Now"), NOW)
        self.label.setBuddy(self.box)
        self.text = QLineEdit()
        self.text.setObjectName(f"import.text.{column_.path}")
        self.text.setText(source.constant or source.default)
        self.badge, self.samples = Badge(""), ElidedLabel("")
        self.box.setCurrentIndex(self.box.findData(self._kind_of(source)))
        down = grid.rowCount()
        cell = QWidget()
        row(cell, self.text, self.badge)
        for place, widget in enumerate((self.label, self.box, cell, self.samples)):
            grid.addWidget(widget, down, place)
        self._widgets = (self.label, self.box, cell, self.samples)
        self.box.activated.connect(lambda _place: self._choose())
        self.text.editingFinished.connect(self._choose)
        self.show_samples()

    def drop(self) -> None:
        """What is just being typed into it was for the table before."""
        self.text.blockSignals(True)
        for widget in self._widgets:
            widget.hide()
            widget.deleteLater()

    @staticmethod
    def _kind_of(source: Source) -> int:
        if source.column is not None:
            return source.column
        return CONSTANT if source.constant else NOW if source.now else NOTHING

    def _choose(self) -> None:
        chosen, text = self.box.currentData(), self.text.text().strip()
        match chosen:
            case int() if chosen >= 0:
                source = Source(chosen, default=text)
            case -2:
                source = Source(constant=text)
            case -3:
                source = Source(now=True)
            case _:
                source = Source()
        if source != self._step.mapping.source(self.column.path):
            self._step.choose(self.column.path, source)
        self.show_samples()

    def show_samples(self) -> None:
        chosen = self.box.currentData()
        column_of_file = isinstance(chosen, int) and chosen >= 0
        self.text.setVisible(column_of_file or chosen == CONSTANT)
        letters = self.text.fontMetrics().averageCharWidth()  # in a small window the samples are worth more room
        self.text.setMaximumWidth(letters * (IF_EMPTY if column_of_file else MOST_TEXT))
        words = tr("if empty") if column_of_file else tr("text")
        self.text.setPlaceholderText(words)
        self.text.setAccessibleName(f"{tr(self.column.title)}, {words}")
        choice = next((one for one in self._step.mapping.choices if one.path == self.column.path), None)
        self.badge.setVisible(choice is not None and column_of_file and not self._step.mapping.name)
        if choice is not None:
            own = self.column.path in self._step.own
            self.badge.setText(tr("chosen") if own else tr("sure") if choice.sure else tr("guess"))
            self.badge.setProperty("tone", "ok" if choice.sure else "warning")
            restyle(self.badge)
        self.samples.setText(self._samples(chosen) if column_of_file else "")

    def _samples(self, place: int) -> str:
        assert self._step.table is not None
        spec, reading = self.column.spec, self._step.mapping.reading
        cells = [cells[place] for cells in self._step.table.rows[:200]]
        shown = []
        for cell in cells:
            if (value := value_of(spec, cell, reading)) is not None:
                raw, read = as_text(cell), text_of(spec, value)
                shown.append(raw if raw == read else f"{raw} → {read}")
            if len(shown) == SAMPLES:
                break
        return "   ·   ".join(shown)
