"""What a person does in the outbox: holding, trying again, discarding, and deciding what cannot go on by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crmdesk.core.errors import ForbiddenError, NotFoundError, OfflineError
from crmdesk.core.merge import folded
from crmdesk.core.outbox import Clash, ConflictKind, FieldChange, Op, OpKind, OpState, Request, may_become
from crmdesk.core.types import Account, Json
from crmdesk.sync import capabilities
from crmdesk.sync.verbs import Saved, Verbs, values_of

if TYPE_CHECKING:
    from crmdesk.store.edits import Entered
    from crmdesk.store.effective import Desk


class Decisions(Verbs):
    """All verbs raise KnownError and then have changed nothing."""

    # ── the outbox ───────────────────────────────────────────────────────────────────────────────────────────────

    async def hold(self, op_id: int) -> None:
        await self._move(op_id, OpState.HELD)

    async def release(self, op_id: int) -> None:
        await self._move(op_id, OpState.PENDING, next_at=self._now(), tries=0)

    async def try_now(self, op_id: int) -> None:
        """What waits goes now; what was set aside or refused is tried again as it is."""
        account, _ = await self._of_account((await self._op(op_id)).account_id)
        if not account.active:
            raise ForbiddenError(capabilities.REMOVED)
        op = await self._move(op_id, OpState.PENDING, next_at=self._now(), reason=None)
        self._sending.resume([op.account_id])

    async def try_all(self) -> None:
        """Everything that waits for its time or for a connection goes now."""
        from crmdesk.store import ops
        from crmdesk.store.database import driver_of

        await self._database.write(lambda c, t: ops.make_due(driver_of(c), t, self._now()))
        self._sending.resume(self._checks.known)

    async def _move(self, op_id: int, state: OpState, **values: Any) -> Op:
        from crmdesk.store import effective, ops

        def run(desk: Desk, op: Op) -> Op:
            if op.state is not state and not may_become(op.state, state):
                raise ForbiddenError(_where(op), "Look at it again in a moment.")
            if ops.is_damaged(op):
                raise ForbiddenError(ops.DAMAGED.title, ops.DAMAGED.hint)
            if op.kind is OpKind.CREATE and op.state is OpState.PARKED:  # a person has looked whether it is there
                op = replace(op, created_at=desk.now)
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
            if not op.state.open:
                raise ForbiddenError("This change is no longer waiting.", "Look at it again in the outbox.")
            return edits.discard(desk, op)

        op = await self._op(op_id)
        entered = await self._with_op(op_id, run)
        what = "restore" if op.kind is OpKind.DELETE else "discard"
        return self._saved(self._vendor_of(op), what, [entered])

    async def change_op(
        self, op_id: int, changes: Sequence[FieldChange], *, seen: Sequence[FieldChange] | None = None
    ) -> Saved:
        """Corrected values for a refused op; it waits again, at first for its grace time. `seen`: what it held when
        they were typed, so that what was saved into it since is kept."""
        from crmdesk.store import edits, ops

        op = await self._op(op_id)
        vendor = self._vendor_of(op)
        self._check(self._checks.known[op.account_id], vendor, values_of(changes))
        await self.sign()

        def run(desk: Desk, op: Op) -> tuple[Op, Entered]:
            if op.state not in (OpState.REJECTED, OpState.PARKED, OpState.PENDING, OpState.HELD):
                raise ForbiddenError(_where(op), "Look at it again in the outbox.")
            if ops.is_damaged(op):
                raise ForbiddenError(ops.DAMAGED.title, ops.DAMAGED.hint)
            return op, edits.correct(desk, op, changes, self._at(0), seen)

        before, entered = await self._with_op(op_id, run)
        return replace(self._saved(vendor, "correct", [entered]), before=before)

    async def undo_correction(self, saved: Saved) -> bool:
        """The change as it was before, with what was said of it. False: it has moved on since."""
        from crmdesk.store import edits

        before = saved.before
        assert before is not None  # what a correction gives
        corrected = saved.lines[0]
        return await self._with_op(
            before.id, lambda desk, op: edits.undo_correction(desk, op, before, corrected, self._at(0))
        )

    async def request(self, op_id: int) -> Request:
        """What is sent for it, without secrets. KnownError where it cannot be put together."""
        from crmdesk.store import settling
        from crmdesk.store.database import driver_of
        from crmdesk.store.effective import raw_of

        op = await self._op(op_id)
        account, _ = await self._of_account(op.account_id)
        remote_id, base = await self._database.read(lambda c: settling.base_of(driver_of(c), op))

        return await self._request(account, op, remote_id, raw_of(base))

    async def preview(self, contact_id: int, changes: Sequence[FieldChange]) -> Request:
        """What would be sent if these were saved now, with what waits already. RejectedError: problems by path."""
        from crmdesk.store import picks
        from crmdesk.store.database import driver_of
        from crmdesk.store.effective import raw_of

        account, vendor = await self._of_contact(contact_id)
        self._check(account, vendor, values_of(changes))
        found = await self._database.read(lambda c: picks.contacts(driver_of(c), [contact_id]))
        if not found:
            raise NotFoundError("This contact is no longer here.")
        waiting = [op for op in found[0].waiting if op.state is not OpState.SENDING]
        both: Sequence[FieldChange] = ()
        for one in (*(op.changes for op in waiting), changes):
            both = folded(both, one)
        kind = waiting[0].kind if waiting else OpKind.UPDATE
        wanted = Op(0, "", account.id, contact_id, kind, tuple(both))
        return await self._request(account, wanted, found[0].remote_id, raw_of(found[0].base))

    async def _request(self, account: Account, op: Op, remote_id: str, base: Json) -> Request:
        async def there() -> Request:
            push = await self._sending.push_of(account)
            if push.access.writer is None:
                why = capabilities.of_account(self._vendors, account, "edit")
                raise ForbiddenError(why or "Nothing can be sent there.")
            return push.access.writer.request(op.kind, remote_id, base, op.changes, op.orders)

        return await self._network.run(there)

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def resolve(self, op_id: int, choices: Mapping[str, Any], *, seen: Sequence[Clash] | None = None) -> None:
        """The final value of every field that clashed. RejectedError: problems by path. `seen`: what was chosen from;
        ForbiddenError where another value has come since."""
        from crmdesk.store import decisions

        op = await self._op(op_id)
        typed = {
            one.path: choices[one.path]
            for one in op.clashes
            if one.path in choices and choices[one.path] not in (one.mine, one.theirs)
        }
        self._check(self._checks.known[op.account_id], self._vendor_of(op), typed)

        def run(desk: Desk, op: Op) -> None:
            if op.state is not OpState.CONFLICT or op.conflict is ConflictKind.DELETED_HERE:
                raise ForbiddenError("This is no conflict any more.", "It was decided or sent meanwhile.")
            if seen is not None and tuple(seen) != op.clashes:
                raise ForbiddenError("One of these values has changed meanwhile.", "Look at them and choose again.")
            decisions.resolve(desk, op, choices)

        await self._with_op(op_id, run)

    async def resolve_gone(self, op_id: int, choice: str) -> None:
        """`create` it again, keep what was edited as a `draft` of a new contact, or `drop` it."""
        from crmdesk.store import decisions, edits, effective

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
            if choice != "drop":
                contact = effective.the_contact(desk.driver, op.contact_id)
                edits.check_may_come_back(desk, effective.raw_of(contact.base))
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


def _if_unknown(step: Callable[[Desk, Op], object]) -> Callable[[Desk, Op], object]:
    def run(desk: Desk, op: Op) -> object:
        if op.state is not OpState.IN_DOUBT:
            raise ForbiddenError("Its outcome is known meanwhile.")
        return step(desk, op)

    return run


def _where(op: Op) -> str:
    return "This change is just being sent." if op.state is OpState.SENDING else "This change is no longer waiting."
