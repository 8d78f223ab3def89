"""Rows to sealed calls: a fresh uid for each, the exact body, its hash. In the network thread; nothing is stored
here."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from crmdesk.core.batch import BatchKind, BatchRow, shares_unsaid
from crmdesk.core.errors import ForbiddenError, Problem, RejectedError
from crmdesk.core.said import said_of, term
from crmdesk.core.seams import new_id, new_ids
from crmdesk.core.submission import Purpose, sizes, sizes_alone
from crmdesk.core.vendor import BatchSender
from crmdesk.store.calls import Sealed
from crmdesk.store.unsealed import Unsealed

_MOST_PROBLEMS = 2000


def kind_of(sender: BatchSender, key: str) -> BatchKind:
    """ForbiddenError for a kind that this account does not take (any more)."""
    for kind in sender.kinds:
        if kind.key == key:
            return kind
    raise ForbiddenError("This account does not take this kind of rows.", "Check the account's settings.")


def hash_of(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def sizes_of(
    kind: BatchKind, rows: Sequence[Unsealed], request: Mapping[str, Any], per_call: int, trial: int
) -> list[int]:
    """Rows of each call. RejectedError where what speaks for all rows of a call stands in the request and nobody has
    said that they share it: in calls of one row it would be made once for each of them."""
    if kind.shared is not None and shares_unsaid(kind, len(rows), request):
        path = kind.shared[0]
        spec = next((spec for spec in kind.request if spec.path == path), None)
        label = spec.label if spec is not None else path
        raise RejectedError(
            said_of(
                len(rows),
                "{field}: there is one for one row.",
                "{field}: there is one for {n} rows.",
                field=term(label),
            ),
            "Say that all share it, or give each row its own.",
            problems=(Problem(path, "shared", "All rows would have it."),),
        )
    most, first = min(per_call, kind.most), min(trial, kind.most)
    if not kind.alone:
        return sizes(len(rows), most, first)
    return sizes_alone([bool(row.values.get(kind.alone)) for row in rows], most, first)


async def seal_rows(
    sender: BatchSender,
    kind: BatchKind,
    unsealed: Sequence[Unsealed],
    sizes: Sequence[int],
    request: Mapping[str, Any],
    *,
    purpose: Purpose = Purpose.PLAIN,
    first: Purpose | None = None,
) -> list[Sealed]:
    """Calls of these sizes, the rows in their order; the first one is made for `first`.

    RejectedError with all problems where some cannot be sent: their paths are `ROW ID/FIELD`."""
    found: list[Sealed] = []
    problems: list[Problem] = []
    rejected: RejectedError | None = None
    start = 0
    for place, size in enumerate(sizes):
        chunk = unsealed[start : start + size]
        start += size
        uids = new_ids(size)
        rows = [BatchRow(uid, row.values, row.earlier) for uid, row in zip(uids, chunk, strict=True)]
        try:
            body = sender.encode(kind, rows, request)
        except RejectedError as error:
            rejected = rejected or error
            problems += _by_row(error.problems, {uid: row.id for uid, row in zip(uids, chunk, strict=True)})
            continue
        named = [(row.id, uid, row.content) for uid, row in zip(uids, chunk, strict=True)]
        found.append(Sealed(named, body, hash_of(body), new_id(), first if first and not place else purpose))
        await asyncio.sleep(0)  # others have requests in this thread, too
    if rejected is not None:
        raise RejectedError(rejected.title, rejected.hint, problems=tuple(problems[:_MOST_PROBLEMS]))
    return found


def _by_row(problems: Sequence[Problem], ids: Mapping[str, int]) -> list[Problem]:
    """Problems by row id in place of the uid, which nobody has seen."""
    named = []
    for problem in problems:
        uid, slash, path = problem.path.partition("/")
        known = f"{ids[uid]}{slash}{path}" if uid in ids else problem.path
        named.append(Problem(known, problem.code, problem.text))
    return named
