"""Edits that have not reached the vendor, over what it last said: new values with the old ones. No widget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from crmdesk.core.fields import FieldSpec, find
from crmdesk.core.merge import overlay, same
from crmdesk.core.outbox import Op, OpKind, OpState, word_of
from crmdesk.core.types import Json
from crmdesk.ui.contacts.detail_fields import DOTS, Entry, Group, groups, read_body
from crmdesk.ui.words import tr

Derive = Callable[[Json], Json]
_WAITS = "Waiting to be sent"


def read_edited(
    body: str, specs: Sequence[FieldSpec], now: datetime, ops: Sequence[Op], derive: Derive
) -> tuple[Json, list[Group]]:
    """The stored text with the open edits in it, as JSON and in words. Work for a thread, as `read_contact`."""
    base = read_body(body)
    edits = [op for op in ops if op.kind is not OpKind.DELETE]
    if not edits:
        return base, groups(base, specs, now)
    shown = derive(overlay(base, [change for op in edits for change in op.changes]))
    made = groups(shown, specs, now)
    if not base:  # no vendor has it yet: there is nothing to compare with
        return shown, made
    moved = {
        spec.path: _word(spec.path, edits) for spec in specs if not same(find(base, spec.path), find(shown, spec.path))
    }
    before = {entry.path: entry for group in groups(base, specs, now) for entry in group.entries}
    return shown, [Group(group.title, tuple(_marked(group.entries, before, moved))) for group in made]


def _marked(entries: Sequence[Entry], before: dict[str, Entry], moved: dict[str, str]) -> Iterator[Entry]:
    """What is another value now has the old one with it; what is gone stands where it stood."""
    left = dict.fromkeys(entry.path for entry in entries)
    fields: list[str] = []
    for entry in entries:
        field = _field(entry.path, moved)
        old = before.get(entry.path)
        if field and (old is None or old.text != entry.text):
            yield replace(entry, old=_old(old), mark=moved[field])
        else:
            yield entry
        if field and field not in fields:
            fields.append(field)
    for path, old in before.items():
        field = _field(path, moved)
        if field in fields and path not in left and old.text:
            yield Entry(path, old.label, "", "", old.kind, old=_old(old), mark=moved[field])


def _field(path: str, moved: dict[str, str]) -> str:
    """The moved field that an entry belongs to (`phones.0` to phones), '' where none."""
    head = path.rpartition(".")[0]
    return path if path in moved else head if head in moved else ""


def _old(entry: Entry | None) -> str:
    if entry is None:
        return ""
    return DOTS if entry.veil else entry.text


def _word(path: str, ops: Sequence[Op]) -> str:
    """Where the newest edit of this field stands; a field that the vendor derives goes with the others. Of an edit in
    conflict only what both sides changed is to be decided: the rest waits for it."""
    op = next((op for op in reversed(ops) if path in op.paths), ops[-1])
    clashing = {clash.path for clash in op.clashes}
    beside = op.state is OpState.CONFLICT and bool(clashing) and path not in clashing
    waits = beside or (op.state in (OpState.PENDING, OpState.SENDING) and not op.tries)
    return tr(_WAITS) if waits else tr(word_of(op))
