"""What the navigation's menu does with a saved view: rename, move, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import SavedView
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.kit import Heading, button, column, row
from crmdesk.ui.undo import Undoable
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.sync.services import Services

LONGEST = 80


class NameDialog(QDialog):
    """Asks for a view's name; accepted only with one."""

    def __init__(self, parent: QWidget, title: str) -> None:
        super().__init__(parent)
        self.setObjectName("viewname")
        self.setWindowTitle(tr("Rename view"))
        self.edit = QLineEdit(title, self)
        self.edit.setObjectName("viewname.text")
        self.edit.setAccessibleName(tr("Name of the view"))
        self.edit.setMaxLength(LONGEST)
        self.edit.selectAll()
        save = button("viewname.save", tr("Rename"), self.accept, main=True)
        save.setDefault(True)
        cancel = button("viewname.cancel", tr("Cancel"), self.reject)
        self.edit.textChanged.connect(lambda text: save.setEnabled(bool(text.strip())))
        line = QWidget(self)
        row(line, cancel, save).insertStretch(0, 1)
        column(self, Heading(tr("Rename view"), self), self.edit, line, gap=12, margins=(20, 18, 20, 16))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 50)


class ViewActions:
    """`views()` gives the saved views in their order. `done`: something was done that can be undone."""

    def __init__(
        self,
        window: QWidget,
        services: Services,
        scope: TaskScope,
        views: Callable[[], list[SavedView]],
        done: Callable[[Undoable], object],
    ) -> None:
        self._window, self._services, self._scope = window, services, scope
        self._views, self._done = views, done

    def do(self, word: str, view: SavedView) -> None:
        """rename, delete, up or down."""
        steps = {"rename": self._rename, "delete": self._delete, "up": self._up, "down": self._down}
        self._scope.start(steps[word](view), what=f"{word} a saved view", key="saved view", if_busy="keep")

    async def _rename(self, view: SavedView) -> None:
        dialog = NameDialog(self._window, view.title)
        typed = dialog.edit.text
        if await ask(dialog):
            await self._services.save_view(replace(view, title=typed().strip()))

    async def _delete(self, view: SavedView) -> None:
        title = tr("Delete the view “{title}”?").replace("{title}", view.title)
        text = tr("Only the view goes; contacts stay.")
        if await ask(confirm(self._window, "viewdelete", title, text, [("delete", tr("Delete view"), True)])):
            await self._services.delete_view(view.id)
            said = tr("View “{title}” deleted.").replace("{title}", view.title)
            words = tr("Undo delete of the view “{title}”").replace("{title}", view.title)
            self._done(Undoable(said, words, lambda: self._bring_back(view)))

    async def _bring_back(self, view: SavedView) -> str:
        """Under a new number: its old one may be another's by now."""
        await self._services.save_view(replace(view, id=0))
        return tr("The view “{title}” is back.").replace("{title}", view.title)

    async def _up(self, view: SavedView) -> None:
        await self._move(view, -1)

    async def _down(self, view: SavedView) -> None:
        await self._move(view, 1)

    async def _move(self, view: SavedView, step: int) -> None:
        """Numbers all anew, so that views with equal positions can be told apart."""
        views = [known for known in self._views() if known.id > 0]
        place = next((number for number, known in enumerate(views) if known.id == view.id), None)
        if place is None or not 0 <= place + step < len(views):
            return
        views[place], views[place + step] = views[place + step], views[place]
        for position, known in enumerate(views, start=1):
            if known.position != position:
                await self._services.save_view(replace(known, position=position))
