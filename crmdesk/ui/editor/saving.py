"""Save: checks everything, asks the one verb for it, and closes the editor only after the commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmdesk.core.errors import CrmDeskError, GivenUpError, RejectedError
from crmdesk.core.outbox import FieldChange
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.feedback import announce
from crmdesk.ui.kit import plural, tr

if TYPE_CHECKING:
    from crmdesk.sync.edits import Edits
    from crmdesk.sync.verbs import Saved
    from crmdesk.ui.editor.editor import Editor


class Saver:
    """Saves for its editor."""

    def __init__(self, editor: Editor, edits: Edits, scope: TaskScope) -> None:
        self._editor, self._edits, self._scope = editor, edits, scope

    def start(self, *, close: bool) -> None:
        """Nothing leaves the editor while something in it cannot be saved."""
        editor = self._editor
        if editor.over or not self._may_be_saved():
            return
        self._scope.start(self.save(close=close), what="Save contact", key=("save", editor.subject.key), if_busy="keep")

    def _may_be_saved(self) -> bool:
        editor = self._editor
        editor.checks.all()
        editor.refresh()
        blocking = editor.checks.blocking()
        if blocking:
            words = plural(len(blocking), "One field cannot be saved.", "{n} fields cannot be saved.")
            announce(editor, f"{words} {blocking[0].text}", assertive=True)
            editor.go_to(blocking[0].path)
        return not blocking

    async def save(self, *, close: bool) -> None:
        """One commit. What goes wrong stays on screen with everything that was typed."""
        editor, changes = self._editor, self._editor.session.changes
        editor.keeper.end()
        editor.save_button.setEnabled(False)
        try:
            saved = await self._verb(changes)
        except RejectedError as error:
            editor.checks.tell(error.problems)
            editor.show_error(error, lambda: editor.ask_save(close=close))
            editor.refresh()
            if error.problems:
                editor.go_to(error.problems[0].path)
        except GivenUpError as error:
            announce(editor, tr(error.words))
        except CrmDeskError as error:
            editor.show_error(error, lambda: editor.ask_save(close=close))
        else:
            self._done(saved, changes, close=close)
        finally:
            if not editor.over:
                editor.keeper.resume()
                editor.save_button.setEnabled(True)

    async def _verb(self, changes: tuple[FieldChange, ...]) -> Saved | None:
        """None where nothing was to be saved."""
        subject, edits, orders = self._editor.subject, self._edits, self._editor.references()
        if subject.op is not None:
            if not changes:
                return await edits.discard(subject.op.id)  # every refused value was taken back
            saved = await edits.change_op(subject.op.id, changes, seen=subject.op.changes)
            await edits.drop_draft(subject.key)
            return saved
        if subject.new:
            return await edits.create(subject.account.id, self._editor.session.values(), draft=subject.key)
        if not changes and not orders:
            await edits.drop_draft(subject.key)
            return None
        return await edits.save(subject.contact_id, changes, orders=orders, draft=subject.key)

    def _done(self, saved: Saved | None, changes: tuple[FieldChange, ...], *, close: bool) -> None:
        """What was typed while it was being saved is still unsaved: then the editor stays."""
        editor = self._editor
        went_on = editor.session.changes != changes
        editor.session.saved(changes, kept=saved is not None)
        editor.keeper.forget()
        closing = close and not went_on
        if closing:
            editor.over = True
        editor.saved.emit(saved, saved is not None or editor.subject.op is not None, closing)
        if not closing:
            editor.head.drop("trouble")
            editor.head.drop("draft")
            editor.checks.forget()
            editor.refresh()
            announce(editor, tr("Saved"))
