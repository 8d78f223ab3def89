"""A commit between two gates, at which tests end the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from crmdesk.core.seams import gate
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection

if TYPE_CHECKING:
    from crmdesk.store.database import Database

T = TypeVar("T")


async def write_gated(database: Database, step: str, work: Callable[[Any, Any], T]) -> T:
    """`work(connection, touched)` in one commit; gates: STEP.before_commit and STEP.after_commit. StorageError."""

    def gated(connection: Connection, touched: Touched) -> T:
        result = work(connection, touched)
        gate(f"{step}.before_commit")
        return result

    result = await database.write(gated)
    gate(f"{step}.after_commit")
    return result
