"""The order of names, chosen in Settings: list, detail pane and a start follow at once."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QComboBox

from crmdesk.core.text import sort_key
from crmdesk.early import Early, Found
from crmdesk.net.secrets import memory_key
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.settings import Settings
from crmdesk.store.database import driver_of
from crmdesk.store.sorting import has_index
from crmdesk.ui import naming
from crmdesk.ui.contacts.columns import NAME
from crmdesk.vendors.bookingsync import VENDOR
from tests.helpers.house import House, until


def shown(house: House, most: int = 12) -> list[str]:
    """Names as the list paints them."""
    looks = [house.model.look(row) for row in range(min(most, house.model.rowCount()))]
    return [look.text(NAME) if look is not None else "…" for look in looks]


def choose(house: House, order: str) -> None:
    house.key("Ctrl+,")
    combo = house.find("settings.name_order", QComboBox)
    combo.setCurrentIndex(combo.findData(order))


async def test_names_are_worded_and_sorted_anew_at_once(tmp_path: Path) -> None:
    async with House(tmp_path, Found(key=memory_key()), practice=True, kept=Settings()) as house:
        await house.practised()
        usual = shown(house)
        house.click_row(2)
        await until(lambda: house.window.contacts.detail.detail is not None, "the detail pane")
        contact_id = house.table.current_id()
        name = house.window.contacts.detail.header.name

        choose(house, "family")
        house.key("Esc")
        await until(lambda: shown(house) != usual and "…" not in shown(house), "names the other way round")
        assert sum(", " in text for text in shown(house)) > 6
        assert shown(house) != usual and [sorted(a.replace(",", "").split()) for a in shown(house)] == [
            sorted(b.split()) for b in usual
        ], "the same people in the same order: it was sorted by family names before"
        await until(lambda: ", " in name.text(), "the name in the detail pane")
        assert house.table.current_id() == contact_id

        choose(house, "given")
        house.key("Esc")
        await until(lambda: house.table.current_id() == contact_id and ", " not in name.text(), "as it was written")
        house.key("Home")
        await until(lambda: _sorted(house), "first names")
        assert shown(house) != usual
        await until(lambda: house.database.read_sync(lambda c: has_index(driver_of(c))), "an index for the next start")

        choose(house, "auto")
        house.key("Esc")
        house.key("Home")
        await until(lambda: shown(house) == usual, "the order from before")
        await until(lambda: not house.database.read_sync(lambda c: has_index(driver_of(c))), "pulls as quick as before")
    assert naming.use() is False, "a window that is gone leaves no order behind"


def _sorted(house: House) -> bool:
    return len(shown(house)) > 5 and "…" not in shown(house) and shown(house) == sorted(shown(house), key=sort_key)


def start(folder: Path) -> House:
    """As the program does it: the first rows are read beside Qt's import."""
    return House(folder, Early(folder, {"CRMDESK_PASSPHRASE": "correct horse battery staple"}).wait())


async def test_the_next_start_begins_with_it(tmp_path: Path) -> None:
    with LoopbackServer(VENDOR.sandbox(counts=(60, 20))) as server:
        async with start(tmp_path / "data") as house:
            await house.ready()
            house.click("welcome.connect")
            await house.add_account("Seaside", f"{server.base_url}/api/v3", "demo-seaside", test=False)
            await house.done("Seaside")
            choose(house, "given")
            house.key("Esc")
            await until(lambda: _sorted(house), "first names")
            before = shown(house, 5)
        async with start(tmp_path / "data") as house:
            assert shown(house, 5) == before, "painted before the search is there"
            await house.ready()
            await until(lambda: house.window.contacts.results.ready, "the search")
            assert shown(house, 5) == before
