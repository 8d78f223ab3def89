"""The shift pack that is made by itself at set times, into a folder. Cheap to import: it comes with the window.

What is written is noted by the time it was due, so that a program that was closed then makes up for it once, and one
that ends in the middle does so with its next start."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crmdesk.core.daytimes import last_due, next_due
from crmdesk.core.errors import CrmDeskError, StorageError
from crmdesk.core.seams import iso
from crmdesk.ui.words import clock_time, moment, tr

if TYPE_CHECKING:
    import asyncio

    from PySide6.QtWidgets import QWidget

    from crmdesk.core.types import SavedView
    from crmdesk.ui.main_window import MainWindow

LATE = timedelta(hours=12)  # an older pack helps no shift any more
LOOK = 30.0  # seconds between two looks at the clock: it may be set, and the computer may sleep
DONE = "pack_done"  # in the window's own notes: the time up to which nothing is owed
KEY = "pack.schedule"


class ShiftPacks:
    """`changed` is called where the settings changed."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._woken: asyncio.Event | None = None

    def start(self) -> None:
        """On the running loop, once the data folder is open."""
        import asyncio  # with the first task, not with the window

        self._woken = asyncio.Event()
        self._window.scope.start(self._run(), what="make shift packs", key=KEY, if_busy="keep")

    def changed(self) -> None:
        """What was due before is not owed under the new settings."""
        self._note(self._window.clock.now())
        if self._woken is not None:
            self._woken.set()

    def settings_box(self) -> QWidget:
        """The part of Settings for it."""
        from crmdesk.ui.papers.by_itself_box import ShiftPackBox

        return ShiftPackBox(self, self._window)

    def next_at(self) -> datetime | None:
        """When the next one is made; None where it is switched off."""
        settings = self._window.settings
        return next_due(self._window.clock.now(), settings.pack_times) if settings.pack_folder else None

    # -- at its time -------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        import asyncio

        assert self._woken is not None
        while True:
            self._woken.clear()
            due = self._due()
            if due is not None:
                await self._make(due)
            following = self.next_at()
            wait = None
            if following is not None:
                wait = min(LOOK, max(0.1, (following - self._window.clock.now()).total_seconds()))
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _due(self) -> datetime | None:
        """The time whose pack is owed now."""
        settings, now = self._window.settings, self._window.clock.now()
        last = last_due(now, settings.pack_times) if settings.pack_folder else None
        if last is None:
            return None
        done = moment(settings.window.get(DONE, ""))
        if done is None or done > now:  # never yet, or the clock was wrong
            self._note(now)
            return None
        return last if done < last and now - last <= LATE else None

    def _note(self, at: datetime) -> None:
        self._window.settings.window[DONE] = iso(at)
        self._window.save_settings()

    async def _make(self, due: datetime) -> None:
        """A failure is told, and the next time is another try; a mistake of ours ends no schedule either."""
        from crmdesk.ui.written import tell_written

        try:
            place = await self._written(due)
        except CrmDeskError as error:
            self._note(due)
            self._tell(error, due)
        except Exception as error:  # noqa: BLE001 - shown and logged like every mistake; the next pack is made
            self._note(due)
            self._window.feedback.show(error, KEY)
        else:
            self._note(due)
            tell_written(self._window.feedback, tr("Shift pack saved as {name}."), place)

    async def _written(self, due: datetime) -> Path:
        import asyncio

        from crmdesk.ui.papers import gather, kept_packs, output
        from crmdesk.ui.theme import theme

        window, settings = self._window, self._window.settings
        folder, hidden = Path(settings.pack_folder), settings.mask_printouts
        await window.contacts.load_accounts()  # at the start the list may not have them yet
        found = await gather.gather(window, await gather.of_view(window, await self._view()))
        blocks = gather.blocks(found, window.clock.now(), hidden=hidden)
        foot = gather.footer(found, hidden=hidden)
        pages = await output.laid_out(blocks, theme().font.family(), foot, lambda _page: None)
        content = await output.as_pdf(pages, tr("Shift pack"), lambda _page: None)
        return await asyncio.to_thread(kept_packs.put, folder, due.astimezone(), content, settings.pack_kept)

    async def _view(self) -> SavedView:
        from crmdesk.ui.places import BUILT_IN, WORK_VIEWS

        wanted = self._window.settings.pack_view
        for view in (*BUILT_IN, *WORK_VIEWS, *await self._window.reader.views()):
            if view.id == wanted:
                return view
        raise StorageError(
            tr("The view for it was deleted."), tr("Choose another one in Settings, Shift pack made by itself.")
        )

    def _tell(self, error: CrmDeskError, due: datetime) -> None:
        window, now = self._window, self._window.clock.now()
        said = tr("The shift pack of {time} was not made.").replace("{time}", clock_time(iso(due), now))
        hint = f"{tr(error.words)} {tr(error.hint)}"
        if (following := self.next_at()) is not None:
            again = tr("Next one: {time}.").replace("{time}", clock_time(iso(following), now))
            hint = f"{hint} {again}"
        window.feedback.show(StorageError(said, hint, details=error.details), KEY)
