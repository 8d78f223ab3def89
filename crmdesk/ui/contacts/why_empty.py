"""Why the list of contacts is empty, and what can be done about it: made with the first list that is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crmdesk.core.text import is_phone
from crmdesk.ui.contacts.empty import Action
from crmdesk.ui.contacts.listing import of_text
from crmdesk.ui.words import plural, tr

if TYPE_CHECKING:
    from crmdesk.core.filters import Filter
    from crmdesk.core.query import Query
    from crmdesk.core.types import Account
    from crmdesk.ui.contacts.page import ContactsPage

MOST_NAMES = 5  # words of a search that can be a person's name
LEAST_DIGITS = 6  # of a number that is somebody's
_DAY = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{4}")
_MAIL = re.compile(r"[^\s@:\"]+@[^\s@:\"]+\.[^\s@:\"]+")
SHORT = 40  # characters of a search shown in a sentence


@dataclass(frozen=True, slots=True)
class _Way:
    """Something that would bring contacts into the list."""

    said: str
    act: Action


@dataclass(frozen=True, slots=True)
class _Reached:
    """How somebody is reached: by one of these."""

    phone: str = ""
    email: str = ""

    def nobody(self) -> str:
        """That no contact has it."""
        words = tr("Nobody here has the number {value}.") if self.phone else tr("Nobody here has {value}.")
        return words.replace("{value}", self.phone or self.email)


def _filtered_way(filters: Sequence[Filter]) -> _Reached | None:
    """Of a view that asks for one number or one address, and for nothing else."""
    if len(filters) != 1 or filters[0].negated or len(filters[0].values) != 1:
        return None
    field, text = filters[0].field, filters[0].values[0]
    return _typed_way(f"{field}:{text}") if field in ("phone", "email") else None


def _typed_way(text: str) -> _Reached | None:
    """Of a whole search. Bare digits are a number only where they begin as one is dialled: else they may be those of a
    reservation."""
    address, number = text.removeprefix("email:"), text.removeprefix("phone:")
    if _MAIL.fullmatch(address):
        return _Reached(email=address)
    dialled = number != text or (text.lstrip("(").startswith(("+", "0")) and not _DAY.fullmatch(text))
    return _Reached(phone=number) if dialled and is_phone(number, LEAST_DIGITS) else None


class WhyEmpty:
    """Acts for its page. What would bring hits is looked for after the words are there, and offered with its number."""

    def __init__(self, page: ContactsPage) -> None:
        self._page = page

    def show(self) -> None:
        page = self._page
        listing = page.listing
        if not page.desk.accounts and not page.results.total:
            connect = ("empty.connect", tr("Connect an account…"), lambda: page.openAccountRequested.emit(0))
            text = tr("Connect a vendor to see its contacts.")
            page.empty.show_state("people", tr("No contacts yet"), text, (connect,))
        elif listing.text.strip():
            self._no_match([])
            page.scope.start(self._look_for_ways(page.query()), what="Look for other hits", key="ways out")
        elif listing.filters:
            self._nothing_in_view([])
            if listing.account_id is not None:
                page.scope.start(self._look_elsewhere(page.query()), what="Look for other hits", key="ways out")
        else:
            self._no_contacts()

    # -- nobody there ------------------------------------------------------------------------------------------------

    def _no_contacts(self) -> None:
        page = self._page
        account = page.desk.accounts.get(page.listing.account_id or 0)
        title = page.title() if account else tr("Your accounts")
        if account and (reason := page.verbs.why_not("listed", "pull")):
            page.empty.show_state("people", tr("{name} has no contacts here.").replace("{name}", title), reason, ())
            return
        again: Action = ("empty.check", tr("Check again"), self._check_again)
        text, acts = tr("They appear here as soon as they are fetched."), [again]
        if self._guests_only(account):
            text = tr("They appear here once their guests sign in.")
            acts = [("empty.sign_in", tr("Sign in a guest…"), lambda: page.commands.run("guest.sign_in")), again]
        if page.verbs.why_not("listed", "create") is None:
            acts.insert(0, ("empty.new", tr("New contact…"), page.verbs.new_contact))
        words = tr("{name} has no contacts yet.") if account else tr("{name} have no contacts yet.")
        page.empty.show_state("people", words.replace("{name}", title), text, acts)

    def _guests_only(self, account: Account | None) -> bool:
        """Whether the contacts of the account (None: of every account) sign in at the desk."""
        guests = getattr(self._page.services, "guests", None)
        here = {one.id for one in guests.accounts()} if guests is not None else set()
        wanted = [account] if account is not None else self._page.desk.accounts.values()
        return all(one.id in here for one in wanted)

    def _check_again(self) -> None:
        page = self._page
        account = page.listing.account_id
        work = page.services.pull(account) if account is not None else page.services.pull_all()
        page.scope.start(work, what="Check accounts", key=("pull", account), if_busy="keep")

    # -- nobody matches ----------------------------------------------------------------------------------------------

    def _nothing_in_view(self, ways: list[_Way]) -> None:
        page = self._page
        acts: list[Action] = [
            *(way.act for way in ways),
            ("empty.remove_filter", tr("Remove last filter"), self._drop_last),
        ]
        if len(page.listing.filters) > 1:
            acts.append(("empty.remove_filters", tr("Remove all filters"), self._goer(filters=())))
        title = tr("Nothing matches this view.")
        if (reached := _filtered_way(page.listing.filters)) is not None:
            nobody = page.listing.account_id is None
            title = reached.nobody() if nobody else title
            acts = self._with_new(reached, acts, first=nobody)
        page.empty.show_state("filter", title, "\n".join(way.said for way in ways), acts)

    def _with_new(self, reached: _Reached, acts: Sequence[Action], *, first: bool) -> list[Action]:
        """A new contact is the thing to do where nobody has it; where only a part was looked at, it may be a second one
        of the same guest."""
        return [*self._new_with(reached), *acts] if first else [*acts, *self._new_with(reached)]

    def _drop_last(self) -> None:
        page = self._page
        page.set_listing(replace(page.listing, filters=page.listing.filters[:-1]))

    def _goer(self, **changed: object) -> Callable[[], None]:
        return lambda: self._page.set_listing(replace(self._page.listing, **changed))  # type: ignore[arg-type]

    def _no_match(self, ways: list[_Way]) -> None:
        page = self._page
        typed = page.listing.text.strip()
        short = typed if len(typed) <= SHORT else typed[: SHORT - 1] + "…"
        title = tr("No contact matches “{text}”.").replace("{text}", short)
        clear = ("empty.clear", tr("Clear search"), self._goer(text=""))
        text = "\n".join((*(way.said for way in ways), *self._hints(page.query(), ways)))
        acts = [*(way.act for way in ways), clear]
        if (reached := _typed_way(typed)) is not None:
            nobody = page.listing.account_id is None and not page.listing.filters
            title = reached.nobody() if nobody else title
            acts = self._with_new(reached, acts, first=nobody)
        else:
            acts += self._new_with_name(typed)
        page.empty.show_state("search", title, text, acts)

    def _hints(self, query: Query, ways: list[_Way]) -> tuple[str, ...]:
        """How words are found, which nobody knows who typed a middle part of one."""
        from crmdesk.core.query import Word, top_terms

        terms = top_terms(query)
        if not any(isinstance(term.node, Word) and term.node.text.isalpha() for term in terms):
            return ()
        found_by = tr("Words are found by their beginnings: “hof” finds Hofmann, “mann” does not.")
        return (found_by, tr("Try fewer words.")) if len(terms) > 1 and not ways else (found_by,)

    def _new_with(self, reached: _Reached) -> list[Action]:
        """Offered where what was searched for is how somebody is reached."""
        page = self._page
        if page.verbs.why_not("listed", "create") is not None:
            return []
        words = tr("New contact with this number") if reached.phone else tr("New contact with this address")
        return [("empty.new", words, lambda: page.verbs.editing.reached(phone=reached.phone, email=reached.email))]

    def _new_with_name(self, typed: str) -> tuple[Action, ...]:
        """Offered where what was searched for can be a name."""
        words = typed.split()
        name = words and len(words) <= MOST_NAMES and all(word.replace("-", "").isalpha() for word in words)
        if not name or self._page.verbs.why_not("listed", "create") is not None:
            return ()
        return (("empty.new", tr("New contact with this name"), lambda: self._page.verbs.editing.named(typed)),)

    # -- ways out ----------------------------------------------------------------------------------------------------

    async def _look_for_ways(self, query: Query) -> None:
        page = self._page
        listing = page.listing
        found = [await self._without_a_term(query), await self._without_filters(), await self._everywhere()]
        if page.model.rowCount() or page.listing != listing:
            return
        if ways := [way for way in found if way is not None]:
            self._no_match(ways)

    async def _without_a_term(self, query: Query) -> _Way | None:
        """UX-SRC-08: the one term of those typed without which there would be hits."""
        page = self._page
        typed = page.listing.typed(*page.words())
        own = {typed.text[one.start : one.end].strip() for one in typed.top}
        if len(own) < 2:
            return None  # leaving out the only term is clearing the search, which is offered anyway
        found = await page.reader.blocking_terms(query, page.listing.account_id)
        term, hits = max((one for one in found if one[0].strip() in own), key=lambda one: one[1], default=("", 0))
        if not hits:
            return None
        said = plural(hits, "Without “{term}” there is 1 contact.", "Without “{term}” there are {n} contacts.")
        words = tr("Search without “{term}”").replace("{term}", term[:SHORT])
        return _Way(said.replace("{term}", term), ("empty.unblock", words, lambda: self._leave_out(query, term)))

    async def _without_filters(self) -> _Way | None:
        page = self._page
        if not page.listing.filters:
            return None
        hits = await self._hits(page.listing.account_id)
        if not hits:
            return None
        said = plural(hits, "Without the filters there is 1 contact.", "Without the filters there are {n} contacts.")
        return _Way(said, ("empty.remove_filters", tr("Remove all filters"), self._goer(filters=())))

    async def _look_elsewhere(self, query: Query) -> None:
        """For a view of one account."""
        page = self._page
        listing = page.listing
        found = await page.reader.search(query, account_id=None, first=0)
        if len(found.ids) and not page.model.rowCount() and page.listing == listing:
            self._nothing_in_view([self._in_all_accounts(len(found.ids))])

    async def _everywhere(self) -> _Way | None:
        """From one account to all of them."""
        hits = await self._hits(None) if self._page.listing.account_id is not None else 0
        return self._in_all_accounts(hits) if hits else None

    def _in_all_accounts(self, hits: int) -> _Way:
        said = plural(hits, "In all accounts there is 1 contact.", "In all accounts there are {n} contacts.")
        return _Way(said, ("empty.everywhere", tr("Search all accounts"), self._search_all))

    def _search_all(self) -> None:
        page, before = self._page, self._page.listing
        page.set_account(None)
        filters = page.listing.filters if before.text.strip() else before.filters
        page.set_listing(replace(page.listing, text=before.text, filters=filters))

    async def _hits(self, account_id: int | None) -> int:
        """How many contacts what is typed alone finds there."""
        page = self._page
        found = await page.reader.search(page.listing.typed(*page.words()), account_id=account_id, first=0)
        return len(found.ids)

    def _leave_out(self, query: Query, term: str) -> None:
        from crmdesk.core.query import top_terms, without

        page = self._page
        for place, one in enumerate(top_terms(query)):
            if query.text[one.start : one.end].strip() == term.strip():
                page.set_listing(of_text(page.listing, without(query, place).text, *page.words()))
                return
