"""Settings to a file and back. Nothing is taken over before a person has seen what would change, and all of it can be
undone at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.sync.settings_file import ENDING, Brought, read_settings, write_settings
from crmdesk.ui import choosing
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.flow import flowing
from crmdesk.ui.kit import Muted, button, column, plural, tr
from crmdesk.ui.settings_page import OPTIONS, Option
from crmdesk.ui.words import number
from crmdesk.ui.written import place_for, tell_written

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow


class SettingsTransfer:
    """Acts for its window. `box()` is the part of Settings with both buttons."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def box(self) -> QWidget:
        host = QWidget()
        words = tr("Without names of people, folders and sign-ins. For another desk, or to go back to.")
        line = flowing(
            button("settings.save_file", tr("Save the settings as a file…"), self.save),
            button("settings.load_file", tr("Take settings over from a file…"), self.load),
        )
        column(host, line, Muted(words, wrap=True), gap=4)
        return host

    def save(self) -> None:
        self._window.scope.start(self._save(), what="save settings as a file", key="settings.file", if_busy="keep")

    def load(self) -> None:
        self._window.scope.start(self._load(), what="take over settings", key="settings.file", if_busy="keep")

    async def _save(self) -> None:
        window = self._window
        place = await place_for(window, tr("Settings of crmdesk"), ENDING)
        if place is None:
            return
        try:
            await asyncio.to_thread(write_settings, place, window.settings)
        except CrmDeskError as error:
            window.feedback.show(error, "settings file")
            return
        tell_written(window.feedback, tr("The settings were written to {name}."), place)

    async def _load(self) -> None:
        window = self._window
        path = await choosing.choose_file(window, (tr("Settings") + f" (*{ENDING})", tr("All files") + " (*)"))
        if not path:
            return
        try:
            brought = await asyncio.to_thread(read_settings, Path(path))
        except CrmDeskError as error:
            window.feedback.show(error, "settings file")
            return
        fresh = {name: value for name, value in brought.values.items() if getattr(window.settings, name) != value}
        if not fresh:
            told = left_out(brought.unusable) if brought.unusable else tr("Every setting is as in the file.")
            window.feedback.notice(told)
        elif await ask(self._question(Path(path).name, fresh, brought)):
            self._take(fresh)

    def _question(self, name: str, fresh: Mapping[str, Any], brought: Brought) -> Any:
        shown = [self._line(option, fresh) for option in OPTIONS if option.name in fresh]
        if more := len(fresh) - len(shown):  # of what has no place in Settings
            shown.append(plural(more, "and 1 more", "and {n} more"))
        detail = "\n".join([*shown, *([left_out(brought.unusable)] if brought.unusable else [])])
        title = plural(len(fresh), "Take over 1 setting?", "Take over {n} settings?")
        text = tr("“{name}” has other values than crmdesk has now.").replace("{name}", name)
        return confirm(self._window, "settings.take", title, text, [("go", tr("Take over"), False)], detail=detail)

    def _line(self, option: Option, fresh: Mapping[str, Any]) -> str:
        before, after = shown_value(option, getattr(self._window.settings, option.name)), fresh[option.name]
        words = tr("{setting}: {before} → {after}").replace("{setting}", tr(option.label))
        return words.replace("{before}", before).replace("{after}", shown_value(option, after))

    def _take(self, fresh: Mapping[str, Any]) -> None:
        settings = self._window.settings
        before = {name: getattr(settings, name) for name in fresh}
        self._set(fresh)
        self._window.feedback.notice(
            plural(len(fresh), "1 setting was taken over.", "{n} settings were taken over."),
            (tr("Undo"), lambda: self._set(before)),
            lambda: all(getattr(settings, name) == value for name, value in fresh.items()),
        )

    def _set(self, values: Mapping[str, Any]) -> None:
        self._window.pages.set_settings(values)


def shown_value(option: Option, value: Any) -> str:
    """As its control shows it."""
    if option.choices:
        return tr(dict(option.choices).get(value, str(value)))
    if option.span is not None:
        return f"{number(value)}{tr(option.span[3])}"
    return tr("On") if value else tr("Off")


def left_out(count: int) -> str:
    return plural(
        count, "1 entry of the file is of no use here and is left out.",
        "{n} entries of the file are of no use here and are left out.",
    )  # fmt: skip
