"""Edits: what the operator does to contacts. Each verb is one commit; nothing here waits for a vendor but `look_up`.

"Saved" means: committed here, in list, search, outbox and history. `sending` brings it to the vendor afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crmdesk.core.changes import PERSON
from crmdesk.core.errors import ForbiddenError
from crmdesk.core.merge import opposite
from crmdesk.core.outbox import Draft, FieldChange, OpKind, OpState
from crmdesk.core.said import said
from crmdesk.core.types import ContactRow, Flag
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection
from crmdesk.sync import capabilities
from crmdesk.sync.decisions import Decisions
from crmdesk.sync.similar import Similar, find_similar
from crmdesk.sync.verbs import Saved, raise_errors, values_of

if TYPE_CHECKING:
    from crmdesk.store.edits import Entered
    from crmdesk.store.effective import Desk

__all__ = ["Edits", "Saved", "Similar"]

MOST_AT_ONCE = 2000  # contacts of one batch
FORGOTTEN = "This guest asks to be forgotten: no further contact is made of this one."
RESTRICTED = "Processing of this contact is restricted, as its guest asked. It can be read, but not changed."


class Edits(Decisions):
    """Used on the caller's loop. All verbs raise KnownError and then have changed nothing; StorageError where nothing
    could be kept."""

    def why_not(self, row: ContactRow, action: str) -> str | None:
        """Why “edit”, “delete” or “create” cannot be done with this contact; None where it can."""
        return self.why_not_of(row.account_id, row.flags, action)

    def why_not_of(self, account_id: int, flags: int, action: str) -> str | None:
        """As `why_not`, of a contact with these flags."""
        account = self._checks.known.get(account_id)
        if account is None:
            return capabilities.REMOVED
        if (reason := capabilities.of_account(self._vendors, account, action)) is not None:
            return reason
        if flags & Flag.RESTRICTED and action in ("edit", "create"):
            return RESTRICTED
        return FORGOTTEN if flags & Flag.FORGET and action == "create" else None

    # ── saving ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def save(
        self, contact_id: int, changes: Sequence[FieldChange], *, orders: Sequence[str] = (), draft: str = ""
    ) -> Saved:
        """Queues an edit. RejectedError: problems by path; ForbiddenError: this contact must not be changed."""
        from crmdesk.store import edits

        account, vendor = await self._of_contact(contact_id)
        self._check(account, vendor, values_of(changes))
        await self.sign()

        def run(desk: Desk) -> Entered:
            return edits.edit(desk, contact_id, changes, self._at(0), orders=tuple(orders), draft=draft)

        return self._saved(vendor, "edit", [await self._do(account, vendor, run)])

    async def save_many(self, wanted: Sequence[tuple[int, Sequence[FieldChange]]]) -> Saved:
        """Edits of several contacts, all or none. RejectedError names the first contact with a problem."""
        from crmdesk.store import edits

        if len(wanted) > MOST_AT_ONCE:
            raise ForbiddenError(
                said("At most {most} contacts are changed at once.", most=MOST_AT_ONCE), "Choose fewer."
            )
        accounts = await self._of_contacts([number for number, _ in wanted])
        for number, changes in wanted:
            self._check(*accounts[number], values_of(changes))
        await self.sign()

        def run(connection: Connection, touched: Touched) -> list[Entered]:
            return [
                edits.edit(self._desk(connection, touched, *accounts[number]), number, changes, self._at(0))
                for number, changes in wanted
            ]

        entered = await self._database.write(run, origin=PERSON)
        self._sending.wake()
        titles = dict.fromkeys(vendor.title for _, vendor in accounts.values())
        return self._saved(None, "edit", entered, " and ".join(titles))

    async def create(self, account_id: int, values: Mapping[str, Any], *, draft: str = "") -> Saved:
        """A new contact of this account, seen at once. RejectedError: problems by path, missing fields too."""
        from crmdesk.store import edits
        from crmdesk.sync import validation

        account, vendor = await self._of_account(account_id, "create")
        found = [*validation.missing(values, vendor.fields), *validation.validate(values, vendor.fields)]
        raise_errors(found, vendor)
        await self.sign()
        entered = await self._do(account, vendor, lambda desk: edits.create(desk, values, self._at(0), draft=draft))
        return self._saved(vendor, "create", [entered])

    # ── deleting ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def delete(self, contact_ids: Sequence[int]) -> Saved:
        """Into the trash, all or none; the requests follow after their grace time."""
        from crmdesk.store import edits

        if len(contact_ids) > MOST_AT_ONCE:
            raise ForbiddenError(
                said("At most {most} contacts are deleted at once.", most=MOST_AT_ONCE), "Choose fewer."
            )
        contact_ids = list(dict.fromkeys(contact_ids))
        accounts = await self._of_contacts(contact_ids, "delete")
        await self.sign()

        def run(connection: Connection, touched: Touched) -> list[Entered]:
            return [
                edits.delete(self._desk(connection, touched, *accounts[number]), number, self._at(1))
                for number in contact_ids
            ]

        entered = await self._database.write(run, origin=PERSON)
        self._sending.wake()
        titles = dict.fromkeys(vendor.title for _, vendor in accounts.values())
        return self._saved(None, "delete", entered, " and ".join(titles))

    async def restore(self, contact_id: int) -> Saved:
        """Out of the trash: as it was where the deletion has not left yet, else made again under a new vendor id."""
        from crmdesk.store import edits
        from crmdesk.store.database import driver_of

        trashed, _ = await self._database.read(lambda c: edits.from_trash(driver_of(c), contact_id))
        account, vendor = await self._of_account(trashed.account_id)
        reason = capabilities.of_account(self._vendors, account, "create")
        await self.sign()
        entered = await self._do(
            account, vendor, lambda desk: edits.restore(desk, contact_id, self._at(0), can_create=reason)
        )
        return self._saved(vendor, "restore", [entered])

    # ── undoing ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def undo(self, saved: Saved) -> str:
        """Takes back what a verb did, in one commit where possible: without any request while it waits, by the opposite
        once it was sent. Words for a notice."""
        sent = await self._was_sent(saved)
        match saved.what:
            case "delete":
                for number in saved.contact_ids:
                    await self.restore(number)
                return (
                    said("{title} is being made again; the vendor’s id will be new.", title=saved.title)
                    if sent
                    else said("Deletion taken back: {title}. Nothing was sent.", title=saved.title)
                )
            case "create" | "restore" if not sent and await self._making(saved):
                for op_id in saved.op_ids:
                    await self.discard(op_id)
                return said("{title} is in the trash. Nothing was sent.", title=saved.title)
            case "create" | "restore":
                await self.delete(saved.contact_ids)
                return said("{title} will be deleted again.", title=saved.title)
            case "correct" if not sent and await self.undo_correction(saved):
                return "Taken back. Nothing was sent."
            case "correct" if saved.before is not None and saved.before.kind is OpKind.CREATE:
                raise ForbiddenError("This cannot be taken back any more.", "Edit the contact again.")
            case "discard" if await self._in_trash(saved.contact_ids):
                for number in saved.contact_ids:
                    await self.restore(number)
                return "Back in the outbox."
        again = await self._undo_edits(saved)
        if saved.what == "discard":
            return "Back in the outbox." if again else "There was nothing to send again."
        return "Already sent; the old values will be sent again." if sent else "Taken back. Nothing was sent."

    async def redo(self, saved: Saved) -> Saved:
        """Does again what `undo` took back, by the verb that did it first; what comes back can be undone in turn.

        `saved` is an edit, a correction, a new contact, a deletion or a restored contact."""
        from crmdesk.store import ops
        from crmdesk.store.database import driver_of

        match saved.what:
            case "edit":
                lines = await self._database.read(lambda c: ops.lines_by_id(driver_of(c), saved.lines))
                return await self.save_many([(line.contact_id, line.changes) for line in lines])
            case "correct" if saved.before is not None:
                lines = await self._database.read(lambda c: ops.lines_by_id(driver_of(c), saved.lines))
                return await self.change_op(saved.before.id, lines[0].changes)
            case "delete":
                return await self.delete(saved.contact_ids)
            case "create" | "restore":
                for number in saved.contact_ids:
                    again = await self.restore(number)
                return again
        raise ValueError(f"{saved.what} cannot be done again")

    async def _undo_edits(self, saved: Saved) -> bool:
        """Whether anything is to be sent for it."""
        from crmdesk.store import ops
        from crmdesk.store.database import driver_of

        lines = await self._database.read(lambda c: ops.lines_by_id(driver_of(c), saved.lines))
        again = await self.save_many([(line.contact_id, opposite(line.changes)) for line in reversed(lines)])
        return bool(again.op_ids)

    async def _was_sent(self, saved: Saved) -> bool:
        """Whether any of it has reached its vendor, or may be on its way there."""
        found = [await self._reader.op(op_id) for op_id in saved.op_ids]
        there = (OpState.SENDING, OpState.CONFIRMED, OpState.IN_DOUBT)
        return any(op is not None and op.state in there for op in found)

    async def _making(self, saved: Saved) -> bool:
        """Whether it is a contact that no vendor has."""
        found = [await self._reader.op(op_id) for op_id in saved.op_ids]
        return any(op is not None and op.kind is OpKind.CREATE for op in found)

    async def _in_trash(self, contact_ids: Sequence[int]) -> bool:
        return any(one.contact_id in contact_ids for one in await self._reader.trash())

    # ── drafts, looking around ───────────────────────────────────────────────────────────────────────────────────

    async def keep_draft(self, draft: Draft) -> None:
        from crmdesk.store import edits

        account, vendor = await self._of_account(draft.account_id)
        kept = replace(draft, at=self._now(), operator=draft.operator or self.operator)
        await self._do(account, vendor, lambda desk: edits.keep_draft(desk, kept), origin=None)

    async def drop_draft(self, key: str) -> None:
        from crmdesk.store import edits
        from crmdesk.store.database import driver_of

        await self._database.write(lambda c, t: edits.drop_draft(driver_of(c), t, key))

    async def similar(self, values: Mapping[str, Any], account_id: int) -> list[Similar]:
        """Contacts that may be the person whose values are being typed, best first, five at most."""
        _, vendor = await self._of_account(account_id)
        return await find_similar(self._reader, vendor, values, self._clock.now())

    async def pending_of_account(self, account_id: int) -> int:
        """How many changes of this account are not at its vendor yet."""
        from crmdesk.store import ops
        from crmdesk.store.database import driver_of

        return await self._database.read(lambda c: ops.open_of_account(driver_of(c), account_id))

    async def waiting_of_account(self, account_id: int) -> int:
        """How many of them need nobody's decision, only the vendor."""
        from crmdesk.store import ops
        from crmdesk.store.database import driver_of

        return await self._database.read(lambda c: ops.waiting_of_account(driver_of(c), account_id))
