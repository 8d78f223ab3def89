"""A vendor that no longer takes an account's sign-in stops that account alone, and nothing that is typed is lost."""

from __future__ import annotations

from pathlib import Path

from crmdesk.core.errors import SignInNeededError
from crmdesk.core.outbox import OpState
from crmdesk.sync.progress import Phase
from tests.helpers.clock import FakeClock
from tests.helpers.front_desk import FrontDesk
from tests.helpers.memory_vendor import MemoryVendor, vendor_of

REFUSED = "Memory does not take this token any more."


class TwoHouses(FrontDesk):
    """Two accounts of one vendor: Seaside with the contact 1, Hill with the contact 2."""

    def __init__(self, path: Path, clock: FakeClock | None = None) -> None:
        super().__init__(path, clock=clock)
        self.sea, self.hill = MemoryVendor(), MemoryVendor()
        self.sea.make(id=1)
        self.hill.make(id=2)
        self.vendor = vendor_of({"Seaside": self.sea, "Hill": self.hill})

    async def begin(self) -> int:
        """Both are fetched; the id of the second account."""
        added = await self.services.add_account("memory", "Hill", "https://hill.example", {"token": "abc"})
        await self.services.pull_all()
        assert self.ids().keys() == {"1", "2"}
        return added.id

    def phase(self, account_id: int) -> Phase:
        return self.board.of(account_id).phase


async def test_only_the_refused_account_stops(tmp_path: Path) -> None:
    async with TwoHouses(tmp_path / "desk.db") as desk:
        hill = await desk.begin()
        desk.sea.faults.append(SignInNeededError(REFUSED))
        await desk.change("1", city="Nicosia")
        await desk.change("2", city="Paphos")
        await desk.push()
        assert desk.hill.contacts["2"]["city"] == "Paphos"
        assert "city" not in desk.sea.contacts["1"]
        assert (desk.phase(desk.id), desk.phase(hill)) == (Phase.SIGN_IN, Phase.DONE)
        asked = len(desk.sea.requests)
        await desk.change("2", city="Polis")
        await desk.push(7200)
        assert desk.hill.contacts["2"]["city"] == "Polis"
        assert len(desk.sea.requests) == asked, "nobody knocks with a refused token"


async def test_what_is_typed_meanwhile_is_saved_and_goes_after_the_sign_in(tmp_path: Path) -> None:
    async with TwoHouses(tmp_path / "desk.db") as desk:
        await desk.begin()
        desk.sea.faults.append(SignInNeededError(REFUSED))
        await desk.change("1", city="Nicosia")
        await desk.push()
        await desk.change("1", notes="late arrival")
        assert (desk.shown("1")["city"], desk.shown("1")["notes"]) == ("Nicosia", "late arrival")
        (op,) = await desk.reader.ops()
        assert (op.state, op.joined) == (OpState.PENDING, 2)
    async with TwoHouses(tmp_path / "desk.db", desk.clock) as desk:
        assert desk.shown("1")["notes"] == "late arrival", "also after a restart"
        desk.sea.faults.append(SignInNeededError(REFUSED))
        await desk.push()
        assert desk.services.sending._paused == {desk.id}
        await desk.services.update_account(desk.id, credentials={"token": "new"})
        await desk.push(0)
        assert desk.sea.contacts["1"]["city"] == "Nicosia"
        assert desk.sea.contacts["1"]["notes"] == "late arrival"


async def test_a_check_that_is_refused_holds_its_own_edits_and_no_others(tmp_path: Path) -> None:
    async with TwoHouses(tmp_path / "desk.db") as desk:
        hill = await desk.begin()
        desk.sea.faults.append(SignInNeededError(REFUSED))
        assert (await desk.services.pull(desk.id)).phase is Phase.SIGN_IN
        assert (await desk.services.pull(hill)).phase is Phase.DONE
        await desk.change("1", city="Nicosia")
        await desk.change("2", city="Paphos")
        desk.sea.faults.append(SignInNeededError(REFUSED))
        await desk.push()
        assert desk.hill.contacts["2"]["city"] == "Paphos"
        assert desk.shown("1")["city"] == "Nicosia"
        assert (await desk.services.pull(desk.id)).phase is Phase.DONE, "a check that goes well brings the account back"
        await desk.push()
        assert desk.sea.contacts["1"]["city"] == "Nicosia"
