"""What practice mode begins with besides its accounts: something sent, something composed, and something that went
wrong. Through the same services as everything a person does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crmdesk.core.batch import BatchRow
from crmdesk.core.cells import text_of
from crmdesk.core.grid_columns import get, used_columns
from crmdesk.core.submission import NewRow, Submission

if TYPE_CHECKING:
    from crmdesk.core.batch import BatchKind
    from crmdesk.sandbox.runs import Run
    from crmdesk.sync.services import Services

OPERATOR = "Practice desk"


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
