"""Settings to a file and back, through the window: shown before they change, undone at once, bad files told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from crmdesk.sync.settings_file import MOVED, write_settings
from crmdesk.ui import choosing
from crmdesk.ui.places import SETTINGS
from crmdesk.ui.settings_page import OPTIONS, Option
from tests.helpers.house import House, until


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that the system's dialogs give, one after the other."""
    paths: list[str] = []

    async def choose(*_: Any) -> str:
        return paths.pop(0)

    monkeypatch.setattr(choosing, "choose_place", choose)
    monkeypatch.setattr(choosing, "choose_file", choose)
    return paths


async def test_settings_go_to_a_file_and_come_back(tmp_path: Path, chosen: list[str]) -> None:
    (tmp_path / "data").mkdir()
    kept = Settings(operator="Maria", operators=["Maria"], density="large", font_scale=120, show_empty_fields=True)
    async with House(tmp_path / "data", Found(key=memory_key()), kept=kept, practice=True) as house:
        await house.ready()
        house.window.go(SETTINGS)
        file = tmp_path / "desk.json"
        chosen.append(str(tmp_path / "desk"))
        house.find("settings.save_file").click()  # type: ignore[attr-defined]
        await until(file.exists, "the file")
        await until(lambda: house.window.feedback.told, "what was told")
        for name, value in (("density", "compact"), ("font_scale", 100), ("show_empty_fields", False)):
            house.window.pages.set_setting(name, value)
        chosen.append(str(file))
        house.find("settings.load_file").click()  # type: ignore[attr-defined]
        await until(house.dialogs, "the question")
        words = house.words(house.dialogs()[0])
        assert "Take over 3 settings?" in words
        assert "Row height: Compact → Large" in words and "Text size: 100 % → 120 %" in words and "and 1 more" in words
        house.click("settings.take.cancel")
        await until(lambda: not house.window.scope.running("settings.file"), "its end")
        assert house.window.settings.density == "compact", "nothing without a yes"
        chosen.append(str(file))
        house.find("settings.load_file").click()  # type: ignore[attr-defined]
        await until(house.dialogs, "the question")
        house.click("settings.take.go")
        await until(lambda: not house.window.scope.running("settings.file"), "its end")
        assert house.window.settings.density == "large"
        now = house.window.settings
        assert (now.font_scale, now.show_empty_fields, now.operator) == (120, True, "Maria")
        assert house.window.look.density == "large"
        assert house.find("settings.density").currentData() == "large"  # type: ignore[attr-defined]
        house.window.feedback.told[-1].act()
        assert (now.density, now.font_scale, now.show_empty_fields) == ("compact", 100, False)
        now.density, now.font_scale, now.show_empty_fields = "large", 120, True
        chosen.append(str(file))
        house.find("settings.load_file").click()  # type: ignore[attr-defined]
        await until(lambda: house.window.feedback.told[-1].text == "Every setting is as in the file.", "nothing to do")
        await until(lambda: not house.window.scope.running("settings.file"), "its end")
        file.write_bytes(file.read_bytes()[:100])
        chosen.append(str(file))
        house.find("settings.load_file").click()  # type: ignore[attr-defined]
        await until(lambda: "is damaged, or not the whole file" in house.banners(), "what is wrong with it")
        assert now.density == "large"
        house.window.banners.clear("settings file.SettingsFileError")


async def test_names_of_people_who_left_are_forgotten(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    kept = Settings(operator="Maria", operators=["Maria", "Jürgen"])
    async with House(tmp_path / "data", Found(key=memory_key()), kept=kept, practice=True) as house:
        await house.ready()
        house.window.go(SETTINGS)
        names: Any = house.find("settings.names")
        forget: Any = house.find("settings.names.forget")
        assert not forget.isEnabled() and "at the desk now" in forget.toolTip()
        names.setCurrentIndex(names.findText("Jürgen"))
        assert house.window.settings.masks, "two people work here"
        forget.click()
        assert house.window.settings.operators == ["Maria"]
        assert not house.window.settings.masks
        house.window.feedback.told[-1].act()
        assert house.window.settings.operators == ["Maria", "Jürgen"] and house.window.settings.masks
        await until(lambda: "The data folder takes" in house.words("settings"), "the folder's size")
        house.window.outgoing.be("Ana")
        assert "At the desk: \u2068Ana\u2069" in house.words("settings.desk") and names.findText("Ana") >= 0


async def test_every_setting_that_a_file_would_change_can_be_read_first(tmp_path: Path, chosen: list[str]) -> None:
    (tmp_path / "data").mkdir()
    others = {option.name: _other(option) for option in OPTIONS if option.name in MOVED}
    write_settings(tmp_path / "desk.json", Settings(**others))
    async with House(tmp_path / "data", Found(key=memory_key()), practice=True) as house:
        await house.ready()
        house.window.go(SETTINGS)
        chosen.append(str(tmp_path / "desk.json"))
        house.find("settings.load_file").click()  # type: ignore[attr-defined]
        await until(house.dialogs, "the question")
        dialog: Any = house.dialogs()[0]
        words = house.words(dialog)
        assert all(f"{option.label}: " in words for option in OPTIONS if option.name in others), "none hides"
        assert dialog.height() <= house.window.height() and house.find("settings.take.go").isVisible()
        house.click("settings.take.cancel")
        await until(lambda: not house.window.scope.running("settings.file"), "its end")


@pytest.mark.parametrize("command", ["detail.show_raw", "detail.show_empty", "list.layout"])
async def test_a_disk_that_keeps_no_settings_is_told_and_they_hold_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def full(_settings: Settings, _text: str) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "data").mkdir()
    async with House(tmp_path / "data", Found(key=memory_key()), practice=True) as house:
        await house.practised()
        names = ("show_raw", "show_empty_fields", "layout")
        before = [getattr(house.window.settings, name) for name in names]
        monkeypatch.setattr(Settings, "write", full)
        assert house.window.commands.run(command)
        assert [getattr(house.window.settings, name) for name in names] != before
        said = "Settings could not be saved: No space left on device."
        await until(lambda: said in house.banners(), "what went wrong")
        monkeypatch.undo()
        house.window.banners.clear("settings")


def _other(option: Option) -> Any:
    """Some value that is not the usual one."""
    usual = getattr(Settings(), option.name)
    if option.choices:
        return next(key for key, _ in option.choices if key != usual)
    if option.span is not None:
        return next(value for value in option.span[:2] if value != usual)
    return not usual
