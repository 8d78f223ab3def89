"""*Erase here*: asks with all that will happen, does it, and says what is left to do at the vendors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.ui.feedback import announce, ask
from crmdesk.ui.kit import Heading, Muted, PlainLabel, button, column, scroll
from crmdesk.ui.privacy import wording
from crmdesk.ui.words import plural, tr

if TYPE_CHECKING:
    from crmdesk.core.privacy import Held
    from crmdesk.sync.privacy import Todo
    from crmdesk.ui.main_window import MainWindow


async def erase(window: MainWindow, chosen: Sequence[int]) -> None:
    """Of one person: the records that are linked with the first one go too, where somebody linked them."""
    privacy = window.services.privacy
    try:
        ids = list(dict.fromkeys([*chosen, *await privacy.records_of(chosen[0])]))
        held, todo = await privacy.held(ids), await privacy.todo(ids)
        if not await ask(EraseDialog(window, held, todo)):
            return
        await sign(window)
        tokens = await privacy.erase(ids)
    except CrmDeskError as error:
        window.feedback.show(error, "erase")
        return
    _clear(window, ids)
    announce(window, tr("The guest was erased here."))
    await ask(ErasedDialog(window, todo, tokens))


async def sign(window: MainWindow) -> None:
    """Who does it stands in the record: asked once where nobody has said it."""
    if window.outgoing is not None:
        await window.outgoing.sign()


def _clear(window: MainWindow, ids: Sequence[int]) -> None:
    """What the window still holds of them: an editor, the contact in the pane, notices, things that could be undone."""
    contacts, outgoing = window.contacts, window.outgoing
    contacts.verbs.drop_erased(ids)
    window.feedback.forget()
    if outgoing is not None:
        outgoing.undo.forget_contacts(ids)


class _Told(QDialog):
    """Headings and sentences that scroll, and buttons that do not."""

    def __init__(self, parent: QWidget, name: str, title: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self._name, self._above = name, parent
        self._inner = QWidget()
        heading = Heading(title, self._inner, factor=1.3)
        heading.setWordWrap(True)
        self._lines = column(self._inner, heading, gap=6, margins=(0, 0, 10, 0))
        self._box = QDialogButtonBox(self)

    def part(self, title: str, sentences: Sequence[str]) -> None:
        heading = Heading(title, self._inner, factor=1.0)
        heading.setContentsMargins(0, 8, 0, 0)
        self._lines.addWidget(heading)
        for sentence in sentences:
            self._lines.addWidget(PlainLabel(f"• {sentence}", self._inner, wrap=True))

    def say(self, sentence: str) -> None:
        self._lines.addWidget(Muted(sentence, self._inner, wrap=True))

    def press(self, key: str, words: str, run: Callable[[], object], *, danger: bool = False) -> QWidget:
        made = button(f"{self._name}.{key}", words, run, danger=danger)
        self._box.addButton(made, QDialogButtonBox.ButtonRole.ActionRole)
        return made

    def finish(self, words: str) -> None:
        """With the button that leaves everything as it is, which has the focus."""
        away = button(f"{self._name}.cancel", words, self.reject)
        self._box.addButton(away, QDialogButtonBox.ButtonRole.RejectRole)
        self._lines.addStretch(1)
        area = scroll(self._inner, f"{self._name}.area")
        column(self, area, self._box, gap=12, margins=(20, 18, 20, 16), stretch=0)
        room, letters = self._above.size(), self.fontMetrics()
        wide = min(letters.averageCharWidth() * 84, room.width() - 40)
        self._inner.setFixedWidth(wide - 60)
        self.setFixedWidth(wide)
        high = self._inner.layout().heightForWidth(wide - 60)  # type: ignore[union-attr]  # made
        self.resize(wide, min(high + self._box.sizeHint().height() + 60, room.height() - 40))
        away.setDefault(True)
        away.setFocus()


class EraseDialog(_Told):
    """Accepted: erase. *Cancel* is safest and has the focus."""

    def __init__(self, parent: QWidget, held: Held, todo: Sequence[Todo]) -> None:
        title = tr("Erase {name} on this computer?").replace("{name}", wording.name_of(todo))
        super().__init__(parent, "erase", title)
        self.say(tr("This cannot be undone."))
        if len(todo) > 1:
            words = "1 record is erased.", "{n} records that stand for this person are erased together."
            self.say(plural(len(todo), *words))
        self.part(tr("What goes"), wording.goes(held))
        self.part(tr("What stays"), wording.stays(held))
        self.part(tr("At the vendors"), [wording.before(one) for one in todo])
        self.say(
            tr(
                "If a vendor lists the guest again, nothing is stored here until somebody allows it in the privacy "
                "record."
            )
        )
        self.press("go", tr("Erase here"), self.accept, danger=True)
        self.finish(tr("Cancel"))


class ErasedDialog(_Told):
    """What is left to do; it can be copied, for it is not stored."""

    def __init__(self, parent: QWidget, todo: Sequence[Todo], tokens: Sequence[str]) -> None:
        super().__init__(parent, "erased", tr("The guest was erased here"))
        self.lines = [wording.after(one) for one in todo]
        self.say(tr("This list is not stored. Copy it if somebody else has to do it."))
        self.part(tr("Still to do at the vendors"), self.lines)
        token = tr("In what was sent, the guest is called {token} from now on.")
        self.part(tr("Here"), [token.replace("{token}", ", ".join(tokens))])
        self.press("copy", tr("Copy"), lambda: QGuiApplication.clipboard().setText("\n".join(self.lines)))
        self.finish(tr("Close"))
