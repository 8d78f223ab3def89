"""Records of one person side by side, a value copied from one to another, and two of one account made one: all of it as
ordinary edits through the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crmdesk.core.cards import Member
from crmdesk.core.carry import carried
from crmdesk.core.compare import Compared, compare
from crmdesk.core.errors import ForbiddenError, KnownError, NotFoundError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.meanings import Content
from crmdesk.core.outbox import FieldChange, Request
from crmdesk.core.survivor import MergeField, merge_changes, merge_fields
from crmdesk.core.types import Flag
from crmdesk.core.vendor import Vendor
from crmdesk.sync.verbs import Saved

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.sync.edits import Edits

GONE = "One of these records is no longer here."
CONFLICT = "This record was changed here and at its vendor. Decide that first, on the Conflicts page."


@dataclass(frozen=True, slots=True)
class Comparison:
    """Records side by side. `rows`' cells stand in the order of `members`."""

    members: tuple[Member, ...]
    rows: tuple[Compared, ...]
    _contents: Mapping[int, Content] = field(repr=False)
    _barred: Mapping[int, str] = field(repr=False)

    def change(self, from_id: int, to_id: int, field: str) -> FieldChange:
        """What copying a row's value would change in the other record. ForbiddenError with the reason."""
        if to_id in self._barred:
            raise ForbiddenError(self._barred[to_id])
        return carried(self._contents[from_id], self._contents[to_id], field)

    def why_not(self, from_id: int, to_id: int, field: str) -> str | None:
        """Why a row's value cannot be copied from one record to another; None where it can."""
        try:
            self.change(from_id, to_id, field)
        except ForbiddenError as error:
            return error.title
        return None

    def spec(self, contact_id: int, path: str) -> FieldSpec:
        """The vendor's field that a change is about."""
        return next(spec for spec in self._contents[contact_id].vendor.fields if spec.path == path)


@dataclass(frozen=True, slots=True)
class CopyPreview:
    """What copying would do: the change, the vendor's field, and the very request."""

    change: FieldChange
    spec: FieldSpec
    request: Request


@dataclass(frozen=True, slots=True)
class MergePlan:
    """Two contacts of one account. `fields`: where they differ, what would be lost first. `why_no_delete`: why the one
    that goes cannot be deleted; None where it can."""

    keep: Member
    drop: Member
    fields: tuple[MergeField, ...]
    why_no_delete: str | None

    def lost(self, choices: Mapping[str, Any]) -> tuple[MergeField, ...]:
        """The fields in which something would be in no contact any more; `choices` by path, the others as proposed."""
        return tuple(one for one in self.fields if one.loses(choices.get(one.spec.path, one.proposed)))


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge queued, for `edits.undo` one by one, the deletion first; None where there was nothing to do."""

    edit: Saved | None
    delete: Saved | None


class CardRecords:
    """The part of `Cards` that reads and changes the records themselves."""

    def __init__(self, database: Database, vendors: Mapping[str, Vendor], edits: Edits) -> None:
        self._database, self._vendors, self._edits = database, vendors, edits

    async def compare(self, contact_ids: Sequence[int]) -> Comparison:
        """These records side by side, edits that wait included. NotFoundError; ForbiddenError where a vendor is not
        known to this version."""
        members, contents = await self._contents(contact_ids)
        barred = {one.id: why for one in members if (why := self._why_not(one, "edit")) is not None}
        return Comparison(members, compare([contents[one.id] for one in members]), contents, barred)

    async def _contents(self, ids: Sequence[int]) -> tuple[tuple[Member, ...], dict[int, Content]]:
        from crmdesk.store import accounts, picks
        from crmdesk.store.database import driver_of
        from crmdesk.store.effective import effective, raw_of

        found, owners = await self._database.read(
            lambda c: (picks.contacts(driver_of(c), [int(number) for number in ids]), accounts.accounts(c))
        )
        if len(found) < len(set(ids)):
            raise NotFoundError(GONE, "It may have been deleted meanwhile.")
        by_id = {account.id: account for account in owners}
        members: list[Member] = []
        contents: dict[int, Content] = {}
        for one in found:
            account = by_id[one.account_id]
            vendor = self._vendors.get(account.vendor)
            if vendor is None:
                raise ForbiddenError("This version of crmdesk does not know the vendor of one of these records.")
            content = contents[one.id] = Content(vendor, effective(vendor, raw_of(one.base), one.waiting))
            name = content.summary.name
            members.append(Member(one.id, account.id, vendor.key, account.title, name, one.remote_id, int(one.flags)))
        return tuple(members), contents

    def _why_not(self, one: Member, action: str) -> str | None:
        reason = self._edits.why_not_of(one.account_id, one.flags, action)
        return reason or (CONFLICT if one.flags & Flag.CONFLICT else None)

    # ── copying ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def why_not_copy(self, from_id: int, to_id: int, field: str) -> str | None:
        """Why the field (a key of MEANINGS) cannot be copied; None where it can."""
        try:
            return (await self.compare([from_id, to_id])).why_not(from_id, to_id, field)
        except KnownError as error:
            return error.title

    async def copy_preview(self, from_id: int, to_id: int, field: str) -> CopyPreview:
        """ForbiddenError with the reason; RejectedError where the vendor would not take the value."""
        comparison = await self.compare([from_id, to_id])
        change = comparison.change(from_id, to_id, field)
        request = await self._edits.preview(to_id, [change])
        return CopyPreview(change, comparison.spec(to_id, change.path), request)

    async def copy(self, from_id: int, to_id: int, field: str, *, seen: FieldChange | None = None) -> Saved:
        """One queued edit, as if the value had been typed; `edits.undo` takes it back. `seen`: the change that was
        shown; ForbiddenError where it would be another one now."""
        change = (await self.compare([from_id, to_id])).change(from_id, to_id, field)
        if seen is not None and change != seen:
            raise ForbiddenError("One of these records has changed meanwhile.", "Look at them again.")
        return await self._edits.save(to_id, [change])

    # ── one contact of two ───────────────────────────────────────────────────────────────────────────────────────

    async def merge_plan(self, keep_id: int, drop_id: int) -> MergePlan:
        """ForbiddenError where the two are not of one account, or the one that stays cannot be changed."""
        members, contents = await self._contents([keep_id, drop_id])
        if len(members) != 2 or members[0].account_id != members[1].account_id:
            raise ForbiddenError(
                "Only two contacts of one account can become one.", "Link records of different vendors instead."
            )
        keep, drop = members
        if (why := self._why_not(keep, "edit")) is not None:
            raise ForbiddenError(why)
        fields = merge_fields(contents[keep.id].vendor, contents[keep.id].raw, contents[drop.id].raw)
        return MergePlan(keep, drop, fields, self._why_not(drop, "delete"))

    async def merge(self, plan: MergePlan, choices: Mapping[str, Any], *, delete: bool) -> Merged:
        """Queues the edit of the contact that stays, then the deletion of the other: two ops, seen in the outbox.
        `choices`: values by path, the other fields as proposed. RejectedError, ForbiddenError: nothing is queued."""
        fresh = await self.merge_plan(plan.keep.id, plan.drop.id)
        if fresh.fields != plan.fields:
            raise ForbiddenError("One of these contacts has changed meanwhile.", "Look at them again.")
        if delete and fresh.why_no_delete is not None:
            raise ForbiddenError(fresh.why_no_delete)
        changes = merge_changes(plan.fields, choices)
        edit = await self._edits.save(plan.keep.id, changes) if changes else None
        try:
            gone = await self._edits.delete([plan.drop.id]) if delete else None
        except KnownError:
            if edit is not None:
                await self._edits.undo(edit)
            raise
        return Merged(edit, gone)
