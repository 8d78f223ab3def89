"""See `edit_machine`: a thousand stories of edits, checks, faults and kills in each run, ten thousand by command."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from crmdesk.core import merge
from crmdesk.core.outbox import OpState
from crmdesk.store import edits, incoming, settling, traces
from crmdesk.sync import push
from tests.helpers.memory_vendor import MemoryVendor
from tests.sync.edit_machine import EditMachine

PARTS = 1  # test items, so that all processors share the work


def stories(
    count: int,
    seed: int,
    phases: Sequence[Phase] = (Phase.explicit, Phase.generate, Phase.shrink),
    *,
    steps: int = 14,
) -> None:
    chosen = settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    seeded(seed)(EditMachine)
    run_state_machine_as_test(EditMachine, settings=chosen)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_stories(part: int) -> None:
    stories(100, part, steps=6)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_ten_thousand_stories() -> None:
    stories(10_000, 4711)


# ── planted mistakes: a machine that misses one is not worth its time ────────────────────────────────────────────────

Patch = Callable[[pytest.MonkeyPatch], None]


def a_doubtful_create_is_repeated(patch: pytest.MonkeyPatch) -> None:
    real = push.Push._verdict

    def verdict(self: Any, op: Any, error: Any, tries: int) -> Any:
        state, reason, wait = real(self, op, error, tries)
        return (OpState.PENDING if state is OpState.IN_DOUBT else state), reason, wait

    patch.setattr(push.Push, "_verdict", verdict)
    patch.setattr(push, "LATE", timedelta(days=3650))


def nobody_looks_before_writing(patch: pytest.MonkeyPatch) -> None:
    def blind(changes: Any, theirs: Any, specs: Any) -> merge.Rebased:
        return merge.Rebased(send=tuple(changes))

    patch.setattr(push, "rebase", blind)
    patch.setattr(incoming, "rebase", blind)


def a_vanished_contact_takes_its_edits_along(patch: pytest.MonkeyPatch) -> None:
    def spare(driver: Any, touched: Any, _account: int, ids: Any, _now: str) -> set[int]:
        for contact_id in ids:
            driver.execute("DELETE FROM op WHERE contact_id=?", (contact_id,))
        return set()

    patch.setattr(traces, "spare", spare)


def a_deletion_does_not_look(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(settling, "changed_since", lambda *_: ())


def any_new_contact_is_ours(patch: pytest.MonkeyPatch) -> None:
    async def find(self: MemoryVendor, _values: Any, _since: Any) -> Any:
        await self._answer("find", 0)
        newest = max(self.contacts, key=int, default=None)
        return (self._hand_out(self.contacts[newest]),) if newest else ()

    patch.setattr(MemoryVendor, "find_created", find)


def the_newer_value_counts_as_seen(patch: pytest.MonkeyPatch) -> None:
    def folded(older: Any, newer: Any) -> Any:
        kept = {change.path: change for change in (*older, *newer)}
        return tuple(change for change in kept.values() if not merge.same(change.was, change.now))

    patch.setattr(edits, "folded", folded)


def a_check_hides_what_waits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(incoming, "_with_edits", lambda desk, contact, _edited, summarise: summarise(contact))
    patch.setattr(incoming, "_notice", lambda *_: None)


def an_old_page_is_stored_over_an_answer(patch: pytest.MonkeyPatch) -> None:
    """What was sent is forgotten as soon as it was sent: the vendor's state before it counts again."""
    real = settling._new_base

    def keep(desk: Any, op: Any, echo: Any) -> None:
        before = settling.base_of(desk.driver, op)[1]
        real(desk, op, replace(echo, body=before, raw=json.loads(before)))

    patch.setattr(settling, "_new_base", keep)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "mistake",
    [
        a_doubtful_create_is_repeated,
        nobody_looks_before_writing,
        a_vanished_contact_takes_its_edits_along,
        a_deletion_does_not_look,
        any_new_contact_is_ours,
        the_newer_value_counts_as_seen,
        a_check_hides_what_waits,
        an_old_page_is_stored_over_an_answer,
    ],
)
def test_the_machine_finds_a_planted_mistake(mistake: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake(monkeypatch)
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        stories(3000, 1, [Phase.generate])  # most are found within 400, one takes more than a thousand
