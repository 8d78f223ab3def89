"""A row whose answer was lost is found again by our own number, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crmdesk.core.batch import BatchRow
from crmdesk.vendors.crmcom_events.sandbox import CrmComEventsSandbox
from tests.contract.crmcom_events.tools import KINDS, batch, row

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


async def send(access: Any, kind: str, *rows: BatchRow) -> None:
    await access.batches.send(batch(kind), access.batches.encode(batch(kind), rows, {}))


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_every_kind(emulator: CrmComEventsSandbox, connect: Callable[..., Any], kind: str) -> None:
    access = connect(emulator)
    there, absent = row(kind, "one"), row(kind, "two")
    await send(access, kind, there)
    found = await access.finder.find(batch(kind), [there, absent], LONG_AGO)
    (event,) = emulator.ledger.of(kind)
    assert [(one.remote_id, one.number, one.withdrawn) for one in found["one"]] == [(event.id, event.number, False)]
    assert found["two"] == ()


async def test_the_file_s_own_number_counts(emulator: CrmComEventsSandbox, connect: Callable[..., Any]) -> None:
    access = connect(emulator)
    own = row("web", "u1", external_system="PMS", external_system_reference_number="7")
    await send(access, "web", own)
    other = row("web", "u2", external_system="Spa", external_system_reference_number="7")
    found = await access.finder.find(batch("web"), [own, other, row("web", "7")], LONG_AGO)
    assert len(found["u1"]) == 1
    twins = [own, row("web", "u3", external_system="PMS", external_system_reference_number="7")]
    assert await access.finder.find(batch("web"), twins, LONG_AGO) == {}, "whose it is cannot be told"


async def test_two_events_with_our_number_are_both_told(
    emulator: CrmComEventsSandbox, connect: Callable[..., Any]
) -> None:
    access = connect(emulator)
    await send(access, "web", row("web", "one"))
    await send(access, "web", row("web", "one"))
    assert len((await access.finder.find(batch("web"), [row("web", "one")], LONG_AGO))["one"]) == 2


async def test_a_list_without_numbers_tells_nothing(
    make_emulator: Callable[..., CrmComEventsSandbox], connect: Callable[..., Any]
) -> None:
    access = connect(make_emulator(external_number="none"))
    await send(access, "web", row("web", "one"))
    assert await access.finder.find(batch("web"), [row("web", "one")], LONG_AGO) == {}


async def test_what_was_made_before_is_not_ours(emulator: CrmComEventsSandbox, connect: Callable[..., Any]) -> None:
    access = connect(emulator)
    await send(access, "web", row("web", "one"))
    later = datetime.now(UTC) + timedelta(days=3650)
    assert (await access.finder.find(batch("web"), [row("web", "one")], later))["one"] == ()


async def test_a_release_that_keeps_no_number_cannot_be_asked(
    emulator: CrmComEventsSandbox, connect: Callable[..., Any]
) -> None:
    assert "R10.1" in connect(emulator, release="R10").finder.lacks(batch("web"))
    assert connect(emulator).finder.lacks(batch("web")) == ""
