"""*New bulk events*: which account, what kind, what it is called, and where the rows come from."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QLocale
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QComboBox, QDialog, QGridLayout, QLineEdit, QRadioButton, QWidget

from crmdesk.core.batch import BatchKind
from crmdesk.core.errors import KnownError
from crmdesk.core.tasks import PartScope, TaskScope
from crmdesk.core.types import Account
from crmdesk.ui.feedback import error_words
from crmdesk.ui.kit import Banner, Heading, PlainLabel, button, column, isolated, row, tr

if TYPE_CHECKING:
    from crmdesk.sync.services import Services

SOURCES = (
    ("file", "A file (CSV, Excel, ODS)…"),
    ("paste", "What I copied in a spreadsheet"),
    ("empty", "I type them"),
)
NOTHING_COPIED = "There is no text in the clipboard. Copy rows in your spreadsheet first."


class NewDialog(QDialog):
    """Accepted: `account`, `kind`, `title`, `source` are what was chosen. `picked`: rows come from contacts; `file`:
    the name of the file they come from. `taken`: names that there are, which are not proposed again."""

    def __init__(
        self,
        parent: QWidget,
        services: Services,
        scope: TaskScope,
        accounts: Sequence[Account],
        *,
        picked: int = 0,
        file: str = "",
        taken: Collection[str] = (),
    ) -> None:
        super().__init__(parent)
        self.setObjectName("composer.new")
        self.setWindowTitle(tr("New bulk events"))
        self._services, self.owned = services, PartScope(scope)
        self.kinds: tuple[BatchKind, ...] = ()
        self._named = False
        self._taken = taken
        self._asks = not picked and not file  # where the rows come from
        self.accounts = QComboBox()
        for account in accounts:
            self.accounts.addItem(account.title, account)
        self.kind_box, self.name = QComboBox(), QLineEdit()
        for name, words, widget in (
            ("account", tr("Account"), self.accounts),
            ("kind", tr("Kind"), self.kind_box),
            ("name", tr("Name"), self.name),
        ):
            widget.setObjectName(f"composer.new.{name}")
            widget.setAccessibleName(words)
        self.name.textEdited.connect(lambda _text: self._type())
        self.problem = Banner("error", "")
        self.problem.setObjectName("composer.new.problem")
        self.problem.hide()
        self.ways = QButtonGroup(self)
        self.told = PlainLabel(tr("The rows come from {name}.").replace("{name}", isolated(file)), wrap=True)
        self.told.setObjectName("composer.new.told")
        self.told.setVisible(bool(file))
        self._lay_out()
        self.accounts.currentIndexChanged.connect(lambda _place: self._load())
        self.kind_box.currentIndexChanged.connect(lambda _place: self._suggest())
        self.ways.idToggled.connect(lambda _place, _on: self.problem.hide())
        self._load()

    def _lay_out(self) -> None:
        form = QWidget()
        grid = QGridLayout(form)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        for place, (words, widget) in enumerate(
            ((tr("Account"), self.accounts), (tr("Kind"), self.kind_box), (tr("Name"), self.name))
        ):
            label = PlainLabel(words)
            label.setBuddy(widget)
            grid.addWidget(label, place, 0)
            grid.addWidget(widget, place, 1)
        ways = QWidget()
        choices = []
        for place, (key, words) in enumerate(SOURCES):
            choice = QRadioButton(tr(words))
            choice.setObjectName(f"composer.new.{key}")
            choice.setChecked(place == 0)
            self.ways.addButton(choice, place)
            choices.append(choice)
        column(ways, PlainLabel(tr("Where do the rows come from?")), *choices, gap=4)
        ways.setVisible(self._asks)
        self.go = button("composer.new.go", tr("Continue"), self.accept, main=True)
        self.go.setDefault(True)
        cancel = button("composer.new.cancel", tr("Cancel"), self.reject)
        foot = QWidget()
        row(foot, cancel, self.go).insertStretch(0, 1)
        column(self, Heading(tr("New bulk events"), self), form, ways, self.told, self.problem, foot, gap=14,
               margins=(20, 18, 20, 16))  # fmt: skip
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 62)

    @property
    def account(self) -> Account:
        found: Account = self.accounts.currentData()
        return found

    @property
    def kind(self) -> BatchKind:
        return self.kinds[max(0, self.kind_box.currentIndex())]

    @property
    def title(self) -> str:
        return " ".join(self.name.text().split())

    @property
    def source(self) -> str:
        return SOURCES[max(0, self.ways.checkedId())][0]

    @property
    def text(self) -> str:
        """What was copied, where the rows come from there."""
        return QGuiApplication.clipboard().text() if self.source == "paste" else ""

    def accept(self) -> None:
        """Not where the rows are to come from an empty clipboard: nothing would be made of that but an empty draft."""
        if self._asks and self.source == "paste" and not self.text.strip():
            self.problem.set("warning", tr(NOTHING_COPIED))
            self.problem.show()
            self.adjustSize()  # it takes no room from the fields
            return
        super().accept()

    def _load(self) -> None:
        self.go.setEnabled(False)
        self.owned.start(self._read(), what="Read the kinds", key="composer.kinds", if_busy="replace")

    async def _read(self) -> None:
        self.problem.hide()
        try:
            self.kinds = await self._services.submissions.kinds(self.account.id)
        except KnownError as error:
            self.problem.set("error", " ".join(error_words(error)))
            self.problem.show()
            return
        self.kind_box.clear()
        for kind in self.kinds:
            self.kind_box.addItem(tr(kind.title))
        self.go.setEnabled(bool(self.kinds))
        self._suggest()

    def _suggest(self) -> None:
        if not self._named and self.kinds:
            today = self._services.clock.now().astimezone()
            month = QLocale().toString(QDate(today.year, today.month, 1), "MMMM yyyy")
            self.name.setText(free_title(f"{tr(self.kind.title)} {month}", self._taken))
        self._look()

    def _type(self) -> None:
        self._named = bool(self.name.text().strip())
        self._look()

    def _look(self) -> None:
        self.go.setEnabled(bool(self.kinds and self.title))


def free_title(title: str, taken: Collection[str]) -> str:
    """The title, with a number behind it where it is taken."""
    there = {one.casefold() for one in taken}
    found, number = title, 2
    while found.casefold() in there:
        found, number = f"{title} ({number})", number + 1
    return found


def again_title(title: str, taken: Collection[str]) -> str:
    """Of a copy: *May (again)*, and of further ones, also of a copy, *May (again) (2)*."""
    words = tr("{title} (again)")
    ending = re.escape(words.replace("{title}", ""))
    plain = re.sub(rf"{ending}( \([0-9]+\))?$", "", title) if words.startswith("{title}") else title
    return free_title(words.replace("{title}", plain), taken)
