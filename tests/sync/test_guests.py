"""Guests at the desk: sessions in memory that end by themselves, profiles through the ordinary editor and outbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    NotFoundError,
    OfflineError,
    RejectedError,
    ServerFaultError,
    SignInNeededError,
    StorageError,
)
from crmdesk.core.guest import Address, Approval, Communication, Guest, GuestAwayError
from crmdesk.core.outbox import NEVER, Op, OpState, waits_for_guest
from crmdesk.core.seams import iso
from crmdesk.store import ops
from crmdesk.store.database import driver_of
from crmdesk.sync import guest_sessions, wording
from crmdesk.sync.login import LoginSession, Step
from crmdesk.sync.outcome import PullResult
from crmdesk.sync.progress import Phase
from tests.helpers.front_desk import FrontDesk
from tests.helpers.guest_desk import ANA, BEN, PASSWORD, GuestServer, MemoryGuestDesk, guest_vendor

T = TypeVar("T")

MAILS = {ANA: "ana@house.example", BEN: "ben@house.example"}
HELLO = Communication("M1", subject="Hello", channel="EMAIL", is_viewed=False, is_archived=False)


class House(FrontDesk):
    """A front desk at whose vendor guests sign in."""

    def __init__(self, path: Path, server: GuestServer | None = None) -> None:
        self.server = server or GuestServer()
        super().__init__(path, self.server.profiles)
        self.opened: list[MemoryGuestDesk] = []
        self.vendor = guest_vendor(self.server, self.opened, key="memory")
        self.changes = 0

    async def __aenter__(self) -> House:
        await super().__aenter__()
        await self.guests._prepare_all()
        self.guests.subscribe(self._changed)
        return self

    def _changed(self) -> None:
        self.changes += 1

    @property
    def guests(self) -> Any:
        return self.services.guests

    @property
    def requests(self) -> list[str]:
        return self.server.requests

    async def sign_in(self, remote_id: str = ANA) -> int:
        """By password; the contact's id."""
        login = self.guests.begin(self.id)
        await login.ask("password", {"email": MAILS[remote_id], "password": PASSWORD})
        assert step(login) is Step.DONE, login.view
        await login.aclose()
        return int(login.view.contact_id)

    async def waiting(self) -> Op:
        """The one op that is not sent."""
        (op,) = [op for op in await self.reader.ops() if op.state.open]
        return op

    async def offline(self, times: int = 1) -> None:
        self.server.faults.extend(OfflineError("No route.") for _ in range(times))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path / "desk.db") as made:
        yield made


def step(login: LoginSession) -> Step:
    return login.view.step


async def until(true: Callable[[], Any], what: str) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"it never came: {what}")


# ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_signs_in_is_kept_as_a_contact(house: House) -> None:
    assert house.ids() == {}
    contact_id = await house.sign_in()
    assert house.ids() == {ANA: contact_id}
    assert await house.found("ana") == ["Ana Ruiz"]
    signed = house.guests.signed_in(contact_id)
    assert (signed.account_id, signed.guest.name, signed.contact_id) == (house.id, "Ana Ruiz", contact_id)
    assert "authorise_wifi" in signed.lacks
    assert house.changes == 1
    house.memory.edit(ANA, city="Nicosia")
    assert await house.sign_in() == contact_id, "the same contact, read anew"
    assert house.shown(ANA)["city"] == "Nicosia"


async def test_several_guests_at_one_account(house: House) -> None:
    ana, ben = await house.sign_in(ANA), await house.sign_in(BEN)
    assert [signed.guest.name for signed in house.guests.everyone()] == ["Ana Ruiz", "Ben Hür"]
    await house.guests.sign_out(ana)
    assert house.guests.signed_in(ana) is None
    assert await house.guests.addresses(ben) == ()


async def test_only_vendors_that_let_guests_in_are_offered(house: House, tmp_path: Path) -> None:
    assert [account.id for account in house.guests.accounts()] == [house.id]
    assert [way.key for way in house.guests.begin(house.id).ways] == ["password", "code", "card"]
    with pytest.raises(ForbiddenError):
        house.guests.begin(house.id + 1)
    async with FrontDesk(tmp_path / "other.db") as other:
        await other.services.guests._prepare_all()
        assert other.services.guests.accounts() == []
        with pytest.raises(ForbiddenError):
            other.services.guests.begin(other.id)


async def test_an_account_that_is_added_lets_guests_in_at_once(house: House) -> None:
    added = await house.services.add_account("memory", "Hill", "https://hill.example", {"token": "abc"})
    assert [account.title for account in house.guests.accounts()] == ["Seaside", "Hill"]
    house.guests.begin(added.id)


async def test_somebody_known_starts_with_the_e_mail(house: House) -> None:
    contact_id = await house.sign_in()
    login = house.guests.begin(house.id, contact_id)
    await until(lambda: login.view.values, "the e-mail address")
    assert dict(login.view.values) == {"email": "ana@house.example"}
    assert step(login) is Step.IDENTIFY


async def test_a_cancelled_sign_in_leaves_nobody_signed_in(house: House) -> None:
    login = house.guests.begin(house.id)
    house.server.hold = True
    task = asyncio.ensure_future(login.ask("password", {"email": MAILS[ANA], "password": PASSWORD}))
    await until(lambda: house.server.running, "the request")
    login.cancel()
    await task
    assert (step(login), login.view.title) == (Step.IDENTIFY, "Stopped.")
    house.server.hold = False
    assert (house.server.signed, house.ids(), house.guests.everyone()) == (set(), {}, ())


async def test_who_got_in_although_it_was_cancelled_is_signed_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was there, and nobody waited for it any more."""
    run = house.network.run

    async def just_too_late(factory: Callable[[], Awaitable[T]]) -> T:
        await run(factory)
        monkeypatch.setattr(house.network, "run", run)
        raise asyncio.CancelledError

    login = house.guests.begin(house.id)
    monkeypatch.setattr(house.network, "run", just_too_late)
    await login.ask("password", {"email": MAILS[ANA], "password": PASSWORD})
    await until(lambda: "sign out" in house.requests, "the sign-out")
    await until(lambda: not house.server.signed, "the end of the session")
    assert house.guests.everyone() == ()


async def test_a_profile_that_cannot_be_read_lets_nobody_in(house: House) -> None:
    house.memory.faults.append(ServerFaultError("It is broken there."))
    login = house.guests.begin(house.id)
    await login.ask("password", {"email": MAILS[ANA], "password": PASSWORD})
    assert step(login) is Step.TROUBLE
    assert house.guests.everyone() == ()
    await login.retry()
    assert step(login) is Step.DONE
    assert house.requests == ["sign in password"]


async def test_a_data_folder_that_is_away_keeps_nobody_signed_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    login = house.guests.begin(house.id)
    house.memory.faults.append(ServerFaultError("It is broken there."))
    await login.ask("password", {"email": MAILS[ANA], "password": PASSWORD})
    assert (step(login), house.server.signed) == (Step.TROUBLE, {ANA})

    async def away(_account_id: int) -> Any:
        raise StorageError("The network drive is away.")

    with monkeypatch.context() as patch:
        patch.setattr(house.guests, "_account", away)
        await login.aclose()
    assert (house.server.signed, house.opened[-1].sessions) == (set(), set())


async def test_an_account_removed_meanwhile_is_no_unknown_guest(house: House) -> None:
    login = house.guests.begin(house.id)
    await house.services.remove_account(house.id, keep_contacts=True)
    await login.ask("code", {"email": MAILS[ANA]}, "SMS")
    assert (step(login), login.view.title) == (Step.TROUBLE, "This account is not in use any more.")


# ── how a session ends ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_signing_out_ends_it_at_the_vendor_too(house: House) -> None:
    contact_id = await house.sign_in()
    assert await house.guests.sign_out(contact_id)
    assert (house.server.signed, house.guests.everyone(), house.changes) == (set(), (), 2)
    assert house.ids() == {ANA: contact_id}, "what is saved stays"
    with pytest.raises(GuestAwayError):
        await house.guests.addresses(contact_id)


async def test_signed_out_here_even_where_the_vendor_cannot_be_told(house: House) -> None:
    contact_id = await house.sign_in()
    await house.offline()
    assert not await house.guests.sign_out(contact_id)
    assert house.guests.signed_in(contact_id) is None
    assert house.opened[-1].sessions == set()


async def test_signing_out_can_remove_what_is_saved(house: House) -> None:
    contact_id = await house.sign_in()
    await house.change(ANA, city="Canarytown")
    await house.guests.sign_out(contact_id, keep=False)
    assert house.ids() == {}
    assert await house.reader.ops() == []
    assert "when its guest signed out" in house.dump()
    assert not house.told[-1].forgotten, "nobody is told what was lost: a person wanted it"
    assert "Canarytown" not in house.dump()
    assert "ana@house" not in house.dump()


async def test_what_is_saved_goes_although_the_vendor_is_slow_and_the_window_closed(house: House) -> None:
    """A desk that is shared: whoever signed out and left does not come back to look."""
    contact_id = await house.sign_in()
    house.server.hold = True
    leaving = asyncio.ensure_future(house.guests.sign_out(contact_id, keep=False))
    await until(lambda: house.server.running, "the sign-out")
    await until(lambda: house.ids() == {}, "the end of what is saved")
    leaving.cancel()
    house.server.hold = False
    await until(lambda: house.server.signed == set(), "the end of the session")


async def test_a_card_nobody_works_with_ends_its_session(house: House) -> None:
    ana, ben = await house.sign_in(ANA), await house.sign_in(BEN)
    house.clock.forward(299)
    await house.guests.look_after()
    house.guests.touch(ben)
    house.clock.forward(1)
    await house.guests.look_after()
    assert [signed.contact_id for signed in house.guests.everyone()] == [ben]
    await until(lambda: house.server.signed == {BEN}, "the sign-out at the vendor")
    house.clock.forward(299)
    await house.guests.look_after()
    assert house.guests.everyone() == ()
    assert house.guests.signed_in(ana) is None


async def test_idle_sessions_end_without_anybody_asking(house: House) -> None:
    house.guests.idle_seconds = 0.04
    contact_id = await house.sign_in()
    house.clock.forward(1)
    await until(lambda: house.guests.signed_in(contact_id) is None, "the end")


@pytest.mark.expect_log
async def test_trouble_with_a_mark_keeps_no_idle_session_alive(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house.guests.idle_seconds = 0.04
    contact_id = await house.sign_in()
    await house.offline()
    await house.guests.mark_viewed(contact_id, "M1")
    tried = asyncio.Event()

    async def away(_account_id: int) -> Any:
        tried.set()
        raise StorageError("The network drive is away.")

    with monkeypatch.context() as patch:
        patch.setattr(house.guests, "_account", away)
        await tried.wait()
        await asyncio.sleep(0.02)
    house.clock.forward(1)
    await until(lambda: house.guests.signed_in(contact_id) is None, "the end")
    assert "The network drive is away." in caplog.text


@pytest.mark.expect_log
async def test_a_listener_that_fails_leaves_nobody_signed_in(house: House) -> None:
    def broken() -> None:
        raise RuntimeError("the widget is gone")

    contact_id = await house.sign_in()
    before = house.changes
    end = house.guests.subscribe(broken)
    told = house.guests._told
    told._by_token = dict(reversed(told._by_token.items()))  # it comes first
    assert await house.guests.sign_out(contact_id) is True
    end()
    assert (house.server.signed, house.changes) == (set(), before + 1)


async def test_a_long_call_is_no_idleness(house: House) -> None:
    contact_id = await house.sign_in()
    house.server.hold = True
    upload = asyncio.ensure_future(house.guests.upload(contact_id, "a.pdf", b"x", "application/pdf"))
    await until(lambda: house.server.running, "the upload")
    house.clock.forward(400)
    await house.guests.look_after()
    assert house.guests.signed_in(contact_id) is not None
    house.server.hold = False
    assert await upload == "F1"


async def test_the_lock_signs_everybody_out_and_stops_sign_ins(house: House) -> None:
    await house.sign_in(ANA)
    login = house.guests.begin(house.id)
    house.server.hold = True
    task = asyncio.ensure_future(login.ask("password", {"email": MAILS[BEN], "password": PASSWORD}))
    await until(lambda: house.server.running, "the request")
    ending = asyncio.ensure_future(house.guests.sign_out_all())
    await asyncio.sleep(0)
    assert house.guests.everyone() == (), "at once"
    house.server.hold = False
    await asyncio.gather(ending, task)
    assert (house.server.signed, step(login)) == (set(), Step.IDENTIFY)


@pytest.mark.parametrize("how", ["the lock", "the end of the program", "the dialog", "another address"])
async def test_who_gets_in_as_the_sign_in_is_stopped_is_signed_out_before_all_is_said_to_be_over(
    house: House, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor's answer and the lock meet: the guest is in, and nobody here waits for it any more."""
    run, meeting = house.network.run, asyncio.Event()

    async def just_too_late(factory: Callable[[], Awaitable[T]]) -> T:
        monkeypatch.setattr(house.network, "run", run)
        answer = await run(factory)
        meeting.set()
        await asyncio.Event().wait()
        return answer

    login = house.guests.begin(house.id)
    monkeypatch.setattr(house.network, "run", just_too_late)
    task = asyncio.ensure_future(login.ask("password", {"email": MAILS[BEN], "password": PASSWORD}))
    await meeting.wait()
    assert house.server.signed == {BEN}
    ways = {
        "the lock": house.guests.sign_out_all,
        "the end of the program": house.guests.aclose,
        "the dialog": login.aclose,
        "another address": partial(house.guests.end_account, house.id),
    }
    await ways[how]()
    if how == "the dialog":
        await house.guests.aclose()
    assert (house.server.signed, house.guests.everyone()) == (set(), ())
    await task


async def test_a_vendor_that_does_not_answer_keeps_nobody_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_sessions, "LAST_WAIT", 0.05)
    await house.sign_in(ANA)
    await house.sign_in(BEN)
    house.server.hold = True
    async with asyncio.timeout(2):
        await house.guests.sign_out_all()
    assert house.guests.everyone() == ()
    assert house.opened[-1].sessions == set()
    assert house.server.running == 0


async def test_a_sign_out_that_the_lock_did_not_wait_for_was_not_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever had pressed *Sign out* before hears of it; the task must not seem to be cancelled itself."""
    monkeypatch.setattr(guest_sessions, "LAST_WAIT", 0.05)
    contact_id = await house.sign_in(ANA)
    house.server.hold = True
    leaving = asyncio.ensure_future(house.guests.sign_out(contact_id))
    await until(lambda: house.server.running, "the request")
    await house.guests.sign_out_all()
    assert await leaving is False


async def test_a_dialog_whose_sign_out_the_lock_did_not_wait_for_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_sessions, "LAST_WAIT", 0.05)
    login = house.guests.begin(house.id)

    def leave(_guest: object) -> Awaitable[None]:
        return asyncio.Event().wait()  # type: ignore[return-value]  # a vendor that does not answer

    monkeypatch.setattr(login._entrance, "leave", leave)
    login._guest = Guest("R1", "Ana Ruiz", True, ())
    closing = asyncio.ensure_future(login.aclose())
    await asyncio.sleep(0)
    await house.guests.sign_out_all()
    await closing
    assert house.guests._logins == set()


async def test_forgetting_asks_nobody(house: House) -> None:
    await house.sign_in()
    sent = len(house.requests)
    house.guests.forget_all()
    assert house.guests.everyone() == ()
    await until(lambda: house.opened[-1].sessions == set(), "the end of the tokens")
    assert len(house.requests) == sent


async def test_the_end_of_the_program_signs_everybody_out(tmp_path: Path) -> None:
    house = House(tmp_path / "desk.db")
    async with house:
        await house.sign_in(ANA)
        await house.sign_in(BEN)
    assert house.server.signed == set()
    assert house.requests[-2:] == ["sign out", "sign out"]


async def test_the_end_of_the_program_waits_for_no_vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_sessions, "LAST_WAIT", 0.05)
    house = House(tmp_path / "desk.db")
    async with asyncio.timeout(5), house:
        await house.sign_in(ANA)
        login = house.guests.begin(house.id)
        house.memory.faults.append(ServerFaultError("It is broken there."))
        await login.ask("password", {"email": MAILS[BEN], "password": PASSWORD})
        house.server.hold = True
    assert house.server.running == 0


@pytest.mark.parametrize("change", ["address", "secret", "removed", "kept"])
async def test_a_changed_account_has_lost_its_guests(house: House, change: str) -> None:
    contact_id = await house.sign_in()
    if change == "address":
        await house.services.update_account(
            house.id, base_url="https://elsewhere.example", credentials={"token": "new"}
        )
    elif change == "secret":
        await house.services.update_account(house.id, credentials={"token": "new"})
    else:
        await house.services.remove_account(house.id, keep_contacts=change == "kept")
    assert house.guests.everyone() == ()
    assert house.changes >= 2
    assert house.server.signed == set(), "they were signed out while the vendor still knew them"
    with pytest.raises(GuestAwayError):
        await house.guests.addresses(contact_id)
    assert bool(house.guests.accounts()) == (change in ("address", "secret"))


async def test_a_new_title_is_no_reason_to_sign_anybody_out(house: House) -> None:
    contact_id = await house.sign_in()
    await house.services.update_account(house.id, title="Beach")
    assert await house.guests.addresses(contact_id) == ()


async def test_a_connection_made_anew_has_none_of_the_guests_before(house: House) -> None:
    """As where the file was changed by hand, or a call came between two others."""
    contact_id = await house.sign_in()
    await house.network.run(lambda: house.services._checks.open.close(house.id))
    with pytest.raises(GuestAwayError):
        await house.guests.addresses(contact_id)
    assert (house.guests.everyone(), house.changes) == ((), 2)


async def test_a_session_that_ended_at_the_vendor_is_told(house: House) -> None:
    contact_id = await house.sign_in()
    house.server.signed.clear()
    with pytest.raises(GuestAwayError):
        await house.guests.communications(contact_id, 1)
    assert (house.guests.everyone(), house.changes) == ((), 2)


async def test_working_offline_asks_nobody(house: House) -> None:
    contact_id = await house.sign_in()
    sent = len(house.requests)
    house.services.set_working_offline(True)
    with pytest.raises(OfflineError):
        await house.guests.approvals(contact_id, 1)
    assert house.guests.signed_in(contact_id) is not None
    assert not await house.guests.sign_out(contact_id)
    assert (house.opened[-1].sessions, len(house.requests)) == (set(), sent)


async def test_nothing_of_a_session_is_written_down(house: House) -> None:
    contact_id = await house.sign_in()
    login: LoginSession = house.guests.begin(house.id)
    await login.ask("code", {"email": MAILS[BEN]}, "SMS")
    await login.verify(house.server.code)
    assert step(login) is Step.DONE
    told = house.dump() + repr(house.guests.everyone()) + repr(house.guests._sessions)
    for secret in (PASSWORD, house.server.code, "canary-auth-otp"):
        assert secret not in told
    assert contact_id


# ── edits ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_edit_of_a_signed_in_guest_goes(house: House) -> None:
    await house.sign_in()
    await house.change(ANA, city="Nicosia")
    await house.push()
    assert house.memory.contacts[ANA]["city"] == "Nicosia"
    assert await house.states() == [OpState.CONFIRMED]


async def test_an_edit_waits_for_its_guest_and_holds_nobody_up(house: House) -> None:
    ana = await house.sign_in(ANA)
    await house.sign_in(BEN)
    await house.guests.sign_out(ana)
    await house.change(ANA, city="Nicosia")
    await house.change(BEN, city="Paphos")
    await house.push()
    assert house.memory.contacts[BEN]["city"] == "Paphos"
    op = await house.waiting()
    assert waits_for_guest(op)
    assert (op.next_at, op.tries) == (NEVER, 0)
    assert wording.reason_lines(op, house.vendor.fields) == ("Waits until Ana Ruiz signs in again.",)
    assert wording.state_text(op, house.clock.now()) == "Waits for the guest"
    assert "Ana" not in str(op.reason), "a reason is kept and copied: no guest's data"
    asked = len(house.memory.requests)
    for _ in range(3):
        await house.push(100_000)
    await house.edits.try_all()
    await house.push()
    assert len(house.memory.requests) == asked, "not by time, and not with the others"
    assert house.id not in house.services.sending._paused


async def test_what_waits_is_tried_again_when_the_accounts_own_sign_in_is_good_again(house: House) -> None:
    """While it was refused nobody knew whose it is: an edit of that contact waits among those of guests."""
    ana = await house.sign_in(ANA)
    await house.guests.sign_out(ana)
    await house.change(ANA, city="Nicosia")
    await house.push()
    assert waits_for_guest(await house.waiting())
    checks = house.services._checks
    house.services._check_ended(PullResult(house.id, Phase.DONE))
    await asyncio.sleep(0.05)
    assert (await house.waiting()).next_at == NEVER, "a check like any other changes nothing"
    await checks.signed_out(await checks.account(house.id), SignInNeededError("Refused."))
    checks.know(await checks.account(house.id))
    house.services._check_ended(PullResult(house.id, Phase.DONE))
    for _ in range(200):
        if (await house.waiting()).next_at != NEVER:
            break
        await asyncio.sleep(0.01)
    assert (await house.waiting()).next_at == iso(house.clock.now())
    await house.push()
    assert waits_for_guest(await house.waiting()), "and it is still that guest's"


async def test_it_goes_as_soon_as_that_guest_signs_in(house: House) -> None:
    ana = await house.sign_in(ANA)
    await house.guests.sign_out(ana)
    await house.change(ANA, city="Nicosia")
    await house.push()
    await house.sign_in(BEN)
    await house.services.sending.send_due()
    assert waits_for_guest(await house.waiting()), "another guest is not this one"
    await house.sign_in(ANA)
    await house.services.sending.send_due()
    assert house.memory.contacts[ANA]["city"] == "Nicosia"
    assert await house.states() == [OpState.CONFIRMED]


async def test_after_a_restart_it_still_waits(tmp_path: Path) -> None:
    server = GuestServer()
    async with House(tmp_path / "desk.db", server) as house:
        await house.guests.sign_out(await house.sign_in(ANA))
        await house.change(ANA, city="Nicosia")
        await house.push()
    async with House(tmp_path / "desk.db", server) as house:
        await house.push(4000)
        assert waits_for_guest(await house.waiting())
        await house.sign_in(ANA)
        await house.services.sending.send_due()
        assert house.memory.contacts[ANA]["city"] == "Nicosia"


async def test_a_person_may_try_it_discard_it_or_go_on_typing(house: House) -> None:
    await house.guests.sign_out(await house.sign_in(ANA))
    await house.change(ANA, city="Nicosia")
    await house.push()
    await house.edits.try_now((await house.waiting()).id)
    await house.push(0)
    assert waits_for_guest(await house.waiting())
    await house.change(ANA, notes="late arrival")
    op = await house.waiting()
    assert (op.joined, set(op.paths)) == (2, {"city", "notes"})
    await house.push()
    assert waits_for_guest(await house.waiting())
    await house.edits.discard(op.id)
    assert await house.reader.ops() == []
    assert "city" not in house.shown(ANA) or not house.shown(ANA)["city"]


async def test_a_session_that_ends_under_an_edit_is_told(house: House) -> None:
    contact_id = await house.sign_in()
    await house.change(ANA, city="Nicosia")
    house.server.signed.clear()
    await house.push()
    assert waits_for_guest(await house.waiting())
    await until(lambda: house.guests.signed_in(contact_id) is None, "the end of the session")


async def test_an_edit_that_just_misses_a_sign_in_is_not_left_behind(house: House) -> None:
    """It is put off while its guest comes in: looked at again, and only once."""
    contact_id = await house.sign_in()
    await house.change(ANA, city="Nicosia")
    desk = house.opened[-1]
    check, misses = desk.check, iter((True, False))

    def missed(remote_id: str) -> None:
        if next(misses, False) and remote_id == ANA:
            raise GuestAwayError("Not yet.")
        check(remote_id)

    desk.check = missed  # type: ignore[method-assign]
    await house.push()

    async def sent() -> bool:
        await house.services.sending.send_due()
        return house.memory.contacts[ANA].get("city") == "Nicosia"

    for _ in range(100):
        if await sent():
            break
        await asyncio.sleep(0.01)
    assert await sent()
    assert house.guests.signed_in(contact_id) is not None


async def test_a_vendor_that_contradicts_itself_is_not_asked_for_ever(house: House) -> None:
    """The session is said to be good, and the profile not to be this guest's."""
    await house.sign_in()
    await house.change(ANA, city="Nicosia")
    house.memory.faults.extend(GuestAwayError("Not this one.") for _ in range(20))
    for _ in range(20):
        await house.push()
        await asyncio.sleep(0.005)
    assert waits_for_guest(await house.waiting())
    assert len(house.memory.faults) >= 17


async def test_waiting_ops_of_others_are_left_alone(house: House) -> None:
    ana, ben = await house.sign_in(ANA), await house.sign_in(BEN)
    await house.guests.sign_out_all()
    await house.change(ANA, city="Nicosia")
    await house.change(BEN, city="Paphos")
    await house.push()
    house.database.write_sync(lambda c, t: ops.make_due_of(driver_of(c), t, ana, "2026-11-22T12:00:00Z"))
    by_contact = {op.contact_id: op for op in await house.reader.ops()}
    assert (by_contact[ana].next_at, by_contact[ana].reason) == ("2026-11-22T12:00:00Z", None)
    assert waits_for_guest(by_contact[ben])


# ── what a guest may do ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_messages_are_listed_marked_and_archived(house: House) -> None:
    contact_id = await house.sign_in()
    house.server.messages[ANA] = [HELLO]
    assert (await house.guests.communications(contact_id, 1)).entries == (HELLO,)
    assert await house.guests.mark_viewed(contact_id, "M1")
    assert await house.guests.archive(contact_id, "M1")
    assert not house.guests.unarchive_waiting(contact_id, "M1"), "it has left"
    (message,) = (await house.guests.communications(contact_id, 1, archived=True)).entries
    assert (message.is_viewed, message.is_archived) == (True, True)
    assert (await house.guests.communications(contact_id, 1, archived=False)).entries == ()
    assert (await house.guests.communication(contact_id, "M1")).id == "M1"


async def test_without_a_line_marks_wait_and_go_when_it_is_back(house: House) -> None:
    contact_id = await house.sign_in()
    house.server.messages[ANA] = [HELLO]
    await house.offline()
    assert not await house.guests.archive(contact_id, "M1")
    house.services.set_working_offline(True)
    assert not await house.guests.mark_viewed(contact_id, "M1")
    assert json.loads(json.dumps([*house.guests.waiting(contact_id)])) == ["M1"]
    assert house.server.messages[ANA] == [HELLO]
    changes = house.changes
    house.services.set_working_offline(False)
    await until(lambda: house.server.messages[ANA][0].is_archived, "the mark")
    assert house.server.messages[ANA][0].is_viewed
    await until(lambda: not house.guests.waiting(contact_id), "the end of the waiting")
    assert house.changes > changes


async def test_an_archiving_that_waits_can_be_taken_back(house: House) -> None:
    contact_id = await house.sign_in()
    house.server.messages[ANA] = [HELLO]
    await house.offline(2)
    await house.guests.archive(contact_id, "M1")
    await house.guests.mark_viewed(contact_id, "M1")
    assert house.guests.unarchive_waiting(contact_id, "M1")
    assert not house.guests.unarchive_waiting(contact_id, "M1")
    await house.guests.communications(contact_id, 1)
    assert (house.server.messages[ANA][0].is_viewed, house.server.messages[ANA][0].is_archived) == (True, False)


async def test_a_mark_whose_answer_was_lost_is_done_again(house: House) -> None:
    contact_id = await house.sign_in()
    house.server.messages[ANA] = [HELLO]
    house.server.lost.append(InDoubtError("The line dropped."))
    assert not await house.guests.archive(contact_id, "M1")
    house.server.faults.append(ServerFaultError("It is broken there."))
    await house.guests.look_after()
    assert house.guests.waiting(contact_id), "later again"
    await house.guests.look_after()
    assert not house.guests.waiting(contact_id)
    assert house.requests.count("mark M1 archived") == 3


@pytest.mark.expect_log
async def test_a_mark_that_is_refused_later_does_not_stop_the_others(house: House) -> None:
    contact_id = await house.sign_in()
    house.server.messages[ANA] = [HELLO]
    await house.offline(2)
    await house.guests.archive(contact_id, "gone meanwhile")
    await house.guests.archive(contact_id, "M1")
    await house.guests.look_after()
    assert house.server.messages[ANA][0].is_archived
    assert not house.guests.waiting(contact_id)
    with pytest.raises(NotFoundError):
        await house.guests.archive(contact_id, "gone meanwhile")


async def test_marks_end_with_the_session(house: House) -> None:
    contact_id = await house.sign_in()
    house.server.messages[ANA] = [HELLO]
    await house.offline()
    await house.guests.archive(contact_id, "M1")
    house.server.signed.clear()
    await house.guests.look_after()
    assert house.guests.everyone() == ()
    await house.sign_in()
    assert house.server.messages[ANA] == [HELLO]
    assert dict(house.guests.waiting(contact_id)) == {}


async def test_an_approval_is_never_answered_later_by_itself(house: House) -> None:
    contact_id = await house.sign_in()
    house.server.asked[ANA] = [Approval("P1", "PENDING"), Approval("P2", "APPROVED")]
    await house.offline()
    with pytest.raises(OfflineError):
        await house.guests.answer_approval(contact_id, "P1", accept=True)
    assert [one.id for one in (await house.guests.approvals(contact_id, 1, "PENDING")).entries] == ["P1"]
    assert await house.guests.answer_approval(contact_id, "P1", accept=False, comments="no") == ""
    assert await house.guests.answer_approval(contact_id, "P2", accept=False) == "APPROVED"


async def test_addresses_files_and_the_rest_reach_the_vendor(house: House) -> None:
    contact_id, guests = await house.sign_in(), house.guests
    made = await guests.add_address(contact_id, Address(address_line_1="1 Beach Road"))
    await guests.change_address(contact_id, Address(id=made, address_line_1="2 Beach Road"))
    assert [one.address_line_1 for one in await guests.addresses(contact_id)] == ["2 Beach Road"]
    await guests.remove_address(contact_id, made)
    assert await guests.addresses(contact_id) == ()
    file_id = await guests.printout(contact_id, "CONTACT", ANA)
    assert (await guests.file(contact_id, file_id)).mime == "application/pdf"
    await guests.delete_file(contact_id, file_id)
    with pytest.raises(NotFoundError):
        await guests.file(contact_id, file_id)
    await guests.set_consent(contact_id, "REJECTED")
    await guests.authorise_wifi(contact_id, "01-23-45-67-89-AB", "E1", "Lobby")
    await guests.change_password(contact_id, "another one")
    assert house.server.consents[ANA] == "REJECTED"
    assert house.server.people[0].password == "another one"


async def test_a_guest_may_leave_the_organisation(house: House) -> None:
    contact_id = await house.sign_in()
    house.server.faults.append(RejectedError("Not today."))
    with pytest.raises(RejectedError):
        await house.guests.leave(contact_id)
    assert house.guests.signed_in(contact_id) is not None
    await house.guests.leave(contact_id)
    assert (house.guests.everyone(), house.ids()) == ((), {})
