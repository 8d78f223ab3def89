"""What practice mode begins with: its accounts; something sent, something composed, something that went wrong; and
for whoever really practises, contacts that need somebody. Through the same services as everything a person does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crmdesk.core.batch import BatchRow
from crmdesk.core.cells import text_of
from crmdesk.core.grid_columns import get, used_columns
from crmdesk.core.outbox import FieldChange
from crmdesk.core.submission import NewRow, Submission
from crmdesk.core.types import Flag

if TYPE_CHECKING:
    from crmdesk.core.batch import BatchKind
    from crmdesk.core.tasks import TaskScope
    from crmdesk.core.types import Account, ContactRow
    from crmdesk.sandbox.runs import Run
    from crmdesk.sync.services import Services

OPERATOR = "Practice desk"
CITY_HERE, CITY_THERE = "Nantes", "Nice"
_SPOILED = Flag.RESTRICTED | Flag.FORGET | Flag.CANCELLED  # nobody to make an example of
_SHOWN = 80  # contacts of an account that are looked through
_LOOKS, _PAUSE = 50, 0.1  # s; the search may be behind the first check for a moment


async def open_accounts(
    services: Services,
    emulators: Mapping[str, Any],
    scope: TaskScope,
    known: dict[int, Mapping[str, Any]],
    *,
    eventful: bool,
) -> None:
    """Makes an account for each that the emulators describe, and notes in `known` how. What begins with them goes on
    in `scope`, beside the window; `eventful`: contacts that need somebody, too."""
    added = []
    for name, emulator in emulators.items():
        if eventful and hasattr(emulator, "write_twice"):
            emulator.write_twice()
        described = emulator.describe("http://127.0.0.1")
        for one in described["accounts"]:
            account = await services.add_account(name, one["title"], described["base_url"], one["credentials"])
            known[account.id] = one
            added.append(account)
            scope.start(begin(services, account.id, emulator), what="begin with something", key=account.id)
    if eventful:
        trouble = get_into_trouble(services, added, emulators)
        scope.start(trouble, what="begin with something that needs somebody", key="trouble")


async def begin(services: Services, account_id: int, emulator: Any) -> None:
    """Where a vendor shows only what was sent to it, something is sent; then what its emulator has composed."""
    if starters := getattr(emulator, "starters", None):
        rows = [BatchRow(str(one["user_id"]), one) for one in starters()]
        await services.push_contacts(account_id, rows, {})
    if composed := getattr(emulator, "composed", None):
        for run in composed():
            await _compose(services, account_id, emulator, run)


async def _compose(services: Services, account_id: int, emulator: Any, run: Run) -> None:
    kind = await services.submissions.kind(account_id, run.kind)
    columns, cells = _file(kind, run.rows) if run.file else ((), [()] * len(run.rows))
    new = Submission(
        0, account_id, run.kind, run.title, operator=OPERATOR, columns=columns, file=run.file, per_call=run.per_call
    )
    rows = [NewRow(values, line) for values, line in zip(run.rows, cells, strict=True)]
    made = await services.submissions.create(new, rows)
    if run.sends:
        if run.cut:
            emulator.faults.set("cut_after", target=run.address, skip=run.cut - 1, times=1)
        await services.submissions.send(made.id, OPERATOR)


def _file(kind: BatchKind, rows: Sequence[Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Titles and cells of the file that the rows could have come from."""
    used = used_columns(kind, rows)
    cells = [tuple(text_of(column.spec, get(values, column.path)) for column in used) for values in rows]
    return tuple(column.title for column in used), cells


# ── contacts that need somebody ──────────────────────────────────────────────────────────────────────────────────────


async def get_into_trouble(services: Services, accounts: Iterable[Account], emulators: Mapping[str, Any]) -> None:
    """At each account with contacts that another desk can change, too: the same city changed here and there, which is
    a conflict at once. At the first one also a change that the vendor refuses.

    After the accounts' first checks, which it waits for. An edit needs somebody who signs it: unless a person has given
    a name meanwhile, it is the practice desk."""
    refused = False
    for account in accounts:
        path, emulator = _city_of(services, account), emulators[account.vendor]
        if not path or not hasattr(emulator, "elsewhere"):
            continue
        await services.pull(account.id)
        for _ in range(_LOOKS):
            if len(found := await _people(services, account.id)) > 1:
                break
            await asyncio.sleep(_PAUSE)
        else:
            continue
        await _both_sides(services, found[0], path, emulator)
        if not refused:
            await _refused(services, found[1], path, emulator)
            refused = True


def _city_of(services: Services, account: Account) -> str:
    """Where this vendor's contacts have a city that may be written; '' for nowhere."""
    vendor = services.vendors[account.vendor]
    if "edit" in vendor.lacks:
        return ""
    paths = (spec.path for spec in vendor.fields if spec.path.rpartition(".")[2] == "city" and spec.writable)
    return next(paths, "")


async def _people(services: Services, account_id: int) -> list[ContactRow]:
    """Contacts with a name and a city of their own, whom nothing is wrong with."""
    from crmdesk.core.query import parse

    query = parse("", now=services.clock.now())
    hits = await services.reader.search(query, account_id=account_id, first=_SHOWN)
    plain = [row for row in hits.first if row.city and row.email and not row.flags & _SPOILED]
    return [row for row in plain if row.city not in (CITY_HERE, CITY_THERE)]


async def _both_sides(services: Services, row: ContactRow, path: str, emulator: Any) -> None:
    emulator.elsewhere(row.remote_id, {path: CITY_THERE})
    await _save(services, row, path)


async def _refused(services: Services, row: ContactRow, path: str, emulator: Any) -> None:
    emulator.faults.set("refuse_values", path, method="PUT", target=f"/{row.remote_id}", times=1)
    await _save(services, row, path)


async def _save(services: Services, row: ContactRow, path: str) -> None:
    """Saved, and sent without a time for an undo."""
    edits = services.edits
    grace, unsigned = edits.grace, not edits.operator
    edits.set_grace(0, grace[1])
    if unsigned:
        edits.operator = OPERATOR
    try:
        await edits.save(row.id, [FieldChange(path, row.city, CITY_HERE)])
    finally:
        edits.set_grace(*grace)
        if unsigned and edits.operator == OPERATOR:
            edits.operator = ""
