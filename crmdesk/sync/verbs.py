"""What all verbs share: account and vendor of a contact or op, the commit, and what is told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from crmdesk.core.changes import PERSON
from crmdesk.core.errors import ForbiddenError, NotFoundError, Problem, RejectedError
from crmdesk.core.outbox import FieldChange, Op
from crmdesk.core.said import said, said_of
from crmdesk.core.seams import Clock, iso
from crmdesk.core.types import Account
from crmdesk.core.vendor import Vendor
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection
from crmdesk.sync import capabilities
from crmdesk.sync.checks import Checks
from crmdesk.sync.sending import Sending
from crmdesk.sync.worker import NetworkThread

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.store.edits import Entered
    from crmdesk.store.effective import Desk
    from crmdesk.store.reader import Reader
    from crmdesk.sync.validation import Finding

T = TypeVar("T")
GRACE_EDIT, GRACE_DELETE = 5.0, 10.0  # s; so long an undo costs no request (UX-OUT-14)
LONGEST_GRACE = 120.0


@dataclass(frozen=True, slots=True)
class Saved:
    """What a verb did, for the notice and for `undo`. `op_ids`: what is to be sent (none: nothing is), `lines`: in the
    contacts' histories, `what`: edit, create, delete, discard, restore or correct; `title`: one name, or how many
    contacts; `joined`: it went into a change that waited already; `before`: what was corrected, as it was."""

    op_ids: tuple[int, ...] = ()
    contact_ids: tuple[int, ...] = ()
    lines: tuple[int, ...] = ()
    what: str = "edit"
    title: str = ""
    vendor: str = ""
    joined: bool = False
    before: Op | None = None

    def __bool__(self) -> bool:
        """False: nothing was changed."""
        return bool(self.lines)


class Verbs:
    """Used on the caller's loop."""

    def __init__(
        self,
        database: Database,
        reader: Reader,
        vendors: Mapping[str, Vendor],
        network: NetworkThread,
        clock: Clock,
        checks: Checks,
        sending: Sending,
    ) -> None:
        self._database, self._reader, self._vendors = database, reader, vendors
        self._network, self._clock, self._checks, self._sending = network, clock, checks, sending
        self.operator = ""
        self.signing: Callable[[], Awaitable[None]] | None = None  # asks for `operator` before the first intent
        self._grace = (GRACE_EDIT, GRACE_DELETE)

    def set_grace(self, edit_seconds: float, delete_seconds: float) -> None:
        """How long a new intent waits before it leaves, 0 to 30 s."""
        self._grace = (min(max(edit_seconds, 0.0), LONGEST_GRACE), min(max(delete_seconds, 0.0), LONGEST_GRACE))

    @property
    def grace(self) -> tuple[float, float]:
        """Seconds that an edit and a deletion wait, as `set_grace` takes them."""
        return self._grace

    def _check(self, account: Account, vendor: Vendor, values: Mapping[str, Any]) -> None:
        """What was touched, and only that: an old record may break today's rules elsewhere."""
        from crmdesk.sync import validation

        without = vendor.without(account)
        missing = [validation.Finding(path, "unknown", without[path]) for path in values if path in without]
        raise_errors([*missing, *validation.validate(values, vendor.fields)], vendor)

    async def sign(self) -> None:
        """Before an intent is noted: who is at the desk."""
        if self.signing is not None and not self.operator:
            await self.signing()

    # ── small things ─────────────────────────────────────────────────────────────────────────────────────────────

    def _now(self) -> str:
        return iso(self._clock.now())

    def _at(self, kind: int) -> str:
        """When an edit (0) or a deletion (1) made now may leave."""
        return iso(self._clock.now() + timedelta(seconds=self._grace[kind]))

    async def _of_account(self, account_id: int, action: str = "") -> tuple[Account, Vendor]:
        account = await self._checks.account(account_id)
        reason = capabilities.of_account(self._vendors, account, action) if action else None
        vendor = self._vendors.get(account.vendor)
        if reason is not None or vendor is None:
            raise ForbiddenError(reason or capabilities.UNKNOWN)
        return account, vendor

    async def _of_contact(self, contact_id: int, action: str = "edit") -> tuple[Account, Vendor]:
        return (await self._of_contacts([contact_id], action))[contact_id]

    async def _of_contacts(self, ids: Sequence[int], action: str = "edit") -> dict[int, tuple[Account, Vendor]]:
        """Account and vendor of each. NotFoundError, ForbiddenError where one of them cannot be used for this."""
        rows = await self._reader.rows(ids)
        if any(not row.account_id for row in rows):
            raise NotFoundError("This contact is no longer here.", "It may have been deleted meanwhile.")
        owners = {number: await self._of_account(number, action) for number in {row.account_id for row in rows}}
        return {row.id: owners[row.account_id] for row in rows}

    async def _op(self, op_id: int) -> Op:
        op = await self._reader.op(op_id)
        if op is None:
            raise NotFoundError("This change is no longer here.")
        return op

    def _vendor_of(self, op: Op) -> Vendor:
        return self._vendors[self._checks.known[op.account_id].vendor]

    def _desk(self, connection: Connection, touched: Touched, account: Account, vendor: Vendor) -> Desk:
        from crmdesk.store import incoming

        return incoming.desk_of(connection, touched, vendor, account.id, self._now(), self.operator)

    async def _do(self, account: Account, vendor: Vendor, fn: Callable[[Desk], T], *, origin: object = PERSON) -> T:
        result = await self._database.write(lambda c, t: fn(self._desk(c, t, account, vendor)), origin=origin)
        self._sending.wake()
        return result

    async def _with_op(self, op_id: int, fn: Callable[[Desk, Op], T]) -> T:
        """`fn` with the op as it stands inside the commit."""
        from crmdesk.store import ops

        known = await self._op(op_id)
        account, vendor = await self._of_account(known.account_id)

        def run(desk: Desk) -> T:
            op = ops.op_by_id(desk.driver, op_id)
            if op is None:
                raise NotFoundError("This change is no longer here.")
            return fn(desk, op)

        return await self._do(account, vendor, run)

    def _saved(self, vendor: Vendor | None, what: str, entered: Sequence[Entered], titles: str = "") -> Saved:
        done = [one for one in entered if one.line]
        title = done[0].title if len(done) == 1 else said_of(len(done), "1 contact", "{n} contacts")
        return Saved(
            op_ids=tuple(one.op_id for one in done if one.op_id),
            contact_ids=tuple(one.contact_id for one in entered),
            lines=tuple(one.line for one in done),
            what=what,
            title=title if done else (entered[0].title if entered else ""),
            vendor=vendor.title if vendor else titles,
            joined=any(one.joined for one in done),
        )


def values_of(changes: Sequence[FieldChange]) -> dict[str, Any]:
    return {change.path: change.now for change in changes}


def raise_errors(found: Sequence[Finding], vendor: Vendor) -> None:
    """RejectedError with all that is no mere warning."""
    problems = tuple(Problem(one.path, one.code, one.text) for one in found if not one.warning)
    if problems:
        raise RejectedError(
            said("{vendor} would not take this.", vendor=vendor.title),
            "Correct what is marked, then save again.",
            problems=problems,
        )
