"""Submissions over real sockets: the engine, the connector and the vendor's emulator together."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from crmdesk.core.fingerprint import Fingerprints
from crmdesk.core.submission import NewRow, Pause, RowStage, SubmissionStage
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.store import accounts
from crmdesk.store.database import driver_of
from crmdesk.sync.look_watch import Looks
from crmdesk.ui.composer.look_words import look_words
from crmdesk.vendors.crmcom_events.kinds import kinds_of
from crmdesk.vendors.crmcom_events.sandbox import DEMO, CrmComEventsSandbox, Quirks, sandbox
from tests.contract.crmcom_events.program import Program, some
from tests.contract.crmcom_events.tools import BULK, GOOD


@pytest.fixture
def emulator() -> CrmComEventsSandbox:
    return sandbox(quirks=Quirks(shuffled=True))


def there(emulator: CrmComEventsSandbox) -> list[str]:
    return sorted(one.sent["website"] for one in emulator.ledger.of("web"))


def bulk_calls(emulator: CrmComEventsSandbox) -> int:
    return sum(seen.path.startswith(BULK) for seen in emulator.requests)


async def test_rows_are_sent_each_once_and_carry_our_reference(program: Program, emulator: CrmComEventsSandbox) -> None:
    rows = [*some(24), {**GOOD["web"], "website": "own", "external_system_reference_number": "PMS-7"}]
    rows[3]["accounts_receivable_identifier.number"] = "ACR0"
    number = await program.sent(rows, per_call=10)
    assert await program.counts(number) == {RowStage.SENT: 24, RowStage.FAILED: 1}
    assert (len(there(emulator)), bulk_calls(emulator)) == (24, 3)
    kept = {row.values["website"]: row for row in await program.reader.submissions.rows(number)}
    for event in emulator.ledger.of("web"):
        row, sent = kept[event.sent["website"]], event.sent
        assert (row.remote_id, row.number) == (event.id, event.number)
        own = "PMS-7" if sent["website"] == "own" else row.uid
        assert (sent["external_system"], sent["external_system_reference_number"]) == ("crmdesk", own)
    assert {number} <= {one for changes in program.told for one in changes.submissions}
    found = await program.reader.submissions.calls(number)
    exact = await program.reader.submissions.call(found[0].id)
    assert exact is not None and b"token" not in exact.body and kept["www.000.com"].uid.encode() in exact.body


@pytest.mark.parametrize(("fault", "made"), [(Kind.CUT_AFTER, 4), (Kind.CUT_BEFORE, 0), (Kind.SERVER_ERROR_AFTER, 4)])
async def test_a_lost_answer_is_looked_up_and_nothing_goes_twice(
    program: Program, emulator: CrmComEventsSandbox, fault: Kind, made: int
) -> None:
    emulator.faults.set(fault, target="/bulk/", times=1)
    number = await program.sent(some(8), per_call=4)
    assert await program.counts(number) == {RowStage.UNKNOWN: 4, RowStage.QUEUED: 4}
    found = await program.verbs.look_up(number)
    assert (found.found, found.absent, found.several) == (made, 4 - made, 0)
    await program.verbs.go_on(number)
    await program.verbs.sending.send_due()
    unknown = await program.reader.submissions.rows(number, [RowStage.UNKNOWN])
    assert len(unknown) == 4 - made
    if unknown:
        await program.verbs.settle([row.id for row in unknown], "Not in the back office.", "Maria", sent=False)
        await program.verbs.send(number, "Maria", stages=[RowStage.NOT_SENT])
        await program.verbs.sending.send_due()
    assert await program.counts(number) == {RowStage.SENT: 8}
    assert there(emulator) == [f"www.{place:03}.com" for place in range(8)]


async def test_what_may_have_arrived_keeps_its_number_when_it_is_sent_again(
    program: Program, emulator: CrmComEventsSandbox
) -> None:
    """The label is a new one each time; by the number the vendor can tell that it is the same event, and so can we."""
    emulator.faults.set(Kind.CUT_AFTER, target="/bulk/", times=2)
    number = await program.sent(some(1))
    (first,) = await program.reader.submissions.rows(number)
    await program.verbs.send_again([first.id], "Nothing in the back office.", "Maria")
    await program.verbs.sending.send_due()
    (again,) = await program.reader.submissions.rows(number)
    assert (again.stage, again.attempt) == (RowStage.UNKNOWN, 2) and again.uid != first.uid
    sent = [event.sent for event in emulator.ledger.of("web")]
    assert [one["external_system_reference_number"] for one in sent] == [first.uid] * 2
    assert await program.reader.submissions.numbers([first.id]) == {first.id: first.uid}
    found = await program.verbs.look_up(number)
    assert (found.found, found.several) == (0, 1), "that it is there twice is told, not hidden"
    (again,) = await program.reader.submissions.rows(number)
    assert again.stage is RowStage.UNKNOWN and "2 times" in again.note


async def test_the_first_sending_is_found_although_the_second_did_not_arrive(
    program: Program, emulator: CrmComEventsSandbox
) -> None:
    emulator.faults.set(Kind.CUT_AFTER, target="/bulk/", times=1)
    number = await program.sent(some(1))
    (first,) = await program.reader.submissions.rows(number)
    emulator.faults.set(Kind.CUT_BEFORE, target="/bulk/", times=1)
    await program.verbs.send_again([first.id], "Nothing in the back office.", "Maria")
    await program.verbs.sending.send_due()
    assert (await program.verbs.look_up(number)).found == 1
    (row,) = await program.reader.submissions.rows(number)
    assert (row.stage, row.remote_id) == (RowStage.SENT, emulator.ledger.of("web")[0].id)


async def test_a_refused_row_gets_a_number_of_its_own_when_it_is_mended(
    program: Program, emulator: CrmComEventsSandbox
) -> None:
    wrong = {**GOOD["web"], "accounts_receivable_identifier.number": "ACR0"}
    number = await program.sent([wrong])
    (first,) = await program.reader.submissions.rows(number)
    await program.verbs.change_rows(number, {first.id: GOOD["web"]})
    await program.verbs.send(number, "Maria")
    await program.verbs.sending.send_due()
    (row,) = await program.reader.submissions.rows(number)
    (event,) = emulator.ledger.of("web")
    assert row.stage is RowStage.SENT and event.sent["external_system_reference_number"] == row.uid != first.uid


async def test_a_referral_that_is_refused_after_a_lost_answer_may_be_ours(
    program: Program, emulator: CrmComEventsSandbox
) -> None:
    emulator.faults.set(Kind.CUT_AFTER, target="/bulk/", times=1)
    number = await program.sent([GOOD["referrals"]], kind="referrals")
    (row,) = await program.reader.submissions.rows(number)
    await program.verbs.send_again([row.id], "Nothing in the back office.", "Maria")
    await program.verbs.sending.send_due()
    (row,) = await program.reader.submissions.rows(number)
    assert (row.stage, row.code) == (RowStage.UNKNOWN, "ReferredByAnotherParticipantException")
    assert "may be this very referral" in row.note
    assert (await program.verbs.look_up(number)).found == 1
    second = await program.sent([GOOD["referrals"]], kind="referrals")
    assert await program.counts(second) == {RowStage.FAILED: 1}, "without an earlier sending it is refused"


async def test_a_lost_answer_is_looked_up_by_itself_and_sends_nothing(
    program: Program, emulator: CrmComEventsSandbox
) -> None:
    emulator.faults.set(Kind.CUT_AFTER, target="/bulk/", times=1)
    number = await program.sent(some(2))
    assert await program.counts(number) == {RowStage.UNKNOWN: 2}
    program.services.start()
    try:
        shown = await program.verbs.looks.of(number)
        assert shown.next_at is not None and (shown.next_at - program.clock.now()).total_seconds() == 60
        assert "by itself at" in look_words(shown)
        told: list[frozenset[int]] = []
        program.database.feed.subscribe(lambda changes: told.append(changes.submissions))
        program.services.set_working_offline(True)
        async with asyncio.timeout(10):
            while not told:
                await asyncio.sleep(0.01)
        assert told == [frozenset({number})] and look_words(await program.verbs.looks.of(number)) == ""
        program.services.set_working_offline(False)
        program.clock.forward(60)
        program.verbs.looks.wake()
        async with asyncio.timeout(10):
            while await program.counts(number) != {RowStage.SENT: 2}:
                await asyncio.sleep(0.01)
    finally:
        await program.services.aclose()
    assert bulk_calls(emulator) == 1 and not program.verbs.looks.running


def test_what_is_done_by_itself_in_words() -> None:
    assert look_words(Looks()) == ""
    assert look_words(Looks(None, 3)).startswith("crmdesk has asked the vendor for these rows 3 times.")


async def test_without_a_line_it_waits(server: LoopbackServer, program: Program, emulator: CrmComEventsSandbox) -> None:
    program.services.set_working_offline(True)
    number = await program.sent(some(3))
    assert await program.counts(number) == {RowStage.QUEUED: 3} and not bulk_calls(emulator)
    program.services.set_working_offline(False)
    await program.verbs.sending.send_due()
    assert await program.counts(number) == {RowStage.SENT: 3}


async def test_what_was_sent_is_known_when_its_account_is_added_anew(program: Program) -> None:
    """Who removes an account and adds it again has not made the vendor forget."""
    await program.sent(some(2))
    await program.services.remove_account(program.id, keep_contacts=True)
    (old,) = program.database.read_sync(accounts.accounts)
    again, elsewhere = (
        program.database.write_sync(lambda c, t, new=new: accounts.add(c, t, new))
        for new in (replace(old, active=True), replace(old, active=True, config={**old.config, "organisation": "O2"}))
    )
    for other in (again, elsewhere):
        program.database.write_sync(lambda c, t, id_=other.id: accounts.put_secret(c, t, id_, "secret", DEMO.password))
    rows = [NewRow(one) for one in some(3)]
    assert not [one for one in await program.verbs.check(elsewhere.id, "web", rows, {}) if one.code == "V-REPEAT"]
    flaws = await program.verbs.check(again.id, "web", rows, {})
    assert [flaw.row for flaw in flaws if flaw.code == "V-REPEAT"] == [0, 1]


@pytest.mark.parametrize(
    ("changed", "known"),
    [
        ({"title": "Another name"}, True),
        ({"base_url": "{}/"}, True),
        ({"username": "second desk", "unit": "U2", "external_system": "desk 2", "release": "R10.1"}, True),
        ({"time_zone": "Europe/Nicosia"}, True),
        ({"sign_in": "web_api_key", "organisation": ""}, True),  # the key says the organisation, we cannot read it
        ({"organisation": " demo "}, True),
        ({"organisation": "O2"}, False),
        ({"base_url": "https://other.example/crmapi/rest/v2"}, False),
    ],
    ids=str,
)
async def test_what_was_sent_is_known_by_the_vendors_place_alone(
    program: Program, changed: dict[str, str], known: bool
) -> None:
    """Settings that say nothing of whose events those are may differ."""
    await program.sent(some(2))
    (old,) = program.database.read_sync(accounts.accounts)
    config = {**old.config, **{name: text for name, text in changed.items() if name not in ("title", "base_url")}}
    new = replace(
        old, title=changed.get("title", "Desk"), base_url=changed.get("base_url", "{}").format(old.base_url),
        config=config,
    )  # fmt: skip
    again = program.database.write_sync(lambda c, t: accounts.add(c, t, new))
    program.database.write_sync(lambda c, t: accounts.put_secret(c, t, again.id, "secret", DEMO.password))
    flaws = await program.verbs.check(again.id, "web", [NewRow(one) for one in some(3)], {})
    assert [flaw.row for flaw in flaws if flaw.code == "V-REPEAT"] == [0, 1] * known


async def test_the_same_event_in_another_zone_was_sent_before(program: Program) -> None:
    """Once as the back office's own time, once with its zone (the account is in UTC), in both directions."""
    plain, zoned = "2024-05-01T18:30:00", "2024-05-01T21:30:00+03:00"
    for number, (first, second) in enumerate([(plain, zoned), (zoned, plain)]):
        row = {**GOOD["web"], "website": f"www.{number}.com"}
        await program.sent([{**row, "performed_on": first}])
        new = [NewRow({**row, "performed_on": second}), NewRow({**row, "performed_on": first})]
        told = [(flaw.row, flaw.code) for flaw in await program.verbs.check(program.id, "web", new, {})]
        assert {(0, "V-REPEAT"), (1, "V-REPEAT"), (1, "V-TWIN")} <= set(told)


async def test_what_an_earlier_version_sent_with_a_zone_is_known(program: Program) -> None:
    row = {**GOOD["web"], "performed_on": "2024-05-01T21:30:00+03:00"}
    await program.sent([row])
    old = Fingerprints(next(kind.batch for kind in kinds_of((12, 0)) if kind.word == "web")).earlier(row)
    assert old
    program.database.write_sync(lambda c, _t: driver_of(c).execute("UPDATE ledger SET fingerprint=?", (old,)))
    flaws = await program.verbs.check(program.id, "web", [NewRow(row)], {})
    assert "V-REPEAT" in {flaw.code for flaw in flaws}


async def test_an_account_that_is_removed_sends_nothing_more(program: Program, emulator: CrmComEventsSandbox) -> None:
    number = await program.sent(some(4), per_call=2, trial=1)
    await program.services.remove_account(program.id, keep_contacts=True)
    found = await program.verbs.get(number)
    assert (found.stage, found.pause) == (SubmissionStage.ENDED, Pause.FORBIDDEN)
    assert await program.counts(number) == {RowStage.SENT: 1, RowStage.NOT_SENT: 3}
    await program.services.remove_account(program.id, keep_contacts=False)
    assert await program.reader.submissions.all() == [] and await program.reader.submissions.search("") == []
