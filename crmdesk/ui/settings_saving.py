"""Settings are written beside the window, whatever the disk takes: each change at once, of several only the newest."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.settings import Settings
    from crmdesk.ui.feedback import BannerHost


class SettingsSaving(QObject):
    """Among `banners` it says that they could not be saved, until they could. The thread that writes ends when there is
    nothing left to write, and the program waits for it, however it ends."""

    _done = Signal(object)  # Exception | None, from the other thread to the window's

    def __init__(self, settings: Settings, banners: BannerHost) -> None:
        super().__init__(banners)
        self._settings, self._banners = settings, banners
        self._done.connect(self._tell)
        self._lock = threading.Lock()
        self._wanted: str | None = None
        self._thread: threading.Thread | None = None

    def save(self) -> None:
        """As they are now."""
        if self._settings.file is None:
            return
        text = self._settings.as_text()
        with self._lock:
            self._wanted = text
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="settings")
                self._thread.start()

    async def end(self) -> None:
        """Once what was to be saved is on the disk, or could not be."""
        import asyncio  # with the first task, not with the window

        with self._lock:
            thread = self._thread
        if thread is not None:
            await asyncio.to_thread(thread.join)

    def _write(self) -> None:
        """Whatever goes wrong is told in the window, and what is wanted next is written all the same."""
        try:
            while (text := self._next()) is not None:
                failed: Exception | None = None
                try:
                    self._settings.write(text)
                except Exception as error:  # noqa: BLE001 - the window's thread raises it again
                    failed = error
                self._done.emit(failed)
        finally:
            with self._lock:
                if self._thread is threading.current_thread():
                    self._thread = None

    def _next(self) -> str | None:
        """None ends the thread: whoever wants more starts another."""
        with self._lock:
            text, self._wanted = self._wanted, None
            if text is None:
                self._thread = None
            return text

    def _tell(self, failed: Exception | None) -> None:
        if failed is None:
            self._banners.clear("settings")
            return
        reason = (failed.strerror if isinstance(failed, OSError) else "") or type(failed).__name__
        text = tr("Settings could not be saved: {reason}.").replace("{reason}", reason)
        self._banners.show_banner("settings", "warning", text)
        if not isinstance(failed, OSError):
            raise failed  # a mistake of ours: logged and told like every other one
