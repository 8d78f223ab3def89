"""Which lines the Outbox shows and in which order. Pure.

Edits of one contact are a chain: they go in the order they were made, so they stand together, in the group of the first
of them. What a person has to decide comes first, then what waits, what was sent, and typing that was never saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from crmdesk.core.outbox import Draft, Op, OpState


class Group(Enum):
    """A part of the list; the value is its heading."""

    NEEDS_YOU = "Needs you"
    WAITING = "Waiting to be sent"
    SENT = "Done in the last 24 hours"
    DRAFTS = "Unsaved typing"


class Filter(Enum):
    """What is shown; the value is the chip's word."""

    ALL = "All"
    NEEDS_YOU = "Needs you"
    WAITING = "Waiting"
    SENT = "Done"
    DRAFTS = "Unsaved"


ORDER = (Group.NEEDS_YOU, Group.WAITING, Group.SENT, Group.DRAFTS)
_SHOWN = {
    Filter.NEEDS_YOU: Group.NEEDS_YOU,
    Filter.SENT: Group.SENT,
    Filter.DRAFTS: Group.DRAFTS,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a heading with its `count`, an edit, or a draft. `after` is the id of the edit that goes
    before this one, 0 for none. `name` is a draft's contact."""

    key: str
    group: Group
    op: Op | None = None
    draft: Draft | None = None
    name: str = ""
    after: int = 0
    count: int = 0

    @property
    def heading(self) -> bool:
        return self.op is None and self.draft is None

    @property
    def needs_you(self) -> bool:
        return self.op is not None and self.op.state.needs_you


def arrange(
    ops: Sequence[Op], drafts: Sequence[Draft], names: Mapping[str, str], shown: Filter = Filter.ALL
) -> list[Line]:
    """The lines, with headings where all groups are shown. `names` are the drafts' contacts, by the draft's key."""
    groups = _grouped(ops)
    groups[Group.DRAFTS] = [
        Line(f"draft:{draft.key}", Group.DRAFTS, draft=draft, name=names.get(draft.key, ""))
        for draft in sorted(drafts, key=lambda draft: draft.at)
    ]
    if shown is Filter.ALL:
        return [line for group in ORDER if groups[group] for line in (_heading(group, groups[group]), *groups[group])]
    if shown is Filter.WAITING:
        both = (*groups[Group.NEEDS_YOU], *groups[Group.WAITING])
        return [line for line in both if not line.needs_you]
    return groups[_SHOWN[shown]]


def counts(ops: Sequence[Op], drafts: Sequence[Draft]) -> dict[Filter, int]:
    """How many lines each filter shows."""
    needs = sum(1 for op in ops if op.state.needs_you)
    waiting = sum(1 for op in ops if op.state.open) - needs
    done = sum(1 for op in ops if not op.state.open)
    return {
        Filter.ALL: len(ops) + len(drafts),
        Filter.NEEDS_YOU: needs,
        Filter.WAITING: waiting,
        Filter.SENT: done,
        Filter.DRAFTS: len(drafts),
    }


def last_sent(ops: Sequence[Op]) -> str:
    """When the last edit arrived at its vendor (UTC ISO), '' where none is known."""
    return max((op.closed_at or op.sent_at for op in ops if op.state is OpState.CONFIRMED), default="")


def _grouped(ops: Sequence[Op]) -> dict[Group, list[Line]]:
    groups: dict[Group, list[Line]] = {group: [] for group in ORDER}
    chains: dict[int, list[Op]] = {}
    for op in sorted(ops, key=lambda op: op.id):
        if op.state.open:
            chains.setdefault(op.contact_id, []).append(op)
    for chain in chains.values():
        group = Group.NEEDS_YOU if any(op.state.needs_you for op in chain) else Group.WAITING
        before = 0
        for op in chain:
            groups[group].append(Line(f"op:{op.id}", group, op=op, after=before))
            before = op.id
    done = sorted((op for op in ops if not op.state.open), key=lambda op: (op.closed_at, op.id), reverse=True)
    groups[Group.SENT] = [Line(f"op:{op.id}", Group.SENT, op=op) for op in done]
    return groups


def _heading(group: Group, lines: Sequence[Line]) -> Line:
    """Followers of an edit that needs a person stand below it, but do not need one themselves."""
    needs = sum(1 for line in lines if line.needs_you)
    return Line(f"head:{group.name}", group, count=needs if group is Group.NEEDS_YOU else len(lines))
