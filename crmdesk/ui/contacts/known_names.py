"""The names that people may type in a search, as far as they are known by now: countries, languages, vendors, who works
here, kinds of events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crmdesk.core.errors import KnownError
from crmdesk.core.text import fold
from crmdesk.ui.contacts import names
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.core.query import Lexicon
    from crmdesk.sync.services import Services
    from crmdesk.ui.contacts.page import ContactsPage


class KnownNames:
    """Of one page. Countries and languages take 70 ms of folding: they are learned in a thread, or with the first
    search that needs them."""

    def __init__(self, page: ContactsPage) -> None:
        self._page = page
        self._learned: Lexicon | None = None
        self._people: tuple[str, ...] = ()
        self._kinds: tuple[str, ...] = ()

    def learn(self) -> None:
        """The data folder is open."""
        self._learned = None
        self._page.scope.start(self._learn(), what="Learn names of countries", key="names")

    async def _learn(self) -> None:
        import asyncio  # the first window is painted without

        page = self._page
        learned, countries = await asyncio.to_thread(_learned, page.vendor_titles())
        self._learned = self._learned or learned
        people, kinds = await page.reader.search_names()
        self._people, self._kinds = tuple(people), tuple(kinds)
        page.reader.sort_countries(countries)
        await _learn_titles(page.services, page.desk.accounts, kinds)
        if any(key.column == "country" for key in page.listing.sort):
            page.results.run(hold=True)

    def needed(self) -> Lexicon:
        """Whole, whatever it takes."""
        if self._learned is None:
            self._learned = names.lexicon(self._page.vendor_titles())
        kinds = {fold(word): kind for kind in self._kinds for word in (kind_words(kind), kind)}
        return replace(self._learned, operators=tuple(self.people()), events=kinds)

    def so_far(self) -> Lexicon:
        """Nothing before there is something to search for."""
        from crmdesk.core.query import EMPTY

        return self.needed() if self._learned is not None or self._page.listing.query_text else EMPTY

    def people(self) -> Sequence[str]:
        """Who gave a name here, the newest first, and whoever changed a contact."""
        here = getattr(self._page.settings, "operators", ())
        return tuple(dict.fromkeys((*here, *self._people)))


def _learned(vendors: dict[str, str]) -> tuple[Lexicon, dict[str, str]]:
    return names.lexicon(vendors), names.folded_countries()


_titles: dict[str, str] = {}  # of kinds of events: what their vendors call them, whichever window asked


async def _learn_titles(services: Services, accounts: Iterable[int], kinds: Iterable[str]) -> None:
    """Only where something was sent about contacts: to ask an account loads its vendor's code."""
    unknown = set(kinds) - _titles.keys()
    for account_id in accounts if unknown else ():
        try:
            found = await services.submissions.kinds(account_id, reading=True)
        except KnownError:  # its vendor takes no events, or cannot be asked now: the key says it too
            continue
        _titles.update((one.key, one.title) for one in found if one.key in unknown)
        unknown -= _titles.keys()
        if not unknown:
            return


def kind_words(kind: str) -> str:
    """What a kind of events is called: as on the page of events, once its vendor was asked."""
    return tr(_titles.get(kind) or kind.replace("_", " ").capitalize())
