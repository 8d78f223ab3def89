"""A contact as the screen has it: the vendor's JSON with the edits over it that wait to be sent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from crmdesk.core.errors import ForbiddenError, NotFoundError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.merge import overlay
from crmdesk.core.outbox import NEW, Did, FieldChange, Op, OpKind
from crmdesk.core.types import OUTBOX_FLAGS, Flag, Json, Summary, flags
from crmdesk.core.vendor import Vendor
from crmdesk.store import contacts, ops
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver
from crmdesk.store.packed import unpack


@dataclass(frozen=True, slots=True)
class Desk:
    """Who writes what where: the account's vendor, the driver's connection inside a write, time and operator."""

    driver: Driver
    touched: Touched
    vendor: Vendor
    account_id: int
    now: str  # UTC ISO
    operator: str = ""

    def note(
        self, contact_id: int, did: Did, changes: Iterable[FieldChange] = (), text: str = "", uid: str = ""
    ) -> int:
        """A line in the contact's history; its id."""
        return ops.note(
            self.driver, contact_id, self.account_id, self.now, did,
            operator=self.operator, changes=changes, text=text, op_uid=uid,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """A contact as it stands in the tables; `base` is the vendor's JSON as last read."""

    id: int
    account_id: int
    remote_id: str
    name: str
    flags: Flag
    base: bytes

    @property
    def local(self) -> bool:
        return self.remote_id.startswith(NEW)


def stored(driver: Driver, contact_id: int) -> Stored | None:
    row = driver.execute(
        "SELECT id, account_id, remote_id, name, flags, body FROM contact JOIN contact_raw ON contact_id=id WHERE id=?",
        (contact_id,),
    ).fetchone()
    if row is None:
        return None
    number, account_id, remote_id, name, bits, body = row
    return Stored(number, account_id, remote_id, name, flags(bits), unpack(bytes(body)))


def the_contact(driver: Driver, contact_id: int) -> Stored:
    """NotFoundError where it is no longer here."""
    found = stored(driver, contact_id)
    if found is None:
        raise NotFoundError(
            "This contact is no longer here.", "It may have been deleted meanwhile. Nothing was changed."
        )
    return found


def check_free(contact: Stored) -> None:
    """ForbiddenError where the contact's guest asked that it is left alone."""
    if contact.flags & Flag.RESTRICTED:
        raise ForbiddenError(RESTRICTED)


FORGOTTEN = "This guest asked to be forgotten, so the contact is not made again."
RESTRICTED = "Processing of this contact is restricted: its guest asked for that. It can be read, but not changed."


def raw_of(body: bytes) -> Json:
    """The JSON object of a stored body; {} for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def body_of(raw: Json) -> bytes:
    """As UTF-8; half a surrogate pair stays as its escape."""
    try:
        return json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(raw, separators=(",", ":")).encode()


def effective(vendor: Vendor, base: Json, open_ops: Iterable[Op]) -> Json:
    """With every edit over it, worded as the vendor will."""
    changes = [change for op in open_ops if op.kind is not OpKind.DELETE for change in op.changes]
    return vendor.derive(overlay(base, changes)) if changes else base


def writable(vendor: Vendor) -> list[FieldSpec]:
    """The fields that people fill; the others a vendor changes with each of them."""
    return [spec for spec in vendor.fields if spec.writable]


def summary_of(vendor: Vendor, raw: Json, marks: Flag) -> Summary:
    """What the lists show of it, marks of the outbox included. The vendor's marks are as they are."""
    summary = vendor.summarise(raw)
    return replace(summary, flags=flags(int(summary.flags) & ~int(OUTBOX_FLAGS) | int(marks)))


def restate(desk: Desk, contact_id: int) -> None:
    """Brings row and search index to what base and open ops say now. Harmless where the contact is not here."""
    contact = stored(desk.driver, contact_id)
    if contact is None:
        return
    waiting = ops.open_ops(desk.driver, contact_id)
    marks = ops.outbox_flags(desk.driver, contact_id, waiting)
    summary = summary_of(desk.vendor, effective(desk.vendor, raw_of(contact.base), waiting), marks)
    contacts.rewrite(desk.driver, desk.touched, contact_id, summary)


def rebase_body(desk: Desk, contact_id: int, body: bytes, remote_id: str = "") -> None:
    """The vendor has this now: it becomes the base of the contact (`remote_id`: under this name); the row follows."""
    contacts.set_base(desk.driver, contact_id, body, desk.now, remote_id)
    restate(desk, contact_id)
