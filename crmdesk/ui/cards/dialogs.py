"""Questions before linking and unlinking: who is on the card then, who leaves it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtWidgets import QCheckBox, QDialog, QWidget

from crmdesk.ui.cards.sides import Side
from crmdesk.ui.kit import Card, Heading, Muted, PlainLabel, button, column, plural, row, scroll, tooltip, tr
from crmdesk.ui.words import breakable

INDENT = 28  # pixels, as wide as a box to tick
MOST_HIGH = 12  # lines of members in sight


class MembersDialog(QDialog):
    """Heading, text, members, and *Cancel* beside the one that does it, which `accept` is."""

    def __init__(
        self, parent: QWidget, name: str, title: str, text: str, go: str, members: QWidget, *more: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.go = button(f"{name}.go", go, self.accept, main=True)
        self.go.setDefault(True)
        self.cancel = button(f"{name}.cancel", tr("Cancel"), self.reject)
        self.note = Muted("", wrap=True)
        self.note.setObjectName(f"{name}.note")
        area = scroll(members, f"{name}.area")
        line = self.fontMetrics().height()
        area.setMinimumHeight(min(members.sizeHint().height(), line * 2 * MOST_HIGH))
        foot = QWidget()
        row(foot, self.cancel, self.go).insertStretch(0, 1)
        heading = Heading(title, self)
        heading.setWordWrap(True)
        parts = (heading, PlainLabel(text, wrap=True), area, *more, self.note, foot)
        column(self, *parts, gap=12, margins=(20, 18, 20, 16), stretch=2)
        self.setMinimumWidth(min(self.fontMetrics().averageCharWidth() * 64, parent.window().width() - 40))


class LinkDialog(MembersDialog):
    """All who are on the card then, the ones that are on it already too (UX-DUP-06)."""

    def __init__(self, parent: QWidget, sides: Sequence[Side], linked: Collection[int]) -> None:
        box = Card()
        lines: list[QWidget] = []
        for side in sides:
            known = tr("linked already") if side.contact_id in linked else tr("joins")
            lines.append(_member(side, known))
        column(box, *lines, gap=8, margins=(14, 10, 14, 12))
        title = plural(len(sides), "Link 1 record as one person?", "Link {n} records as one person?")
        text = tr("All of these belong to the same guest card then. Nothing is changed at any vendor.")
        super().__init__(parent, "cards.link", title, text, tr("Same person – link"), box)
        self.go.setFocus()  # it can be undone


class SplitDialog(MembersDialog):
    """`chosen`: who leaves the card; `together`: onto a card of their own."""

    def __init__(self, parent: QWidget, sides: Sequence[Side], leaving: Collection[int]) -> None:
        box = Card()
        self._ticks: dict[int, QCheckBox] = {}
        lines: list[QWidget] = []
        for side in sides:
            tick = QCheckBox(side.name.replace("&", "&&"))
            tick.setObjectName(f"cards.split.{side.contact_id}")
            tick.setAccessibleName(side.told())
            tick.setToolTip(tooltip(side.told()))
            tick.setChecked(side.contact_id in leaving)
            tick.toggled.connect(lambda _on: self._show_note())
            self._ticks[side.contact_id] = tick
            both, source = QWidget(), Muted(breakable(side.source), wrap=True)
            source.setContentsMargins(INDENT, 0, 0, 0)
            column(both, tick, source, gap=1)
            lines.append(both)
        self._apart = QCheckBox(tr("Those who leave are one person: keep them linked with each other"))
        self._apart.setObjectName("cards.split.together")
        column(box, *lines, gap=8, margins=(14, 10, 14, 12))
        text = tr("Tick whoever is another person. Nothing is changed at any vendor.")
        super().__init__(parent, "cards.split", tr("Who leaves this guest card?"), text, tr("Unlink"), box, self._apart)
        self._show_note()

    @property
    def chosen(self) -> list[int]:
        return [contact_id for contact_id, tick in self._ticks.items() if tick.isChecked()]

    @property
    def together(self) -> bool:
        return self._apart.isEnabled() and self._apart.isChecked()

    def _show_note(self) -> None:
        self._apart.setEnabled(1 < len(self.chosen) < len(self._ticks))
        staying = len(self._ticks) - len(self.chosen)
        ends = tr("Then nobody is linked any more.")
        stays = plural(staying, "1 record stays on the card.", "{n} records stay on the card.")
        self.note.setText((ends if staying < 2 else stays) if self.chosen else tr("Tick at least one."))
        self.go.setEnabled(bool(self.chosen))


def _member(side: Side, state: str) -> QWidget:
    line = QWidget()
    name = PlainLabel(breakable(side.name), wrap=True)
    under = Muted(breakable(" · ".join(part for part in (side.source, state) if part)), wrap=True)
    column(line, name, under, gap=1)
    line.setAccessibleName(f"{side.told()}, {state}")
    return line
