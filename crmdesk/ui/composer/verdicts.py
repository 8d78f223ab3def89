"""What a check makes of rows: flaws by row, groups, and counts for head, chips and foot. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from crmdesk.core.batch import BatchKind
from crmdesk.core.flaw_groups import FlawGroup, group, to_leave_out
from crmdesk.core.row_checks import Flaw, Severity
from crmdesk.core.submission import Row, RowStage
from crmdesk.ui.composer.difference import Difference, brought_up, difference
from crmdesk.ui.composer.rows import GridRow, from_stored

CHECKED = frozenset({RowStage.READY, RowStage.FAILED, RowStage.NOT_SENT})
"""Rows that may go with the next sending."""


def checkable(rows: Sequence[GridRow]) -> list[GridRow]:
    """Those that may be sent."""
    return [row for row in rows if not row.blank and (row.stage is RowStage.READY or row.stage in CHECKED)]


@dataclass(frozen=True, slots=True)
class Tally:
    """`ready`: rows that may go; `fit`: of these the ones that wait for their first sending, or were mended."""

    rows: int
    stages: Mapping[RowStage, int]
    bad: int
    warned: int
    fit: int
    ready: int

    @property
    def out(self) -> int:
        return self.stages.get(RowStage.LEFT_OUT, 0)


def count(rows: Sequence[GridRow], wrong: Collection[int], doubtful: Collection[int]) -> Tally:
    """`wrong` and `doubtful`: keys of rows with errors, and with warnings.

    Most are ready: those are counted without the table, which is quicker."""
    stages: Counter[RowStage] = Counter()
    ready = bad = warned = fit = 0
    for row in rows:
        stage = row.stage
        if stage is RowStage.READY:
            if not row.values and not row.attempt:
                continue
            ready += 1
        else:
            stages[stage] += 1
            if stage not in CHECKED:
                continue
        if row.key in wrong:
            bad += 1
        else:
            warned += row.key in doubtful
            fit += stage is RowStage.READY
    if ready:
        stages[RowStage.READY] = ready
    sendable = sum(stages[stage] for stage in CHECKED)
    return Tally(sum(stages.values()), dict(stages), bad, warned, fit, sendable - bad)


def opened(
    before: Sequence[GridRow], stored: Sequence[Row], records: Sequence[str]
) -> tuple[list[GridRow], Difference, Tally]:
    """The rows of a submission that is opened, how they differ from those `before`, and their counts, none of them
    checked yet; for a thread."""
    rows = [from_stored(row) for row in stored]
    return rows, difference(before, rows, records), count(rows, (), ())


def taken(
    rows: list[GridRow],
    saved: list[GridRow],
    stored: Sequence[Row],
    records: Sequence[str],
    wrong: Collection[int],
    doubtful: Collection[int],
) -> tuple[list[GridRow], list[GridRow], Difference, Tally | None]:
    """As `brought_up`, and all counts where most rows are others: then they are not known by difference; for a
    thread."""
    now, kept, found = brought_up(rows, saved, stored, records)
    return now, kept, found, None if few(found, now) else count(now, wrong, doubtful)


def few(found: Difference, rows: Sequence[GridRow]) -> bool:
    """Whether these are counted quicker than all."""
    return len(found.gone) + len(found.come) < len(rows)


def recounted(before: Tally, found: Difference, wrong: Collection[int], doubtful: Collection[int]) -> Tally:
    """As `count` of all rows would be after this edit; `before` with the same flaws."""
    less, more = count(found.gone, wrong, doubtful), count(found.come, wrong, doubtful)
    stages = Counter(before.stages)
    stages.subtract(less.stages)
    stages.update(more.stages)
    return Tally(
        before.rows - less.rows + more.rows,
        {stage: number for stage, number in stages.items() if number},
        before.bad - less.bad + more.bad,
        before.warned - less.warned + more.warned,
        before.fit - less.fit + more.fit,
        before.ready - less.ready + more.ready,
    )


@dataclass(frozen=True, slots=True)
class ByCall:
    """`stages` of the rows of each call, by its id. `to_look_up`: there is an unknown row that has a label to be found
    by."""

    stages: Mapping[int, Mapping[RowStage, int]]
    to_look_up: bool


def by_call(rows: Sequence[GridRow]) -> ByCall:
    """Takes a moment for many rows: for a thread."""
    found: dict[int, Counter[RowStage]] = {}
    for row in rows:
        if row.call_id:
            found.setdefault(row.call_id, Counter())[row.stage] += 1
    return ByCall(found, any(row.uid and row.stage is RowStage.UNKNOWN for row in rows))


@dataclass(frozen=True, slots=True)
class Verdicts:
    """`flaws` by the rows' keys; keys of rows with errors and with warnings; groups, whose rows are keys; `moved`: rows
    of which something else is said than before; `repeats`: why rows are proposed to be left out, by key."""

    flaws: dict[int, list[Flaw]]
    bad: set[int]
    warned: set[int]
    groups: list[FlawGroup]
    moved: set[int]
    repeats: dict[int, str]


def sorted_out(
    kind: BatchKind, rows: Sequence[GridRow], found: Sequence[Flaw], before: Mapping[int, list[Flaw]]
) -> Verdicts:
    """Takes a moment for many rows: for a thread."""
    keys = [row.key for row in rows]
    flaws: dict[int, list[Flaw]] = {}
    bad, warned = set(), set()
    for flaw in found:
        key = keys[flaw.row]
        flaws.setdefault(key, []).append(flaw)
        if flaw.severity is Severity.ERROR:
            bad.add(key)
        elif flaw.severity is Severity.WARNING:
            warned.add(key)
    groups = [
        replace(one, rows=tuple(keys[place] for place in one.rows))
        for one in group(kind, found, [row.values for row in rows])
    ]
    moved = {key for key in before.keys() | flaws.keys() if _said(before.get(key)) != _said(flaws.get(key))}
    repeats = {keys[place]: why for place, why in to_leave_out(found).items()}
    return Verdicts(flaws, bad, warned, groups, moved, repeats)


def _said(flaws: Sequence[Flaw] | None) -> list[tuple[str, str, str]]:
    """Without the row's place, which moves with every row above it."""
    return [(flaw.path, flaw.code, flaw.text) for flaw in flaws or ()]
