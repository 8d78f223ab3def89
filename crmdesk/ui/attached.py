"""What is painted before the data folder is open, and gets services and reader later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.store.reader import Reader
    from crmdesk.sync.services import Services


class Attached:
    """A mixin. `services` and `reader` may only be asked for once it is `attached`: an AssertionError before."""

    _services: Services | None = None
    _reader: Reader | None = None

    @property
    def attached(self) -> bool:
        return self._services is not None

    def why_not_yet(self) -> str | None:
        """The sentence for what needs nothing but the data folder."""
        return None if self.attached else tr("Contacts are still being opened.")

    @property
    def services(self) -> Services:
        assert self._services is not None, "not attached yet"
        return self._services

    @property
    def reader(self) -> Reader:
        assert self._reader is not None, "not attached yet"
        return self._reader

    def take_world(self, services: Services, reader: Reader) -> None:
        """The data folder is open."""
        self._services, self._reader = services, reader
