"""The practice panel: what shall go wrong, at which vendor, and somebody at another desk who changes a contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QWidget

from crmdesk.sandbox.troubles import Switches, Trouble
from crmdesk.ui.kit import Card, Heading, Muted, PlainLabel, button, column, row, scroll
from crmdesk.ui.main_button import press_by_key
from crmdesk.ui.practice.elsewhere import ElsewhereBox
from crmdesk.ui.practice.words import WORDS
from crmdesk.ui.turning import TickBox
from crmdesk.ui.words import isolated, tr

EVERYWHERE = ""  # the choice of all vendors
Asked = Callable[[Trouble, bool, tuple[str, ...]], object]


class TroubleRow(QWidget):
    """One switch with what it does. Partly on: at some of the chosen vendors."""

    def __init__(self, trouble: Trouble, asked: Callable[[Trouble, bool], object], parent: QWidget) -> None:
        super().__init__(parent)
        words = WORDS[trouble]
        self.switch = TickBox(tr(words.title), self)
        self.switch.setObjectName(f"practice.{trouble}")
        self.switch.setTristate(False)
        does, attempt = tr(words.does), tr(words.attempt)
        self.switch.setAccessibleDescription(f"{does} {attempt}")
        self.switch.on_turn(lambda on: asked(trouble, on))
        self.where = Muted("", self, wrap=True)
        notes = (PlainLabel(does, self, wrap=True), Muted(attempt, self, wrap=True), self.where)
        column(self, self.switch, *notes, gap=2, margins=(0, 3, 0, 3))
        for note in notes:
            note.setIndent(26)

    def show_state(self, on: tuple[str, ...], chosen: tuple[str, ...], where: str) -> None:
        """`on`: the vendors where it is on; `chosen`: those the switch is about; `where`: in words."""
        here = [name for name in chosen if name in on]
        full = Qt.CheckState.Checked if len(here) == len(chosen) else Qt.CheckState.PartiallyChecked
        self.switch.setCheckState(full if here else Qt.CheckState.Unchecked)
        self.where.setText(where)
        self.where.setVisible(bool(where))


class PracticePanel(QDialog):
    """A window beside the program, not in its way. `titles` are the vendors' by their keys; `asked` switches a
    trouble at some of them."""

    def __init__(
        self,
        switches: Switches,
        titles: Mapping[str, str],
        asked: Asked,
        clear: Callable[[], object],
        another: ElsewhereBox,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("practice.panel")
        self.setWindowTitle(tr("Practice panel"))
        self._switches, self._titles, self._asked = switches, titles, asked
        self.vendor = QComboBox(self)
        self.vendor.setObjectName("practice.vendor")
        self.vendor.setAccessibleName(tr("At which vendor"))
        self.vendor.addItem(tr("All vendors"), EVERYWHERE)
        for name in switches.names:
            self.vendor.addItem(titles.get(name, name), name)
        self.vendor.currentIndexChanged.connect(lambda _index: self.show_state())
        self.rows = {trouble: TroubleRow(trouble, self._clicked, self) for trouble in Trouble}
        self.off = button("practice.off", tr("All off"), clear)
        self.another = another
        self._lay_out()
        press_by_key(self)
        self.show_state()

    def _lay_out(self) -> None:
        intro = tr("Let something go wrong, and see that nothing is lost. All vendors are made up, in this computer.")
        inner, troubles, foot = QWidget(self), Card(), QWidget(self)
        choice, label = QWidget(self), PlainLabel(tr("At which vendor"))
        label.setBuddy(self.vendor)
        row(choice, label, self.vendor, self.off, gap=10, stretch=1)
        heading = Heading(tr("What shall go wrong"), troubles)
        column(troubles, heading, choice, *self.rows.values(), gap=6, margins=(14, 11, 14, 12))
        column(
            inner, PlainLabel(intro, inner, wrap=True), troubles, self.another, gap=12, margins=(0, 0, 10, 0)
        ).addStretch(1)
        close = button("practice.close", tr("Close"), self.close)
        row(foot, close).insertStretch(0, 1)
        column(self, scroll(inner, "practice.area", whole=True), foot, gap=10, margins=(16, 14, 8, 14), stretch=0)
        letter = self.fontMetrics()
        wanted = (letter.averageCharWidth() * 66, letter.height() * 44)
        room = self.screen().availableSize()
        self.resize(min(wanted[0], room.width() - 40), min(wanted[1], room.height() - 80))

    def chosen(self) -> tuple[str, ...]:
        """The vendors that the switches are about."""
        name = self.vendor.currentData()
        return self._switches.names if name == EVERYWHERE else (name,)

    def _clicked(self, trouble: Trouble, on: bool) -> None:
        self._asked(trouble, on, self.chosen())

    def show_state(self) -> None:
        """The switches stand as the troubles do."""
        chosen, active = self.chosen(), self._switches.active()
        for trouble, line in self.rows.items():
            names = active.get(trouble, ())
            line.show_state(
                names, chosen, tr("On at: {vendors}").replace("{vendors}", self._named(names)) if names else ""
            )
        self.off.setEnabled(bool(active))

    def _named(self, names: tuple[str, ...]) -> str:
        return where_words(names, self._switches.names, self._titles)


def where_words(names: tuple[str, ...], every: tuple[str, ...], titles: Mapping[str, str]) -> str:
    """All vendors, or those by name."""
    return tr("all vendors") if names == every else ", ".join(isolated(titles.get(name, name)) for name in names)
