"""The page *Bulk events*: the list, and over it the submission that is open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QSizePolicy, QStackedWidget

from crmdesk.core.errors import CrmDeskError, KnownError
from crmdesk.core.submission import RowStage, Submission, SubmissionStage
from crmdesk.core.tasks import PartScope
from crmdesk.core.types import Account
from crmdesk.ui.composer.document import Document
from crmdesk.ui.composer.rows import GridRow
from crmdesk.ui.composer.runs import Run, RunsPage
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.kit import Page, column, tr

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from crmdesk.ui.composer.composer import Composer
    from crmdesk.ui.composer.verbs import ComposerVerbs
    from crmdesk.ui.main_window import MainWindow

UNSAVED = "events.unsaved"
REFRESH_MS = 150  # stages come in with every call


class EventsPage(Page):
    """`signInWanted(account id)`, `accountWanted()`: only other pages can do it."""

    signInWanted = Signal(int)
    accountWanted = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("events.page")
        self.window_ = window
        self.services, self.reader = window.services, window.reader
        self.scope, self.feedback, self.look, self.clock = window.scope, window.feedback, window.look, window.clock
        self.runs = RunsPage(window.look, window.clock)
        self.composer: Composer | None = None
        self.verbs: ComposerVerbs | None = None
        self._part = PartScope(self.scope)  # of what is open
        self._accounts: list[Account] = []
        self._kinds: dict[int, dict[str, str]] = {}
        self._moved: set[int] = set()
        self._unsaved: set[str] = set()  # keys of banners
        self._stale = True
        self._soon = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._soon.timeout.connect(self._follow)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.runs)
        self.stack.currentChanged.connect(self._make_room)
        column(self, self.stack, gap=0)
        self.runs.opened.connect(self.open)
        self.runs.newWanted.connect(lambda: self.new())
        self.runs.accountWanted.connect(self.accountWanted)
        self.runs.ledgerWanted.connect(self.show_ledger)
        self.runs.did.connect(self._did)

    # ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────

    def reload(self) -> None:
        """Read the list anew, now or when it comes to sight."""
        self._stale = True
        if self.isVisible():
            self._stale = False
            self.scope.start(self._load(), what="Read the submissions", key="events", if_busy="queue")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.reload()

    async def _read_accounts(self) -> list[Account]:
        """All there are; those that take bulk events are kept."""
        every: list[Account] = await self.reader.accounts()
        self._accounts = [one for one in every if self._sends(one)]
        return every

    async def _load(self) -> None:
        every = await self._read_accounts()
        for account in self._accounts:
            if account.id not in self._kinds:
                await self._read_kinds(account)
        found = [*await self.reader.submissions.all(), *await self.reader.submissions.all(templates=True)]
        counts = await self.reader.submissions.tallies([one.id for one in found])
        titles = {account.id: account.title for account in every}
        runs = [
            Run(one, counts.get(one.id, {}), self._kinds.get(one.account_id, {}).get(one.kind, one.kind),
                titles.get(one.account_id, tr("(removed)")))
            for one in found
        ]  # fmt: skip
        kinds = dict.fromkeys(title for one in self._accounts for title in self._kinds.get(one.id, {}).values())
        self.runs.show_runs(runs, can_send=bool(self._accounts), kinds=tuple(kinds))

    def _sends(self, account: Account) -> bool:
        vendor = self.services.vendors.get(account.vendor)
        return vendor is not None and "send" not in vendor.lacks and account.active

    async def _read_kinds(self, account: Account) -> None:
        try:
            kinds = await self.services.submissions.kinds(account.id)
        except KnownError as error:
            self.feedback.show(error, f"account.{account.id}")
            return
        self._kinds[account.id] = {kind.key: tr(kind.title) for kind in kinds}

    def on_changes(self, ids: Iterable[int], *, accounts: bool = False) -> None:
        """Submissions moved; many changes in a row are shown together."""
        self._moved.update(ids)
        if accounts:
            self._kinds.clear()
        if not self._soon.isActive():
            self._soon.start()

    def _follow(self) -> None:
        moved, self._moved = self._moved, set()
        if self.verbs is not None and self.verbs.document.submission.id in moved:
            self.verbs.follow()
        if self.stack.currentWidget() is self.runs:
            self.reload()
        else:
            self._stale = True

    # ── opening and making ───────────────────────────────────────────────────────────────────────────────────────

    def open(self, submission_id: int, row_id: int = 0) -> None:
        """`row_id`: at this row."""
        opening = self._open(submission_id, row_id)
        self.scope.start(opening, what="Open the submission", key="composer.open", if_busy="replace")

    async def _open(self, submission_id: int, row_id: int = 0) -> Document | None:
        """None where what is open could not be saved: it stays."""
        from crmdesk.ui.composer.composer import Composer
        from crmdesk.ui.composer.verbs import ComposerVerbs

        if not await self._may_leave():
            return None
        part = PartScope(self.scope)
        document = Document(self.services, self.reader, part, self, old_days=self.window_.settings.old_days)
        try:
            await document.open(submission_id)
            account = await self.services.submissions.account_of(submission_id)
        except BaseException:
            document.leave()
            document.deleteLater()
            raise
        composer = Composer(document, self.look, self.clock, account.title)
        self.verbs = ComposerVerbs(self, composer, document, account, part)
        self._close_composer()
        self.composer, self._part = composer, part
        composer.left.connect(self.back)
        self.stack.addWidget(composer)
        self.stack.setCurrentWidget(composer)
        document.changed.emit()  # its parts were made after it was read
        document.stored.emit(True)
        self.verbs.follow()
        composer.grid.setFocus()
        key = next((row.key for row in document.rows if row_id and row.id == row_id), 0)
        if key:
            composer.grid.go_to(key, "")
        return document

    def _make_room(self, place: int) -> None:
        """The list asks for none while something is open."""
        policy = QSizePolicy.Policy.Ignored if place else QSizePolicy.Policy.Preferred
        self.runs.setSizePolicy(policy, policy)

    def _close_composer(self) -> None:
        if self.composer is not None:
            self.stack.removeWidget(self.composer)
            self.composer.hide()
            self.scope.start(_take_apart(self.composer, self._part), what="Close the submission")
            self.composer = None

    def back(self) -> None:
        """To the list; what was typed is saved, sending goes on."""
        self.scope.start(self._back(), what="Save the rows", key="composer.back", if_busy="keep")

    async def _back(self) -> bool:
        """False where what is open could not be saved: it stays."""
        if not await self._may_leave():
            return False
        self.stack.setCurrentWidget(self.runs)
        self._close_composer()
        self.verbs = None
        self.reload()
        self.runs.table.setFocus()
        return True

    async def drop(self, document: Document) -> None:
        """A draft that was made for rows which did not come, and the page with it."""
        if self.verbs is None or self.verbs.document is not document or any(not row.blank for row in document.rows):
            return
        if await self._back():
            await self.services.submissions.delete(document.submission.id)

    async def _may_leave(self) -> bool:
        """Everything typed is on disk, or a person gives up what could not be saved: nobody is kept here by it."""
        if await self.flush():
            return True
        text = tr("What you changed last could not be saved, and is lost when you leave. What was saved before stays.")
        leave = [("go", tr("Leave without saving"), True)]
        if not await ask(confirm(self, "composer.unsaved", tr("Leave without saving?"), text, leave)):
            return False
        if self.composer is not None:
            self.composer.document.give_up()
        self.show_stored(True)
        return True

    async def flush(self) -> bool:
        """Everything typed is on disk, also what is just being typed."""
        if self.composer is None:
            return True
        self.composer.take_typed()
        return await self.composer.document.flush()

    def take_file(self, path: Path) -> None:
        """A file that was dropped: into the draft that is open, else into a new one."""
        if self.composer is not None and self.verbs is not None and self.composer.document.draft:
            self.verbs.take_file(path)
        else:
            self.new(file=path)

    def new(self, contact_ids: Sequence[int] = (), file: Path | None = None) -> None:
        """Asks for account, kind and name. `contact_ids`: the rows are made from these contacts; `file`: from it."""
        making = self._new(list(contact_ids), file)
        self.scope.start(making, what="New bulk events", key="composer.new", if_busy="keep")

    async def _new(self, contact_ids: Sequence[int], file: Path | None = None) -> None:
        from crmdesk.sync.picked import PICKED_COLUMNS
        from crmdesk.ui.composer.new_dialog import NewDialog

        await self._read_accounts()  # some may be gone while another page was shown
        if not self._accounts:
            self.feedback.notice(tr("No account takes bulk events."), (tr("Add account…"), self.accountWanted.emit))
            return
        given = file.name if file is not None else ""
        taken = [one.title for one in await self.reader.submissions.all()]
        dialog = NewDialog(
            self, self.services, self.scope, self._accounts, picked=len(contact_ids), file=given, taken=taken
        )
        if not await ask(dialog):
            return
        settings, source, copied = self.window_.settings, dialog.source, dialog.text  # it is gone with the next step
        new = Submission(
            0, dialog.account.id, dialog.kind.key, dialog.title, operator=self.services.edits.operator,
            columns=PICKED_COLUMNS if contact_ids else (), per_call=settings.rows_per_call, trial=settings.trial_rows,
        )  # fmt: skip
        verbs = self.services.submissions
        rows = await verbs.rows_of_contacts(new.account_id, new.kind, contact_ids) if contact_ids else []
        made = await verbs.create(new, rows)
        document = await self._open(made.id)
        if contact_ids or document is None or self.verbs is None:
            return
        if source == "empty" and file is None:
            document.put_in_place([GridRow() for _ in range(20)], tr("New rows"))
        elif source == "paste" and file is None:
            self.verbs.begin(copied)
        else:
            self.verbs.begin(file)

    # ── the row's menu ───────────────────────────────────────────────────────────────────────────────────────────

    def _did(self, what: str, submission_id: int) -> None:
        if what == "open":
            self.open(submission_id)
        else:
            self.scope.start(self._do(what, submission_id), what="Change the list", key="events.do", if_busy="queue")

    async def _do(self, what: str, submission_id: int) -> None:
        verbs = self.services.submissions
        one = await verbs.get(submission_id)
        from crmdesk.ui.composer.new_dialog import again_title

        match what:
            case "copy" | "failed":
                stages = (RowStage.FAILED,) if what == "failed" else ()
                title = again_title(one.title, [known.title for known in await self.reader.submissions.all()])
                made = await verbs.copy(submission_id, title, stages=stages)
                await self._open(made.id)
            case "template":
                await verbs.copy(submission_id, one.title, template=True)
                self.feedback.notice(tr("Kept as a template."))
                self.reload()
            case "delete":
                await self._delete(one)
            case "report":
                from crmdesk.ui.composer.reporting import save_report

                await save_report(self, self.services, self.feedback, one)

    async def _delete(self, one: Submission) -> None:
        text = tr("“{title}” and its rows are deleted here. Nothing of it was sent.").replace("{title}", one.title)
        if one.stage is not SubmissionStage.DRAFT:
            return
        dialog = confirm(self, "events.delete", tr("Delete this?"), text, [("go", tr("Delete"), True)])
        if await ask(dialog):
            await self.services.submissions.delete(one.id)
            self.reload()

    # ── everything that was sent ─────────────────────────────────────────────────────────────────────────────────

    def show_ledger(self) -> None:
        from crmdesk.ui.composer.ledger_dialog import LedgerDialog

        dialog = LedgerDialog(self, self.reader, self.scope, self.clock)
        dialog.openWanted.connect(self.open)
        self.scope.start(ask(dialog), what="Show what was sent", key="events.ledger", if_busy="keep")

    def why_wrong(self, error: CrmDeskError) -> None:
        """A failure, above the page."""
        self.feedback.show(error, "events")

    def why_unsaved(self, error: CrmDeskError) -> None:
        """As `why_wrong`, until it could be saved after all."""
        self.feedback.show(error, UNSAVED)
        self._unsaved.add(f"{UNSAVED}.{type(error).__name__}")

    def show_stored(self, stored: bool) -> None:
        """Everything is saved: what was said of saving no longer holds."""
        while stored and self._unsaved:
            self.feedback.banners.clear(self._unsaved.pop())


async def _take_apart(composer: Composer, part: PartScope) -> None:
    """What was typed while another page came is saved; what it still does goes on, e.g. a check of its rows, which
    would meet widgets that are gone."""
    await composer.document.flush()
    await part.ended()
    composer.document.leave()
    composer.document.deleteLater()
    composer.deleteLater()
