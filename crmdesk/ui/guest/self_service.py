"""The tab of what a guest may do besides: sections that open where they are wanted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Json
from crmdesk.ui.accounts.fold import Fold
from crmdesk.ui.guest.addresses import Addresses
from crmdesk.ui.guest.door import Door
from crmdesk.ui.guest.files import Files
from crmdesk.ui.guest.password import Password
from crmdesk.ui.guest.privacy import Privacy
from crmdesk.ui.guest.wifi import Wifi
from crmdesk.ui.guest.work import Part
from crmdesk.ui.kit import column, scroll, tr

NAME = "guest.service"


class SelfService(QWidget):
    """Addresses are open at first, the rest is folded: one thing at a time has room in a narrow pane. A section is made
    when it is first opened. `contact()` gives the shown contact's JSON."""

    def __init__(
        self,
        door: Door,
        scope: TaskScope,
        edit: Callable[[], object],
        reload: Callable[[], object],
        contact: Callable[[], Json],
    ) -> None:
        super().__init__()
        self.setObjectName(NAME)
        self._door, self._contact = door, contact
        self._made: dict[str, Part] = {}
        self._makers: dict[str, Callable[[], Part]] = {
            "addresses": lambda: Addresses(door, scope),
            "privacy": lambda: Privacy(door, scope, edit, reload),
            "files": lambda: Files(door, scope),
            "wifi": lambda: Wifi(door, scope),
            "password": lambda: Password(door, scope),
        }
        titles = (tr("Addresses"), tr("Consent and privacy"), tr("Files and printouts"), tr("Wi-Fi"), tr("Password"))
        inner = QWidget(self)
        layout = column(inner, gap=2, margins=(16, 10, 16, 16))
        self.folds: dict[str, Fold] = {}
        for name, words in zip(self._makers, titles, strict=True):
            self.folds[name] = made = self._fold(name, words)
            layout.addWidget(made)
        layout.addStretch(1)
        self.area = scroll(inner, f"{NAME}.scroll")
        column(self, self.area)
        self.folds["addresses"].set_open(True)

    def _fold(self, name: str, words: str) -> Fold:
        made = Fold(f"guest.{name}.fold", words, self)
        made.button.setStyleSheet("padding-left: 0px; font-weight: bold;")
        column(made.body, margins=(4, 0, 0, 10))
        made.toggled.connect(lambda opened: self._toggled(name, opened))
        return made

    def _toggled(self, name: str, opened: bool) -> None:
        self._door.touch()
        if opened:
            self.part(name).begin()

    def open(self, name: str) -> None:
        """Unfold a section."""
        self.folds[name].set_open(True)
        self._toggled(name, True)

    def part(self, name: str) -> Part:
        """A section, made now if it was not."""
        if name not in self._made:
            made = self._made[name] = self._makers[name]()
            layout = self.folds[name].body.layout()
            assert layout is not None  # its column
            layout.addWidget(made)
            made.show()  # the layout would do it later, and till then it takes no focus
            if isinstance(made, Privacy):
                made.show_contact(self._contact())
        return self._made[name]

    @property
    def dirty(self) -> bool:
        return any(part.dirty for part in self._made.values())

    def begin(self) -> None:
        """It is looked at."""
        for name, fold in self.folds.items():
            if fold.opened:
                self.part(name).begin()

    def show_contact(self, raw: Json) -> None:
        if isinstance(made := self._made.get("privacy"), Privacy):
            made.show_contact(raw)

    def session_changed(self) -> None:
        for part in self._made.values():
            part.session_changed()

    def forget(self) -> None:
        for part in self._made.values():
            part.forget()

    def leave(self) -> None:
        """Nobody needs it any more; work under way ends before its widgets do."""
        for part in self._made.values():
            part.leave()
        self.hide()
        self.setParent(None)
        self.deleteLater()
