"""Rows made from contacts of this program, whatever vendor they are of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crmdesk.core.batch import BatchKind
from crmdesk.core.fields import FieldKind
from crmdesk.core.outbox import NEW
from crmdesk.core.submission import CONTACT_COLUMN, NewRow
from crmdesk.core.types import Account, Flag, Summary
from crmdesk.core.vendor import Vendor
from crmdesk.store import accounts, picks
from crmdesk.store.database import driver_of
from crmdesk.store.effective import effective, raw_of
from crmdesk.sync.submission_drafts import Drafts

if TYPE_CHECKING:
    import sqlalchemy as sa

PICKED_COLUMNS = (CONTACT_COLUMN, "Name", "E-mail", "Phone")
"""Titles of the cells of such rows (`Submission.columns`): who it is stays in sight where a kind has no such field."""
NAMES = frozenset(
    {"key", "first", "last", "email", "phone", "address", "zip", "city", "state", "country", "lang", "gender"}
)
"""What a kind may take (`BatchKind.picks`): words of `Summary.texts`, the first phone and language, and `key`, our own
stable id of the contact."""
_CLOSED = (
    (Flag.RESTRICTED, "Restricted: this guest asked that nothing is done with their data."),
    (Flag.FORGET, "This guest asked to be forgotten."),
)


class Picking(Drafts):
    """The part of `Submissions` that makes rows of contacts."""

    async def rows_of_contacts(self, account_id: int, kind_key: str, contact_ids: Sequence[int]) -> list[NewRow]:
        """One row for each contact that is still here, in their order, its cells under PICKED_COLUMNS; edits that wait
        to be sent are in it. Whom nothing may be sent about is left out, with the reason. Whom the row is about is
        taken from the newest row of the same contact that this account's vendor took. Nothing is stored. KnownError."""
        kind = await self.kind(account_id, kind_key)
        ids = [int(number) for number in contact_ids]

        def read(connection: sa.Connection) -> tuple[list[picks.Picked], dict[int, dict[str, Any]], list[Account]]:
            driver = driver_of(connection)
            known = picks.identified(driver, account_id, ids, kind.who) if kind.who else {}
            return picks.contacts(driver, ids), known, accounts.accounts(connection)

        found, known, all_accounts = await self._database.read(read)
        of_account = {account.id: account for account in all_accounts}

        def made() -> list[NewRow]:
            return [
                self._row_of(kind, one, of_account.get(one.account_id), account_id, known.get(one.id, {}))
                for one in found
            ]

        return await asyncio.to_thread(made)

    def _row_of(
        self, kind: BatchKind, one: picks.Picked, owner: Account | None, target: int, known: Mapping[str, Any]
    ) -> NewRow:
        left_out = next((why for flag, why in _CLOSED if one.flags & flag), "")
        vendor = self._vendors.get(owner.vendor) if owner else None
        summary = vendor.summarise(effective(vendor, raw_of(one.base), one.waiting)) if vendor else Summary()
        if left_out:  # the id is enough to say whom: nothing else of them is copied
            return NewRow({}, (str(one.id), "", "", ""), left_out)
        given = _texts(summary) | {"key": _key(one, vendor, owner, target)}
        cells = (str(one.id), summary.name, summary.email, given["phone"])
        return NewRow({**_values(kind, given), **known}, cells)


def _values(kind: BatchKind, given: Mapping[str, str]) -> dict[str, str]:
    """A word of a closed choice is taken in the vendor's spelling; one that is not in it says nothing."""
    choices = {
        spec.path: {code.casefold(): code for code, _ in spec.words}
        for spec in kind.fields
        if spec.kind is FieldKind.CHOICE and spec.words
    }
    found = {}
    for path, name in kind.picks:
        text = given.get(name, "")
        if path in choices:
            text = choices[path].get(text.casefold(), "")
        if text:
            found[path] = text
    return found


def _texts(summary: Summary) -> dict[str, str]:
    phone = summary.phones[0].number if summary.phones else ""
    lang = summary.languages[0] if summary.languages else ""
    return {**summary.texts, "phone": phone, "lang": lang}


def _key(one: picks.Picked, vendor: Vendor | None, owner: Account | None, target: int) -> str:
    """The same for ever and on every computer. '' for a contact that no vendor has yet: it gets another id then. What
    was sent to this account before keeps the id it has there."""
    if one.remote_id.startswith(NEW):
        return ""
    if vendor is None or owner is None or one.account_id == target:
        return one.remote_id
    return f"{vendor.key}:{one.remote_id}"
