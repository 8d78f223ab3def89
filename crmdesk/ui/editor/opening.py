"""What brings the editor up and takes it away again: new, edit, duplicate, put a refused change right, delete."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.outbox import NEW, Draft, Op, OpState
from crmdesk.core.seams import new_id
from crmdesk.core.text import one_line
from crmdesk.core.types import Account, ContactDetail, ContactRow
from crmdesk.core.vendor import Vendor
from crmdesk.sync import capabilities, validation
from crmdesk.sync.accepted import Rules
from crmdesk.ui.contacts.columns import display_name
from crmdesk.ui.editor import subject as subjects
from crmdesk.ui.editor.editor import Editor
from crmdesk.ui.editor.keeper import DraftKeeper
from crmdesk.ui.editor.session import Session
from crmdesk.ui.editor.subject import Subject
from crmdesk.ui.feedback import ask, error_words
from crmdesk.ui.words import clock_time, number, plural, tr

if TYPE_CHECKING:
    from crmdesk.sync.edits import Edits
    from crmdesk.sync.verbs import Saved
    from crmdesk.ui.contacts.page import ContactsPage

LISTED_TRIES, LISTED_SECONDS = 20, 0.1  # so long a new contact is looked for in the list
GONE = "This contact is no longer here."
PHONE = "phone"  # the label that every vendor knows


class Editing:
    """Acts for its page; at most one editor is open, in the page's detail pane."""

    def __init__(self, page: ContactsPage) -> None:
        self._page = page
        self._keeping: dict[str, asyncio.Task[Any]] = {}  # last writes of drafts whose editors are gone

    @property
    def _edits(self) -> Edits:
        return self._page.services.edits

    @property
    def editor(self) -> Editor | None:
        """The open one."""
        return self._page.detail.editor

    def _place(self, account_id: int) -> tuple[Vendor, Account] | None:
        account = self._page.desk.accounts.get(account_id)
        vendor = self._page.services.vendors.get(account.vendor) if account else None
        return (vendor, account) if vendor and account else None

    # -- opening -----------------------------------------------------------------------------------------------------

    def edit(self, contact_id: int, op: Op | None = None) -> None:
        """A contact, with its draft and its refused change where it has them. `op`: this refused change."""
        self._start(self._edit(contact_id, op), "Open editor")

    async def _edit(self, contact_id: int, op: Op | None) -> None:
        page = self._page
        await self._kept()
        detail: ContactDetail | None = await page.reader.detail(contact_id)
        place = self._place(detail.row.account_id) if detail else None
        if detail is None or place is None:
            page.copied.emit(tr(GONE))
            return
        if (reason := self._edits.why_not(detail.row, "edit")) is not None:
            page.copied.emit(tr(reason))
            return
        name = one_line(display_name(detail.row), 80)
        self.show(subjects.of_contact(detail, *place, name, op))
        self._tell_conflict(detail, place[0])

    def _tell_conflict(self, detail: ContactDetail, vendor: Vendor) -> None:
        from crmdesk.ui.contacts.detail_banners import conflict_words

        op = next((one for one in detail.ops if one.state is OpState.CONFLICT), None)
        if op is not None and self.editor is not None:
            words = conflict_words(op, vendor.title, vendor.fields)
            self.editor.head.show_conflict(words, lambda: self._page.detail.acted.emit("decide", op))

    def edit_op(self, op: Op) -> None:
        """*Fix now*: the refused values with the vendor's reasons at their fields."""
        self._page.open_contact(op.contact_id)
        self.edit(op.contact_id, op if op.kind in subjects.EDITABLE else None)

    def new(self, values: Mapping[str, Any] | None = None) -> None:
        """A contact that no vendor has yet, in the listed account where it can be made there."""
        accounts = self.accounts()
        if not accounts:
            self._page.verbs.explain(self._page.verbs.why_not("listed", "create"))
            return
        self._begin(self._listed(accounts), values or {})
        self._start(self._offer_older(), "Read drafts")

    def accounts(self) -> list[Account]:
        """Those in which a contact can be made."""
        page = self._page
        known = page.desk.accounts.values()
        return [one for one in known if capabilities.of_account(page.services.vendors, one, "create") is None]

    def _listed(self, accounts: Sequence[Account]) -> Account:
        """Of these the one whose contacts are listed, else the first."""
        return next((one for one in accounts if one.id == self._page.listing.account_id), accounts[0])

    def named(self, text: str) -> None:
        """*New contact with this name*: the last word is the family's."""
        self._new_at_its_vendor(lambda vendor: _name_fields(vendor, text))

    def reached(self, *, phone: str = "", email: str = "") -> None:
        """*New contact with this number*, or with this address."""
        from crmdesk.ui.editor.split import into_fields

        found = {"email": email, "phones": [(PHONE, phone)] if phone else []}
        self._new_at_its_vendor(lambda vendor: into_fields(found, [one for one in vendor.fields if one.writable], {}))

    def _new_at_its_vendor(self, values: Callable[[Vendor], dict[str, Any]]) -> None:
        accounts = self.accounts()
        place = self._place(self._listed(accounts).id) if accounts else None
        if place is not None:
            self.new(values(place[0]))

    def _begin(self, account: Account, values: Mapping[str, Any]) -> None:
        place = self._place(account.id)
        if place is not None:
            laid = subjects.copied(values)
            self.show(Subject(*place, NEW + new_id(), laid=laid, accounts=self.accounts()))

    async def _offer_older(self) -> None:
        """A new contact that was begun earlier and neither saved nor discarded."""
        older = [draft for draft in await self._page.reader.drafts() if not draft.contact_id]
        editor = self.editor
        older = [draft for draft in older if editor is not None and draft.key != editor.subject.key]
        if editor is None or not older:
            return
        newest = max(older, key=lambda draft: draft.at)
        at = clock_time(newest.at, self._page.clock.now())
        editor.head.offer_older(at, lambda: self.go_on(newest), lambda: self._drop(newest))

    def go_on(self, draft: Draft) -> None:
        """A new contact that was begun earlier."""
        place = self._place(draft.account_id)
        if place is not None:
            self.show(Subject(*place, draft.key, laid=draft.changes, draft=draft, accounts=self.accounts()))

    def _drop(self, draft: Draft) -> None:
        self._start(self._edits.drop_draft(draft.key), "Discard draft")
        if self.editor is not None:
            self.editor.head.drop("older")

    def duplicate(self, contact_id: int) -> None:
        """A new contact with the values of this one."""
        self._start(self._duplicate(contact_id), "Duplicate contact")

    async def _duplicate(self, contact_id: int) -> None:
        detail = await self._page.reader.detail(contact_id)
        place = self._place(detail.row.account_id) if detail else None
        if detail is None or place is None:
            self._page.copied.emit(tr(GONE))
            return
        shown = subjects.shown_of(place[0], subjects.read(detail.body), detail.ops)
        self._begin(place[1], Session(place[0].fields, shown).values())

    def show(self, subject: Subject) -> None:
        """Open the editor in the pane; one that is open keeps its draft."""
        page, open_one = self._page, self.editor
        if open_one is not None and open_one.subject.key == subject.key and open_one.subject.account == subject.account:
            open_one.focus_first()
            return
        self.leave()
        rules = self._rules(subject)
        editor = Editor(subject, self._edits, rules, page.scope, page.clock, self._vendor_title, page.detail.stack)
        editor.cancelled.connect(self._cancelled)
        editor.discarded.connect(self._discarded)
        editor.saved.connect(self._saved)
        editor.openAsked.connect(self._open_other)
        editor.accountChosen.connect(self._other_account)
        page.show_detail()
        page.detail.show_editor(editor)
        editor.focus_first()
        page.commands.refresh()
        self._start(asyncio.to_thread(validation.warm_up), "Get ready to check")

    def _rules(self, subject: Subject) -> Rules:
        """How what is typed is checked: by the vendor's rules, and by what it has taken so far."""
        taken = self._page.services.sending.accepted.known(subject.vendor.key)
        return Rules(subject.vendor.title, taken, self._page.clock.now().astimezone().date())

    def _vendor_title(self, account_id: int) -> str:
        place = self._place(account_id)
        return place[0].title if place else ""

    def _other_account(self, account_id: int) -> None:
        """The new contact is for another account: what is typed goes along."""
        page, editor, place = self._page, self.editor, self._place(account_id)
        if editor is not None and place is not None:
            laid, vendor, account = editor.session.changes, *place
            editor.end()
            page.detail.close_editor()
            self.show(replace(editor.subject, vendor=vendor, account=account, laid=laid))

    def _open_other(self, contact_id: int) -> None:
        self.leave()
        self._page.open_contact(contact_id)
        self._page.detail.reload()

    # -- closing -----------------------------------------------------------------------------------------------------

    def leave(self) -> None:
        """Nobody is asked: the editor closes and its draft is kept. What cannot be kept comes back on screen."""
        editor = self.editor
        if editor is None:
            return
        draft, key = editor.end(), editor.subject.key
        self._page.detail.close_editor()
        work = self._last_write(editor.subject, editor.keeper, draft)
        task = self._page.scope.start(work, what="Keep draft", key=("last draft", key))
        if task is not None:
            self._keeping[key] = task

    async def _last_write(self, subject: Subject, keeper: DraftKeeper, draft: Draft | None) -> None:
        try:
            await keeper.write(draft)
        except CrmDeskError as error:
            if draft is None:
                raise
            self.show(replace(subject, laid=draft.changes))
            if self.editor is not None:
                self.editor.show_error(error)

    def _cancelled(self) -> None:
        focused = self._focused()
        self.leave()
        self._back(focused=focused)

    def _discarded(self) -> None:
        editor, focused = self.editor, self._focused()
        if editor is not None:
            editor.end()
            key = editor.subject.key
            task = self._page.scope.start(editor.keeper.write(None), what="Discard draft", key=("last draft", key))
            if task is not None:
                self._keeping[key] = task
            self._page.detail.close_editor()
            self._back(focused=focused)

    def _focused(self) -> bool:
        page = self._page
        return page.detail.isAncestorOf(page.window().focusWidget() or page)

    def _back(self, *, focused: bool) -> None:
        """The contact again; the focus stays in the pane if it was there."""
        page = self._page
        if focused and page.detail.detail is not None:
            page.detail.focus_first()
        elif focused:
            page.show_list()
            page.table.setFocus()
        page.commands.refresh()

    async def _kept(self) -> None:
        """Drafts of editors that were closed just now are stored."""
        running = [task for task in self._keeping.values() if not task.done()]
        self._keeping.clear()
        if running:
            await asyncio.wait(running)

    async def keep_typing(self) -> None:
        """Before the window closes: the draft is stored when this returns."""
        self.leave()
        await self._kept()

    def _saved(self, saved: Saved, kept: bool, close: bool) -> None:
        """`kept`: there was something to save."""
        page, editor = self._page, self.editor
        if editor is None:
            return
        subject = editor.subject
        contact_id = subject.contact_id or next(iter(saved.contact_ids if saved else ()), 0)
        if saved:
            page.saved.emit(saved)
        if close:
            focused = self._focused()
            page.detail.close_editor()
            if kept:
                page.detail.say_done(contact_id, _saved_words(subject))
            self._back(focused=focused)
            if subject.new and contact_id:
                page.open_contact(contact_id)
                self._start(self._choose(contact_id), "Show the new contact in the list")
            page.detail.reload()
        elif subject.new or subject.op is not None:
            editor.end()
            page.detail.close_editor()
            page.open_contact(contact_id)
            self.edit(contact_id)

    def forget(self) -> None:
        """Guests were erased: where the edited contact is one of them, nothing of what was typed is kept."""
        editor = self.editor
        if editor is not None and editor.subject.contact_id:
            self._start(self._forget(editor), "Look for the contact")

    async def _forget(self, editor: Editor) -> None:
        if await self._page.reader.detail(editor.subject.contact_id) is None and self.editor is editor:
            editor.end()
            self._page.detail.close_editor()
            self._page.copied.emit(tr("This guest asked to be forgotten: the contact was erased, also what you typed."))

    async def _choose(self, contact_id: int) -> None:
        """As soon as it is in the list, if it comes there at all and nobody went on meanwhile."""
        page = self._page
        for _ in range(LISTED_TRIES):
            if page.detail.contact_id != contact_id or page.table.choose_id(contact_id):
                return
            await asyncio.sleep(LISTED_SECONDS)

    # -- deleting ----------------------------------------------------------------------------------------------------

    def delete(self, ids: Sequence[int]) -> None:
        """One contact goes at once, with an undo; for several somebody is asked first."""
        if ids:
            self._start(self._delete(ids), "Delete contacts")

    async def _delete(self, chosen: Sequence[int]) -> None:
        page = self._page
        if len(chosen) > 1 and not await self._sure(chosen):
            return
        try:
            if self.editor is not None and self.editor.subject.contact_id in chosen:
                await self._edits.sign()  # before: an answer that gives it up leaves the editor open
                self.leave()
                await self._kept()
            page.results.want_id = self._beside(chosen)  # before: the list may follow sooner than the answer is here
            saved = await self._edits.delete(chosen)
        except CrmDeskError as error:
            page.results.want_id = 0
            page.copied.emit(" ".join(error_words(error)).strip())
            return
        page.saved.emit(saved)

    def _beside(self, chosen: Sequence[int]) -> int:
        """The contact that takes the place of these in the list: there the keyboard goes on. 0 for none."""
        model, gone = self._page.model, set(chosen)
        start = self._page.table.currentIndex().row()
        near = (*range(start, start + len(gone) + 1), *range(start - 1, start - len(gone) - 2, -1))
        return next((found for row in near if row >= 0 and (found := model.id_at(row)) and found not in gone), 0)

    async def _sure(self, ids: Sequence[int]) -> bool:
        """*Delete 12 contacts? 9 at BookingSync, 3 at …*"""
        from crmdesk.ui.confirm import confirm

        rows: list[ContactRow] = await self._page.reader.rows(ids)
        counts = Counter(self._vendor_title(row.account_id) for row in rows)
        parts = [
            tr("{n} at {vendor}").replace("{n}", number(count)).replace("{vendor}", vendor)
            for vendor, count in counts.most_common()
        ]
        title = plural(len(ids), "Delete 1 contact?", "Delete {n} contacts?")
        text = f"{', '.join(parts)}. " + tr("They go to the trash; you can undo it or restore them from there.")
        dialog = confirm(self._page, "contact.delete.sure", title, text, (("delete", tr("Delete"), True),))
        return await ask(dialog) == 1

    def _start(self, work: Any, what: str) -> None:
        self._page.scope.start(work, what=what, key=what)


def _saved_words(subject: Subject) -> str:
    return tr("Saved here. Will be sent to {vendor}.").replace("{vendor}", subject.vendor.title)


def _name_fields(vendor: Vendor, text: str) -> dict[str, Any]:
    """A typed name in the vendor's fields for first and last name; where it has but one, there."""
    writable = [spec.path for spec in vendor.fields if spec.writable]
    first = next((path for path in writable if "first" in path.lower()), "")
    last = next((path for path in writable if "last" in path.lower()), "")
    one = next((path for path in writable if "name" in path.lower()), "")
    *given, family = one_line(text, 200).split() or [""]
    if first and last:
        found = {first: " ".join(given), last: family} if given else {first: family}
        return {path: value for path, value in found.items() if value}
    return {one: one_line(text, 200)} if one else {}
