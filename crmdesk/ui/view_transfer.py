"""Saved views to a file and back: shown before they are added, and taken away again at once by *Undo*."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.types import SavedView
from crmdesk.ui.commands import Command
from crmdesk.ui.words import plural, tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

MENU = "Contacts/List"
KEY = "views.file"  # of the task


def commands(window: MainWindow) -> list[Command]:
    return [
        Command(
            "views.save_file", tr("Save the views as a file…"), partial(_start, window, "save"), (), "anywhere",
            partial(_why_not_save, window), MENU, words="share export saved view filter",
        ),
        Command(
            "views.load_file", tr("Take views over from a file…"), partial(_start, window, "load"), (), "anywhere",
            partial(_why_not, window), MENU, words="share import saved view filter",
        ),
    ]  # fmt: skip


def _why_not(window: MainWindow) -> str | None:
    return window.why_not_yet()


def _why_not_save(window: MainWindow) -> str | None:
    return _why_not(window) or (None if _saved(window) else tr("There is no saved view yet."))


def _saved(window: MainWindow) -> list[SavedView]:
    return [view for view in window.navigation.views() if view.id > 0]


def _start(window: MainWindow, what: str) -> None:
    work = _save(window) if what == "save" else _load(window)
    window.scope.start(work, what=f"{what} views", key=KEY, if_busy="keep")


async def _save(window: MainWindow) -> None:
    import asyncio  # with the first file, as all that follows

    from crmdesk.sync.settings_file import ENDING
    from crmdesk.sync.views_file import write_views
    from crmdesk.ui.written import place_for, tell_written

    place = await place_for(window, tr("Views of crmdesk"), ENDING)
    if place is None:
        return
    try:
        await asyncio.to_thread(write_views, place, _saved(window), await _titles(window))
    except CrmDeskError as error:
        window.feedback.show(error, KEY)
        return
    tell_written(window.feedback, tr("The views were written to {name}."), place)


async def _load(window: MainWindow) -> None:
    import asyncio

    from crmdesk.sync.settings_file import ENDING
    from crmdesk.sync.views_file import BroughtViews, read_views
    from crmdesk.ui import choosing
    from crmdesk.ui.confirm import confirm
    from crmdesk.ui.feedback import ask
    from crmdesk.ui.settings_transfer import left_out

    path = await choosing.choose_file(window, (tr("Views") + f" (*{ENDING})", tr("All files") + " (*)"))
    if not path:
        return
    try:
        brought: BroughtViews = await asyncio.to_thread(read_views, Path(path))
    except CrmDeskError as error:
        window.feedback.show(error, KEY)
        return
    fresh = fresh_of(brought.views, _saved(window), await _titles(window))
    more = left_out(brought.unusable) if brought.unusable else ""
    if not fresh:
        window.feedback.notice(more or tr("Every view of the file is here already."))
        return
    title = plural(len(fresh), "Add 1 view?", "Add {n} views?")
    lines = "\n".join([*(f"{view.title}: {view.query}" if view.query else view.title for view in fresh), more]).strip()
    text = tr("Views that are here stay as they are.")
    if await ask(confirm(window, "views.take", title, text, [("go", tr("Add"), False)], detail=lines)):
        await _add(window, fresh)


async def _titles(window: MainWindow) -> dict[int, str]:
    return {account.id: account.title for account in await window.reader.accounts()}


def fresh_of(brought: Sequence[SavedView], here: Sequence[SavedView], accounts: Mapping[int, str]) -> list[SavedView]:
    """What is not here yet, at the end of the list; one whose title is another view's gets a number, and is here when
    the file comes once more."""
    from crmdesk.sync.views_file import named

    known = {_content(replace(view, query=named(view.query, accounts))) for view in here}
    titles, last = {view.title for view in here}, max((view.position for view in here), default=0)
    found: list[SavedView] = []
    for view in brought:
        for title in _numbered(view.title):
            named_so = replace(view, title=title, position=last + 1 + len(found))
            if _content(named_so) in known:
                break
            if title not in titles:
                known.add(_content(named_so))
                titles.add(title)
                found.append(named_so)
                break
    return found


def _numbered(title: str) -> Iterator[str]:
    yield title
    for number in count(2):
        yield tr("{title} ({n})").replace("{n}", str(number)).replace("{title}", title)


def _content(view: SavedView) -> tuple[object, ...]:
    return view.title, view.query, view.sort, view.columns


async def _add(window: MainWindow, fresh: Sequence[SavedView]) -> None:
    added = [await window.services.save_view(view) for view in fresh]
    words = plural(len(added), "1 view was added.", "{n} views were added.")

    def away() -> None:
        window.scope.start(_drop(window, added), what="take views away", key=KEY, if_busy="queue")

    window.feedback.notice(words, (tr("Undo"), away), lambda: set(added) <= set(_saved(window)))


async def _drop(window: MainWindow, added: Sequence[SavedView]) -> None:
    for view in added:
        await window.services.delete_view(view.id)
