"""Edits: what the operator does to contacts. Each verb is one commit; nothing here waits for a vendor but `look_up`.

"Saved" means: committed here, in list, search, outbox and history. `sending` brings it to the vendor afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from crmdesk.core.errors import ForbiddenError, NotFoundError, OfflineError, Problem, RejectedError
from crmdesk.core.merge import opposite
from crmdesk.core.outbox import ConflictKind, Draft, FieldChange, Op, OpKind, OpState, Request
from crmdesk.core.seams import Clock, iso
from crmdesk.core.types import Account, ContactRow, Flag
from crmdesk.core.vendor import Vendor
from crmdesk.sync import capabilities
from crmdesk.sync.checks import Checks
from crmdesk.sync.sending import Sending
from crmdesk.sync.similar import Similar, find_similar
from crmdesk.sync.worker import NetworkThread

if TYPE_CHECKING:
    from crmdesk.store.database import Database
    from crmdesk.store.edits import Entered
    from crmdesk.store.effective import Desk
    from crmdesk.store.reader import Reader
    from crmdesk.sync.validation import Finding

T = TypeVar("T")
GRACE_EDIT, GRACE_DELETE = 5.0, 10.0  # s; so long an undo costs no request (UX-OUT-14)
LONGEST_GRACE = 30.0
MOST_AT_ONCE = 2000  # contacts of one batch
RESTRICTED = "Processing of this contact is restricted, as its guest asked. It can be read, but not changed."


@dataclass(frozen=True, slots=True)
class Saved:
    """What a verb did, for the notice and for `undo`. `op_ids`: what is to be sent (none: nothing is), `lines`: in the
    contacts' histories, `what`: edit, create, delete, discard or restore; `title`: one name, or how many contacts;
    `joined`: it went into a change that waited already."""

    op_ids: tuple[int, ...] = ()
    contact_ids: tuple[int, ...] = ()
    lines: tuple[int, ...] = ()
    what: str = "edit"
    title: str = ""
    vendor: str = ""
    joined: bool = False

    def __bool__(self) -> bool:
        """False: nothing was changed."""
        return bool(self.lines)


class Edits:
    """Used on the caller's loop. All verbs raise KnownError and then have changed nothing; StorageError where nothing
    could be kept."""

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

    def why_not(self, row: ContactRow, action: str) -> str | None:
        """Why “edit”, “delete” or “create” cannot be done with this contact; None where it can."""
        account = self._checks.known.get(row.account_id)
        if account is None:
            return capabilities.REMOVED
        if (reason := capabilities.of_account(self._vendors, account, action)) is not None:
            return reason
        restricted = row.flags & Flag.RESTRICTED and action in ("edit", "create")
        return RESTRICTED if restricted else None

    # ── saving ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def save(
        self, contact_id: int, changes: Sequence[FieldChange], *, orders: Sequence[str] = (), draft: str = ""
    ) -> Saved:
        """Queues an edit. RejectedError: problems by path; ForbiddenError: this contact must not be changed."""
        from crmdesk.store import edits

        account, vendor = await self._of_contact(contact_id)
        self._check(vendor, _values(changes))
        await self._sign()

        def run(desk: Desk) -> Entered:
            return edits.edit(desk, contact_id, changes, self._at(0), orders=tuple(orders), draft=draft)

        return self._saved(vendor, "edit", [await self._do(account, vendor, run)])

    async def save_many(self, wanted: Sequence[tuple[int, Sequence[FieldChange]]]) -> Saved:
        """Edits of several contacts, all or none. RejectedError names the first contact with a problem."""
        from crmdesk.store import edits

        if len(wanted) > MOST_AT_ONCE:
            raise ForbiddenError(f"At most {MOST_AT_ONCE:,} contacts are changed at once.", "Choose fewer.")
        accounts = {number: await self._of_contact(number) for number, _ in wanted}
        for number, changes in wanted:
            self._check(accounts[number][1], _values(changes))
        await self._sign()

        def run(connection: Any, touched: Any) -> list[Entered]:
            return [
                edits.edit(self._desk(connection, touched, *accounts[number]), number, changes, self._at(0))
                for number, changes in wanted
            ]

        entered = await self._database.write(run)
        self._sending.wake()
        titles = dict.fromkeys(vendor.title for _, vendor in accounts.values())
        return self._saved(None, "edit", entered, " and ".join(titles))

    async def create(self, account_id: int, values: Mapping[str, Any], *, draft: str = "") -> Saved:
        """A new contact of this account, seen at once. RejectedError: problems by path, missing fields too."""
        from crmdesk.store import edits
        from crmdesk.sync import validation

        account, vendor = await self._of_account(account_id, "create")
        found = [*validation.missing(values, vendor.fields), *validation.validate(values, vendor.fields)]
        _raise_errors(found, vendor)
        await self._sign()
        entered = await self._do(account, vendor, lambda desk: edits.create(desk, values, self._at(0), draft=draft))
        return self._saved(vendor, "create", [entered])

    def _check(self, vendor: Vendor, values: Mapping[str, Any]) -> None:
        """What was touched, and only that: an old record may break today's rules elsewhere."""
        from crmdesk.sync import validation

        _raise_errors(validation.validate(values, vendor.fields), vendor)

    # ── deleting ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def delete(self, contact_ids: Sequence[int]) -> Saved:
        """Into the trash, all or none; the requests follow after their grace time."""
        from crmdesk.store import edits

        if len(contact_ids) > MOST_AT_ONCE:
            raise ForbiddenError(f"At most {MOST_AT_ONCE:,} contacts are deleted at once.", "Choose fewer.")
        accounts = {number: await self._of_contact(number, "delete") for number in contact_ids}
        await self._sign()

        def run(connection: Any, touched: Any) -> list[Entered]:
            return [
                edits.delete(self._desk(connection, touched, *accounts[number]), number, self._at(1))
                for number in contact_ids
            ]

        entered = await self._database.write(run)
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
        await self._sign()
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
                return f"{saved.title} is being made again; the vendor’s id will be new." if sent else "Not deleted."
            case "create" | "restore" if not sent and saved.op_ids:
                for op_id in saved.op_ids:
                    await self.discard(op_id)
                return f"{saved.title} is in the trash. Nothing was sent."
            case "create" | "restore":
                await self.delete(saved.contact_ids)
                return f"{saved.title} will be deleted again."
            case "discard" if await self._in_trash(saved.contact_ids):
                for number in saved.contact_ids:
                    await self.restore(number)
                return "Back in the outbox."
        await self._undo_edits(saved)
        if saved.what == "discard":
            return "Back in the outbox."
        return "Already sent; the old values will be sent again." if sent else "Taken back. Nothing was sent."

    async def _undo_edits(self, saved: Saved) -> None:
        from crmdesk.store import ops
        from crmdesk.store.database import driver_of

        lines = await self._database.read(lambda c: ops.lines_by_id(driver_of(c), saved.lines))
        await self.save_many([(line.contact_id, opposite(line.changes)) for line in reversed(lines)])

    async def _was_sent(self, saved: Saved) -> bool:
        """Whether any of it has reached its vendor, or may be on its way there."""
        found = [await self._reader.op(op_id) for op_id in saved.op_ids]
        there = (OpState.SENDING, OpState.CONFIRMED, OpState.IN_DOUBT)
        return any(op is not None and op.state in there for op in found)

    async def _in_trash(self, contact_ids: Sequence[int]) -> bool:
        return any(one.contact_id in contact_ids for one in await self._reader.trash())

    # ── the outbox ───────────────────────────────────────────────────────────────────────────────────────────────

    async def hold(self, op_id: int) -> None:
        await self._move(op_id, OpState.HELD)

    async def release(self, op_id: int) -> None:
        await self._move(op_id, OpState.PENDING, next_at=self._now(), tries=0)

    async def try_now(self, op_id: int) -> None:
        """What waits goes now; what was set aside or refused is tried again as it is."""
        op = await self._move(op_id, OpState.PENDING, next_at=self._now(), reason=None)
        self._sending.resume([op.account_id])

    async def try_all(self) -> None:
        """Everything that waits for its time or for a connection goes now."""
        from crmdesk.store import ops
        from crmdesk.store.database import driver_of

        await self._database.write(lambda c, t: ops.make_due(driver_of(c), t, self._now()))
        self._sending.resume(self._checks.known)

    async def _move(self, op_id: int, state: OpState, **values: Any) -> Op:
        from crmdesk.core.outbox import may_become
        from crmdesk.store import effective, ops

        def run(desk: Desk, op: Op) -> Op:
            if op.state is not state and not may_become(op.state, state):
                raise ForbiddenError(f"This change is {_where(op)}.", "Look at it again in a moment.")
            moved = ops.put(desk.driver, desk.touched, replace(op, state=state, **values))
            effective.restate(desk, op.contact_id)
            return moved

        return await self._with_op(op_id, run)

    async def discard(self, op_id: int) -> Saved:
        """The intent is taken back; what was typed stays in the history. ForbiddenError while it is being sent."""
        from crmdesk.store import edits

        def run(desk: Desk, op: Op) -> Entered:
            if op.state is OpState.SENDING:
                raise ForbiddenError("This change is just being sent.", "Wait for its answer, then undo it.")
            return edits.discard(desk, op)

        op = await self._op(op_id)
        entered = await self._with_op(op_id, run)
        what = "restore" if op.kind is OpKind.DELETE else "discard"
        return self._saved(self._vendor_of(op), what, [entered])

    async def change_op(self, op_id: int, changes: Sequence[FieldChange]) -> None:
        """Corrected values for a refused op; it waits again."""
        from crmdesk.store import edits

        op = await self._op(op_id)
        self._check(self._vendor_of(op), _values(changes))

        def run(desk: Desk, op: Op) -> None:
            if op.state not in (OpState.REJECTED, OpState.PARKED, OpState.PENDING, OpState.HELD):
                raise ForbiddenError(f"This change is {_where(op)}.", "Look at it again in the outbox.")
            edits.correct(desk, op, changes, self._now())

        await self._with_op(op_id, run)

    async def request(self, op_id: int) -> Request:
        """What is sent for it, without secrets. KnownError where it cannot be put together."""
        from crmdesk.store import settling
        from crmdesk.store.database import driver_of
        from crmdesk.store.effective import raw_of

        op = await self._op(op_id)
        account, _ = await self._of_account(op.account_id)
        remote_id, base = await self._database.read(lambda c: settling.base_of(driver_of(c), op))

        async def there() -> Request:
            push = await self._sending.push_of(account)
            if push.access.writer is None:
                raise ForbiddenError(capabilities.offer(push.vendor, "edit") or "Nothing can be sent there.")
            return push.access.writer.request(op.kind, remote_id, raw_of(base), op.changes, op.orders)

        return await self._network.run(there)

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def resolve(self, op_id: int, choices: Mapping[str, Any]) -> None:
        """The final value of every field that clashed. RejectedError: problems by path."""
        from crmdesk.store import decisions

        op = await self._op(op_id)
        typed = {
            one.path: choices[one.path]
            for one in op.clashes
            if one.path in choices and choices[one.path] not in (one.mine, one.theirs)
        }
        self._check(self._vendor_of(op), typed)

        def run(desk: Desk, op: Op) -> None:
            if op.state is not OpState.CONFLICT or op.conflict is ConflictKind.DELETED_HERE:
                raise ForbiddenError("This is no conflict any more.", "It was decided or sent meanwhile.")
            decisions.resolve(desk, op, choices)

        await self._with_op(op_id, run)

    async def resolve_gone(self, op_id: int, choice: str) -> None:
        """`create` it again, keep what was edited as a `draft` of a new contact, or `drop` it."""
        from crmdesk.store import decisions

        op = await self._op(op_id)
        account, _ = await self._of_account(op.account_id)
        reason = capabilities.of_account(self._vendors, account, "create")
        if choice in ("create", "draft") and reason is not None:
            raise ForbiddenError(reason)
        steps: Mapping[str, Callable[[Desk, Op], object]] = {
            "create": decisions.make_again,
            "draft": decisions.into_draft,
            "drop": decisions.let_go,
        }

        def run(desk: Desk, op: Op) -> None:
            if op.state is not OpState.GONE:
                raise ForbiddenError("This was decided meanwhile.")
            steps[choice](desk, op)

        await self._with_op(op_id, run)

    async def resolve_deleted(self, op_id: int, delete: bool) -> None:
        """Deleted here, changed there: delete it all the same, or have it back as the vendor has it."""
        from crmdesk.store import decisions, ops

        def run(desk: Desk, op: Op) -> None:
            if op.state is not OpState.CONFLICT or op.conflict is not ConflictKind.DELETED_HERE:
                raise ForbiddenError("This was decided meanwhile.")
            theirs = ops.theirs_of(desk.driver, op.id).encode("utf-8", "surrogatepass")
            (decisions.delete_anyway if delete else decisions.keep_theirs)(desk, op, theirs)

        await self._with_op(op_id, run)

    async def look_up(self, op_id: int) -> str:
        """Asks the vendor about a contact whose making had no answer. Words for what was found."""
        op = await self._op(op_id)
        if op.state is not OpState.IN_DOUBT:
            raise ForbiddenError("Its outcome is known meanwhile.")
        if self._checks.working_offline:
            raise OfflineError("You are working offline.", "Switch “Working offline” off to ask the vendor.")
        account, _ = await self._of_account(op.account_id)

        async def there() -> str:
            async with self._checks.lane(account.id):
                return await (await self._sending.push_of(account)).look_up(op)

        words = await self._network.run(there)
        self._sending.wake()
        return words

    async def mark_sent(self, op_id: int) -> None:
        """A person knows that the vendor has it."""
        from crmdesk.store import decisions

        await self._with_op(op_id, _if_unknown(decisions.call_it_sent))

    async def mark_not_sent(self, op_id: int) -> None:
        """A person knows that the vendor does not have it: it is sent again."""
        from crmdesk.store import decisions

        await self._with_op(op_id, _if_unknown(decisions.send_again))

    # ── drafts, looking around ───────────────────────────────────────────────────────────────────────────────────

    async def keep_draft(self, draft: Draft) -> None:
        from crmdesk.store import edits

        account, vendor = await self._of_account(draft.account_id)
        kept = replace(draft, at=self._now(), operator=draft.operator or self.operator)
        await self._do(account, vendor, lambda desk: edits.keep_draft(desk, kept))

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

    async def _sign(self) -> None:
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
        rows = await self._reader.rows([contact_id])
        if not rows or not rows[0].account_id:
            raise NotFoundError("This contact is no longer here.", "It may have been deleted meanwhile.")
        return await self._of_account(rows[0].account_id, action)

    async def _op(self, op_id: int) -> Op:
        op = await self._reader.op(op_id)
        if op is None:
            raise NotFoundError("This change is no longer here.")
        return op

    def _vendor_of(self, op: Op) -> Vendor:
        return self._vendors[self._checks.known[op.account_id].vendor]

    def _desk(self, connection: Any, touched: Any, account: Account, vendor: Vendor) -> Desk:
        from crmdesk.store import incoming

        return incoming.desk_of(connection, touched, vendor, account.id, self._now(), self.operator)

    async def _do(self, account: Account, vendor: Vendor, fn: Callable[[Desk], T]) -> T:
        result = await self._database.write(lambda c, t: fn(self._desk(c, t, account, vendor)))
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
        title = done[0].title if len(done) == 1 else f"{len(done):,} contacts"
        return Saved(
            op_ids=tuple(one.op_id for one in done if one.op_id),
            contact_ids=tuple(one.contact_id for one in entered),
            lines=tuple(one.line for one in done),
            what=what,
            title=title if done else (entered[0].title if entered else ""),
            vendor=vendor.title if vendor else titles,
            joined=any(one.joined for one in done),
        )


def _values(changes: Sequence[FieldChange]) -> dict[str, Any]:
    return {change.path: change.now for change in changes}


def _if_unknown(step: Callable[[Desk, Op], object]) -> Callable[[Desk, Op], object]:
    def run(desk: Desk, op: Op) -> object:
        if op.state is not OpState.IN_DOUBT:
            raise ForbiddenError("Its outcome is known meanwhile.")
        return step(desk, op)

    return run


def _where(op: Op) -> str:
    return "just being sent" if op.state is OpState.SENDING else "no longer waiting"


def _raise_errors(found: Sequence[Finding], vendor: Vendor) -> None:
    """RejectedError with all that is no mere warning."""
    problems = tuple(Problem(one.path, one.code, one.text) for one in found if not one.warning)
    if problems:
        raise RejectedError(
            f"{vendor.title} would not take this.", "Correct what is marked, then save again.", problems=problems
        )
