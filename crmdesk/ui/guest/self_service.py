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
    """Addresses are open at first, the rest is folded: one thing at a time has room in a narrow pane."""

    def __init__(self, door: Door, scope: TaskScope, edit: Callable[[], object], reload: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName(NAME)
        self._door = door
        self.about = tr("Addresses, consent and privacy, files and printouts, Wi-Fi, password")
        self.addresses, self.files = Addresses(door, scope), Files(door, scope)
        self.privacy = Privacy(door, scope, edit, reload)
        self.wifi, self.password = Wifi(door, scope), Password(door, scope)
        titles = (
            (tr("Addresses"), self.addresses),
            (tr("Consent and privacy"), self.privacy),
            (tr("Files and printouts"), self.files),
            (tr("Wi-Fi"), self.wifi),
            (tr("Password"), self.password),
        )
        inner = QWidget()
        layout = column(inner, gap=2, margins=(16, 10, 16, 16))
        self.folds: dict[Part, Fold] = {}
        for words, part in titles:
            self.folds[part] = made = self._fold(words, part)
            layout.addWidget(made)
        layout.addStretch(1)
        self.area = scroll(inner, f"{NAME}.scroll")
        column(self, self.area)
        self.folds[self.addresses].set_open(True)

    def _fold(self, words: str, part: Part) -> Fold:
        made = Fold(f"{part.name}.fold", words, self)
        made.button.setStyleSheet("padding-left: 0px; font-weight: bold;")
        column(made.body, part, margins=(4, 0, 0, 10))
        made.toggled.connect(lambda opened: self._toggled(part, opened))
        return made

    def _toggled(self, part: Part, opened: bool) -> None:
        self._door.touch()
        if opened:
            part.begin()
            part.show()

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(self.folds)

    @property
    def dirty(self) -> bool:
        return any(part.dirty for part in self.parts)

    def begin(self) -> None:
        """It is looked at."""
        for part, fold in self.folds.items():
            if fold.opened:
                part.begin()

    def show_contact(self, raw: Json) -> None:
        self.privacy.show_contact(raw)

    def session_changed(self) -> None:
        for part in self.parts:
            part.session_changed()

    def forget(self) -> None:
        for part in self.parts:
            part.forget()

    def leave(self) -> None:
        """Nobody needs it any more; work under way ends before its widgets do."""
        for part in self.parts:
            part.leave()
        self.hide()
        self.setParent(None)
        self.deleteLater()
