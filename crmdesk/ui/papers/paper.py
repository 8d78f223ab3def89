"""Pages of plain text and tables, black on white, for printer, PDF and preview alike. One unit is a tenth of a point.

Nothing here knows markup: each text is shaped as the letters that it has. Pages are laid out a few rows at a time, and
painted one at a time, so that whoever does so on the window's thread may give way in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QFont, QPageSize, QPainter, QPen, QTextLayout, QTextOption

DPI = 720
MARGIN, FOOT = 420, 300
GAP = 60  # between columns
PAD = 28  # above and below a row's text
STEP = 8  # rows that are laid out together
LIGHT = Qt.GlobalColor.darkGray  # lines
QUIET = QColor(LIGHT).darker(160)  # words, which have to be read on paper, too


@dataclass(frozen=True, slots=True)
class Style:
    """`size` in units, room `above` it."""

    size: int
    bold: bool = False
    quiet: bool = False
    above: int = 0


TITLE = Style(170, bold=True)
SECTION = Style(125, bold=True, above=170)
LINE = Style(95, above=20)
NOTE = Style(85, quiet=True, above=20)
HEAD = Style(80, bold=True)
CELL = Style(85)
FOOTER = Style(75, quiet=True)


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph."""

    text: str
    style: Style = LINE


@dataclass(frozen=True, slots=True)
class Table:
    """`shares` of the width; the titles stand again on each page."""

    titles: tuple[str, ...]
    shares: tuple[float, ...]
    rows: Sequence[tuple[str, ...]]


Block = Text | Table


@dataclass(frozen=True, slots=True)
class Placed:
    """A text where it stands; `width` is that of its column."""

    x: float
    y: float
    width: float
    text: str
    style: Style


@dataclass
class Leaf:
    """What one page holds. `rules` are the heights of its lines."""

    texts: list[Placed] = field(default_factory=list)
    rules: list[float] = field(default_factory=list)


class Pages:
    """`footer` is printed on each page, beside its number, whose words `numbered(page, pages)` gives."""

    def __init__(self, size: QPageSize, family: str, footer: str) -> None:
        wide = size.sizePoints()
        self.size = size
        self.width, self.height = wide.height() * 10, wide.width() * 10  # landscape
        self.footer = footer
        self.leaves = [Leaf()]
        self._fonts: dict[Style, QFont] = {}
        self._family = family
        self._y: float = MARGIN

    def __len__(self) -> int:
        return len(self.leaves)

    def words(self) -> str:
        """Everything that is printed, page by page."""
        return "\n".join(placed.text for leaf in self.leaves for placed in leaf.texts)

    # laying out

    def lay_out(self, blocks: Sequence[Block]) -> Iterator[int]:
        """Places the blocks one after the other; the number of pages so far, often enough to give way."""
        for block in blocks:
            if isinstance(block, Text):
                self._paragraph(block)
                yield len(self)
            else:
                yield from self._table(block)

    @property
    def _inner(self) -> float:
        return self.width - 2 * MARGIN

    def _paragraph(self, block: Text) -> None:
        style = block.style
        height = self._height(block.text, style, self._inner)
        follows = 400 if style is SECTION else 0  # a heading alone at the foot of a page is no use
        self._room(style.above + height + follows)
        self._y += style.above
        self.leaves[-1].texts.append(Placed(MARGIN, self._y, self._inner, block.text, style))
        self._y += height

    def _table(self, table: Table) -> Iterator[int]:
        whole = self._inner - GAP * (len(table.shares) - 1)
        widths = [whole * share / sum(table.shares) for share in table.shares]
        self._row(table.titles, widths, HEAD)
        for number, cells in enumerate(table.rows, 1):
            if self._room(self._row_height(cells, widths, CELL)):
                self._row(table.titles, widths, HEAD)
            self._row(cells, widths, CELL)
            if not number % STEP:
                yield len(self)
        yield len(self)

    def _row(self, cells: Sequence[str], widths: Sequence[float], style: Style) -> None:
        leaf, x, height = self.leaves[-1], float(MARGIN), self._row_height(cells, widths, style)
        for text, width in zip(cells, widths, strict=True):
            if text:
                leaf.texts.append(Placed(x, self._y + PAD, width, text, style))
            x += width + GAP
        self._y += height
        leaf.rules.append(self._y)

    def _row_height(self, cells: Sequence[str], widths: Sequence[float], style: Style) -> float:
        tallest = (self._height(text, style, width) for text, width in zip(cells, widths, strict=True))
        return 2 * PAD + max(tallest, default=0.0)

    def _room(self, height: float) -> bool:
        """True where a new page had to begin."""
        if self._y + height <= self.height - MARGIN - FOOT or self._y <= MARGIN:
            return False
        self.leaves.append(Leaf())
        self._y = MARGIN
        return True

    def _height(self, text: str, style: Style, width: float) -> float:
        return self._shaped(text, style, width).boundingRect().height()

    def _font(self, style: Style) -> QFont:
        found = self._fonts.get(style)
        if found is None:
            found = self._fonts[style] = QFont(self._family)
            found.setPixelSize(style.size)
            found.setBold(style.bold)
            found.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return found

    def _shaped(self, text: str, style: Style, width: float, align: Qt.AlignmentFlag | None = None) -> QTextLayout:
        """In lines of the width; a word that is longer is broken."""
        made = QTextLayout(text or " ", self._font(style))
        option = QTextOption(align or Qt.AlignmentFlag.AlignLeading)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        made.setTextOption(option)
        made.beginLayout()
        y = 0.0
        while (line := made.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, y))
            y += line.height()
        made.endLayout()
        return made

    # painting

    def paint(self, painter: QPainter, number: int, numbered: str) -> None:
        """Page `number` from 0 on, in units; `numbered` are the words for its number."""
        leaf = self.leaves[number]
        painter.setPen(QPen(LIGHT, 3))
        painter.drawLines([QLineF(MARGIN, y, self.width - MARGIN, y) for y in leaf.rules])
        for placed in leaf.texts:
            self._draw(painter, placed)
        foot = self.height - MARGIN - FOOTER.size
        self._draw(painter, Placed(MARGIN, foot, self._inner * 0.8, self.footer, FOOTER))
        at = Placed(MARGIN + self._inner * 0.8, foot, self._inner * 0.2, numbered, FOOTER)
        self._draw(painter, at, Qt.AlignmentFlag.AlignTrailing)

    def _draw(self, painter: QPainter, placed: Placed, align: Qt.AlignmentFlag | None = None) -> None:
        painter.setPen(QUIET if placed.style.quiet else Qt.GlobalColor.black)
        self._shaped(placed.text, placed.style, placed.width, align).draw(painter, QPointF(placed.x, placed.y))
