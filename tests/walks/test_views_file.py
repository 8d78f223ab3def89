"""Saved views to a file and back, through the window: shown before they are added, undone at once."""

from __future__ import annotations

from pathlib import Path

from crmdesk.core.types import SavedView, Sort
from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from tests.helpers.house import House, until
from tests.walks.test_settings_file import chosen as chosen  # a fixture


def titles(house: House) -> list[str]:
    return [view.title for view in house.window.navigation.views() if view.id > 0]


async def done(house: House) -> None:
    await until(lambda: not house.window.scope.running("views.file"), "its end")


async def test_views_go_to_a_file_and_come_back(tmp_path: Path, chosen: list[str]) -> None:
    """UX-FLT-04."""
    (tmp_path / "data").mkdir()
    async with House(tmp_path / "data", Found(key=memory_key()), practice=True) as house:
        await house.ready()
        commands = house.window.commands
        assert commands.why_not("views.save_file") == "There is no saved view yet."
        number = house.accounts()["Seaside Villas"]
        berlin = SavedView(0, "Berlin", "city:berlin", (Sort("updated", True),), ("name", "phone"))
        for view in (berlin, SavedView(0, "Ours", f"account:{number}")):
            await house.services.save_view(view)
        await until(lambda: titles(house) == ["Berlin", "Ours"], "both")
        letters = {line.title: line.letter for line in house.window.navigation.lines() if line.view is not None}
        assert (letters["Berlin"], letters["Ours"], letters["Restricted"]) == ("B", "O", "")

        chosen.append(str(tmp_path / "views"))
        assert commands.run("views.save_file")
        await until((tmp_path / "views.json").exists, "the file")
        await done(house)
        chosen.append(str(tmp_path / "views.json"))
        commands.run("views.load_file")
        await until(lambda: house.window.feedback.told[-1].text == "Every view of the file is here already.", "a word")
        await done(house)

        berlin, ours = [view for view in house.window.navigation.views() if view.id > 0]
        await house.services.delete_view(berlin.id)
        await house.services.save_view(SavedView(ours.id, "Ours", "anna"))
        await until(lambda: titles(house) == ["Ours"], "one")
        chosen.append(str(tmp_path / "views.json"))
        commands.run("views.load_file")
        await until(house.dialogs, "the question")
        words = house.words(house.dialogs()[0])
        assert "Add 2 views?" in words and "Berlin: city:berlin" in words and "Ours (2): account:" in words
        house.click("views.take.cancel")
        await done(house)
        assert titles(house) == ["Ours"], "nothing without a yes"
        chosen.append(str(tmp_path / "views.json"))
        commands.run("views.load_file")
        await until(house.dialogs, "the question")
        house.click("views.take.go")
        await until(lambda: titles(house) == ["Ours", "Berlin", "Ours (2)"], "all of them")
        await done(house)
        again = next(view for view in house.window.navigation.views() if view.title == "Berlin")
        assert (again.query, again.sort, again.columns) == (berlin.query, berlin.sort, berlin.columns)
        chosen.append(str(tmp_path / "views.json"))
        commands.run("views.load_file")
        await until(lambda: "here already" in house.window.feedback.told[-1].text, "a word, also of the numbered one")
        await done(house)
        house.window.feedback.told[-2].act()
        await until(lambda: titles(house) == ["Ours"], "and away again")
        await done(house)

        (tmp_path / "views.json").write_text("{}")
        chosen.append(str(tmp_path / "views.json"))
        commands.run("views.load_file")
        await until(lambda: "holds no views of crmdesk" in house.banners(), "what is wrong with it")
        await done(house)
        house.window.banners.clear("views.file.SettingsFileError")
