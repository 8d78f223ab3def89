"""The answer of a bulk call, row by row. Nothing is guessed: only a label that stands in exactly one of the two sets,
once, and as documented, settles its row; every other row is in doubt."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from crmdesk.core.batch import BatchRow, RowOutcome, RowState
from crmdesk.core.foreign import mapping, text
from crmdesk.core.said import said_of, together

PROCESSED, UNPROCESSED = "processed_customer_events_set", "unprocessed_customer_events_set"
_LABEL = "request_unique_identifier"
_REFERRED = "ReferredByAnotherParticipantException"
_MAY_BE_OURS = "An earlier sending of this event has no known outcome, so it may be this very referral."
_Entries = Mapping[str, list[Mapping[str, Any]]]


def sets_of(answer: Any) -> tuple[list[Any], list[Any]] | None:
    """Both sets. One that is left out or null is empty; None where neither is there or one is no list."""
    data = mapping(mapping(answer).get("data"))
    found = [data.get(PROCESSED), data.get(UNPROCESSED)]
    if all(one is None for one in found) or not all(one is None or type(one) is list for one in found):
        return None
    return found[0] or [], found[1] or []


def settle(rows: Sequence[BatchRow], answer: Any) -> list[RowOutcome]:
    """One outcome per row, in the rows' order, joined by label only. Total: any JSON gives outcomes."""
    status = mapping(mapping(answer).get("status"))
    sets = sets_of(answer)
    if status.get("code") != "OK" or sets is None:
        why = "The answer as a whole is no success, so it tells nothing about this event."
        return [_doubt(row, why) for row in rows]
    processed, unprocessed = _by_label(sets[0]), _by_label(sets[1])
    strangers = (processed.keys() | unprocessed.keys()) - {row.uid for row in rows}
    more = (
        said_of(
            len(strangers),
            "1 label in the answer belongs to no event of this call.",
            "{n} labels in the answer belong to no event of this call.",
        )
        if strangers
        else ""
    )
    twice = {uid for uid, count in Counter(row.uid for row in rows).items() if count > 1}
    return [
        _doubt(row, "Two events of this call have the same label.")
        if row.uid in twice
        else _outcome(row, processed, unprocessed, more)
        for row in rows
    ]


def _by_label(entries: Sequence[Any]) -> _Entries:
    """Entries without a label that is a text, as documented, belong to nobody: 6 may have been "06"."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in entries:
        label = mapping(entry).get(_LABEL)
        if type(label) is str:
            found[label].append(entry)
    return found


def _outcome(row: BatchRow, processed: _Entries, unprocessed: _Entries, more: str) -> RowOutcome:
    made, refused = processed.get(row.uid, ()), unprocessed.get(row.uid, ())
    if len(made) == 1 and not refused:
        return _created(row, made[0])
    if len(refused) == 1 and not made:
        return _refused(row, refused[0])
    if not made and not refused:
        return _doubt(row, together("The answer does not name this event.", more))
    times = len(made) + len(refused)
    named = said_of(times, "The answer names this event once.", "The answer names this event {n} times.")
    return _doubt(row, together(named, more))


def _created(row: BatchRow, entry: Mapping[str, Any]) -> RowOutcome:
    remote_id = _id(entry.get("id"))
    if not remote_id:
        return _doubt(row, "The answer says that this event was created, but not under which id.")
    return RowOutcome(row.uid, RowState.CREATED, remote_id=remote_id, number=text(entry.get("number")))


def _id(value: Any) -> str:
    """An id exactly as it came; '' for what would have to be cleaned or cut, and would then name something else."""
    found = text(value) if type(value) in (str, int) else ""
    return found if found == str(value) else ""


def _refused(row: BatchRow, entry: Mapping[str, Any]) -> RowOutcome:
    code, words = _verbatim(entry.get("error_code")), _verbatim(entry.get("error_description"))
    if not code and not words:
        return _doubt(row, "The answer says that this event was not created, but not why.")
    if code == _REFERRED and row.earlier:
        return RowOutcome(row.uid, RowState.IN_DOUBT, code, together(words, _MAY_BE_OURS))
    return RowOutcome(row.uid, RowState.REFUSED, code, words)


def _verbatim(value: Any) -> str:
    """As received; half characters, which no file can hold, become question marks."""
    return value.encode("utf-8", "replace").decode() if type(value) is str else ""


def _doubt(row: BatchRow, why: str) -> RowOutcome:
    return RowOutcome(row.uid, RowState.IN_DOUBT, text=why)
