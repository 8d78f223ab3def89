"""A sign-in that is refused while changes wait: the desktop tells it, once, while crmdesk is not in front."""

from __future__ import annotations

from pathlib import Path

from crmdesk.core.outbox import FieldChange
from crmdesk.sync.progress import Phase
from tests.helpers.house import until
from tests.walks.test_practice import SEA, choose_vendor, practice, somebody, turn


async def test_a_sign_in_that_changes_wait_for_is_told(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        told: list[tuple[str, str]] = []
        system = house.window.outgoing.system
        system.use(lambda *words: told.append(words))
        system.in_front = lambda: False
        house.window.commands.run("practice.panel")
        await until(lambda: house.there("practice.panel"), "the panel")
        row = await somebody(house, SEA)
        house.services.edits.set_grace(60, 60)  # it waits all the while
        await house.services.edits.save(row.id, [FieldChange("city", row.city, "Nantes")])
        choose_vendor(house, "bookingsync")
        told.clear()  # practice has sent events, some of which failed
        turn(house, "sign_out", on=True)
        await until(lambda: house.phase(SEA) is Phase.SIGN_IN, "signed out")
        await until(lambda: told, "the system's notification")
        ((title, text),) = told
        assert title == "crmdesk, practice"
        assert text == "BookingSync asks for a new sign-in, and 1 change waits for it."
        turn(house, "sign_out", on=False)
        await until(lambda: house.phase(SEA) is Phase.DONE, "signed in again")
        house.window.pages.set_setting("system_notices", False)
        turn(house, "sign_out", on=True)
        await until(lambda: house.phase(SEA) is Phase.SIGN_IN, "signed out again")
        assert len(told) == 1
