"""Stand-ins for everything below the window: made-up accounts and contacts in memory, verbs that are written down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np

from crmdesk.core.batch import BatchKind
from crmdesk.core.changes import ChangeFeed, Changes
from crmdesk.core.errors import ForbiddenError, SettingsError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.query import Query
from crmdesk.core.seams import iso
from crmdesk.core.submission import RowStage, Submission
from crmdesk.core.text import fold
from crmdesk.core.types import (
    Account,
    AccountState,
    ContactDetail,
    ContactRow,
    Flag,
    Revision,
    SavedView,
    Sort,
    Summary,
)
from crmdesk.core.vendor import CheckStep, Vendor
from crmdesk.settings import Settings
from crmdesk.sync.progress import Phase, Progress, StatusBoard
from tests.helpers.clock import NOON, FakeClock
from tests.ui.fake_cards import CardShelf, FakeCards
from tests.ui.fake_edits import FakeEdits, Outbox
from tests.ui.fake_pins import fake_pins

POINTS = {item.name: item.default for item in fields(Settings) if item.name.startswith("match_")}


def settings(**changed: Any) -> SimpleNamespace:
    """As crmdesk.settings.Settings; nothing is kept."""
    made = SimpleNamespace(
        scheme="light",
        density="normal",
        font_scale=100,
        check_minutes=15,
        stale_hours=24,
        layout="table",
        high_contrast="system",
        reading_time="usual",
        system_notices=True,
        working_offline=False,
        show_raw=False,
        kept_months=24,
        **POINTS,
        grace_edit_seconds=5,
        grace_delete_seconds=10,
        lock_minutes=10,
        viewed_seconds=2,
        lock_at_start=True,
        operator="",
        operators=[],
        window={},
        columns={},
        save=lambda: None,
    )
    vars(made).update(changed)
    return made


TOKEN = FieldSpec(
    "access_token",
    "Access token",
    FieldKind.SECRET,
    required=True,
    hint="Made at BookingSync under Settings, API applications. It is kept encrypted on this computer.",
)


def check_address(text: str) -> str:
    if not text.startswith("https://"):
        raise SettingsError(
            "This address cannot be used.", "Write an address that starts with https://.", field="base_url"
        )
    return text.rstrip("/")


def vendor(key: str = "bookingsync", title: str = "BookingSync") -> Vendor:
    return Vendor(
        key=key,
        title=title,
        letter=title[0],
        fields=(
            FieldSpec("fullname", "Full name", group="Person", required=True),
            FieldSpec("email", "E-mail", FieldKind.EMAIL, group="Contact"),
            FieldSpec("city", "City", group="Address"),
            FieldSpec("notes", "Notes", FieldKind.LINES, group="Notes"),
        ),
        credentials=(TOKEN,),
        default_base_url="https://www.bookingsync.com/api/v3",
        summarise=lambda raw: Summary(name=str(raw.get("fullname", ""))),
        open_access=lambda account, tokens, transport: None,  # type: ignore[arg-type, return-value]
        sandbox=lambda **_: None,
        check_base_url=check_address,
        lacks={},
    )


def account(number: int = 1, title: str = "Seaside Villas", **changed: Any) -> Account:
    made = Account(
        id=number,
        vendor="bookingsync",
        title=title,
        base_url="https://www.bookingsync.com/api/v3",
        state=AccountState.GOOD,
        checked_at=iso(NOON - timedelta(minutes=2)),
        contacts=31240,
        position=number,
    )
    return replace(made, **changed)


PEOPLE = (
    ("Cornelia Nienow", "cornelia@nienow.co.uk", "+33 6 12 31 23 12", "New Margarettafurt", "US"),
    ("Hans-Peter Müller", "hp.mueller@example.de", "+49 170 555 01 20", "Berlin", "DE"),
    ("Agnès Lefèvre", "agnes.lefevre@example.fr", "+33 6 55 01 22 87", "Lyon", "FR"),
    ("Δημήτρης Παπαδόπουλος", "d.papadopoulos@example.gr", "+30 694 555 0199", "Αθήνα", "GR"),
    ("Jhon Doe", "jhon.doe@example.com", "+49 30 555 0148", "Berlin", "DE"),
    ("Sakura Tanaka", "s.tanaka@example.jp", "+81 90 5550 1133", "東京", "JP"),
    ("Olena Shevchenko", "olena.sh@example.ua", "+380 67 555 01 44", "Львів", "UA"),
    ("Mary-Ann O’Connor", "maryann@example.ie", "+353 85 555 0117", "Cork", "IE"),
    ("Fatima Al-Zahra", "fatima@example.ae", "+971 50 555 0161", "Dubai", "AE"),
    ("João Gonçalves", "joao.g@example.pt", "+351 91 555 0102", "Lisboa", "PT"),
    ("Ana Horvat", "ana.horvat@example.hr", "+385 91 555 0122", "Split", "HR"),
    ("Erik Åkesson", "erik.akesson@example.se", "+46 70 555 01 73", "Malmö", "SE"),
)


def contact(number: int, **changed: Any) -> ContactRow:
    name, email, phone, city, country = PEOPLE[number % len(PEOPLE)]
    made = ContactRow(
        id=number + 1,
        account_id=1 + number % 2,
        remote_id=str(1000 + number),
        name=name,
        email=email,
        phone=phone,
        phones=1,
        company="",
        city=city,
        country=country,
        languages="en, fr",
        kind="",
        notes="Lorem",
        created_at=iso(NOON - timedelta(days=400)),
        updated_at=iso(NOON - timedelta(days=number % 90)),
        fetched_at=iso(NOON - timedelta(minutes=2)),
        flags=int(Flag.HAS_EMAIL | Flag.HAS_PHONE),
    )
    return replace(made, **changed)


@dataclass
class FakeHits:
    ids: np.ndarray
    total: int
    first: list[ContactRow]
    query: Query
    strays: frozenset[int] = frozenset()


class FakeSearching:
    """A search that is never there at once."""

    def __init__(self, search: Callable[[], Awaitable[Any]]) -> None:
        self._search = search

    def wait(self, _seconds: float) -> None:
        return None

    async def result(self) -> Any:
        return await self._search()

    def cancel(self) -> None:
        """Nothing has begun."""


class FakeSubmissions:
    """`reader.submissions` and `services.submissions` as far as the window itself looks at them."""

    def __init__(self) -> None:
        self.found: list[Submission] = []
        self.counts: dict[int, dict[RowStage, int]] = {}
        self.halt = False
        self.sending = SimpleNamespace(kept_months=0, busy=False)

    async def kinds(self, account_id: int, *, reading: bool = False) -> tuple[BatchKind, ...]:
        """The first account takes no events."""
        if account_id == 1 or not reading:
            raise ForbiddenError("This account takes no submissions.")
        return (BatchKind("achievements", "Achievements", ()), BatchKind("web", "Web visits", ()))

    async def all(self) -> list[Submission]:
        return self.found

    async def tallies(self, ids: Iterable[int]) -> dict[int, dict[RowStage, int]]:
        return {one: self.counts.get(one, {}) for one in ids}

    async def halted(self) -> bool:
        return self.halt


class FakeReader(Outbox, CardShelf):
    """store.reader.Reader over a list. A plain search looks for every word anywhere in a row's name, e-mail, city."""

    def __init__(self, contacts: Sequence[ContactRow] = (), accounts: Sequence[Account] = ()) -> None:
        self.contacts = {row.id: row for row in contacts}
        self.account_list = list(accounts)
        self.view_list: list[SavedView] = []
        self.searched: list[str] = []
        self.fail: BaseException | None = None
        self.submissions = FakeSubmissions()
        self.begin_outbox()
        self.begin_cards()

    def begin_search(self, query: Query, *, keep: frozenset[int] = frozenset(), **more: Any) -> FakeSearching:
        return FakeSearching(lambda: self.search(query, **more))

    async def search(
        self, query: Query, *, sort: tuple[Sort, ...] = (Sort(),), account_id: int | None = None, first: int = 80
    ) -> FakeHits:
        self.searched.append(query.text)
        if self.fail is not None:
            raise self.fail
        scope = [row for row in self.contacts.values() if account_id in (None, row.account_id)]
        wanted = fold(query.text).split()
        hits = [row for row in scope if all(word in fold(f"{row.name} {row.email} {row.city}") for word in wanted)]
        hits.sort(key=lambda row: fold(row.name), reverse=sort[0].descending)
        return FakeHits(np.array([row.id for row in hits], np.uint32), len(scope), hits[:first], query)

    async def rows(self, ids: Sequence[int], query: Query | None = None) -> list[ContactRow]:
        gone = contact(0, name="", email="", phone="", city="", country="", notes="", languages="")
        return [self.contacts.get(int(number)) or replace(gone, id=int(number)) for number in ids]

    async def detail(self, contact_id: int) -> ContactDetail | None:
        row = self.contacts.get(contact_id)
        return (
            ContactDetail(row, f'{{"id": {row.remote_id}, "fullname": "{row.name}"}}', row.fetched_at) if row else None
        )

    async def accounts(self) -> list[Account]:
        return list(self.account_list)

    async def blocking_terms(self, query: Query, account_id: int | None = None) -> list[tuple[str, int]]:
        return [(word, 3) for word in query.text.split()]

    async def position_of(self, ids: Any, prefix: str) -> int:
        names = [fold(self.contacts[int(number)].name) for number in ids]
        return sum(1 for name in names if name < fold(prefix))

    async def views(self) -> list[SavedView]:
        return list(self.view_list)

    async def search_names(self) -> tuple[list[str], list[str]]:
        return ["Maria", "Tom"], ["achievements", "social_media", "web"]

    def sort_countries(self, names: Mapping[str, str]) -> None:
        self.countries = names

    async def recent_searches(self) -> list[str]:
        return ["anna berlin"]

    async def warm(self) -> None:
        return None

    async def each(self, ids: Sequence[int], chunk: int = 500) -> AsyncIterator[list[ContactDetail]]:
        found = [await self.detail(int(number)) for number in ids]
        yield [detail for detail in found if detail is not None]


class NoGuests:
    """sync.guests.Guests where no account lets guests sign in."""

    def accounts(self) -> list[Account]:
        return []

    def everyone(self) -> list[Any]:
        return []

    def signed_in(self, _contact_id: int) -> None:
        return None

    def subscribe(self, _told: Callable[..., object]) -> Callable[[], None]:
        return lambda: None

    async def sign_out_all(self) -> None:
        return None


class FakeServices:
    """sync.services.Services: every call is kept in `calls` as (verb, arguments)."""

    async def _note(self, did: object, **what: object) -> None:
        self.calls.append(("privacy.note", (did, what)))

    def __init__(self, clock: FakeClock, contacts: Sequence[ContactRow] = (), accounts: Sequence[Account] = ()) -> None:
        self.clock = clock
        self.board = StatusBoard()
        self.feed = ChangeFeed()
        self.vendors: Mapping[str, Vendor] = {"bookingsync": vendor()}
        self.reader = FakeReader(contacts, accounts)
        self._edits: FakeEdits | None = None
        self.pins = fake_pins(clock)
        self._cards: FakeCards | None = None
        self.calls: list[tuple[str, Any]] = []
        self.fail: dict[str, BaseException] = {}
        self.hold: dict[str, Callable[[], Awaitable[object]]] = {}
        self.steps: tuple[CheckStep, ...] = (
            CheckStep("Reachable", True, "The server answers."),
            CheckStep("Sign-in", True, "The token is accepted."),
            CheckStep("Rights", True, "Contacts may be read."),
        )
        self.submissions = self.reader.submissions
        self.working_offline = False
        self.accepted: frozenset[str] = frozenset()  # marks of warnings that the vendor has proved wrong
        self.sending = SimpleNamespace(accepted=SimpleNamespace(known=lambda _vendor: self.accepted))
        self.browser = SimpleNamespace(plays=lambda _vendor_key: False)
        self.privacy = SimpleNamespace(note=self._note)
        self.guests: Any = NoGuests()  # tests of guests put their own in its place
        self.reasons: dict[tuple[str, str], str] = {}  # (vendor, action) → why it cannot be done
        self.kept: tuple[Revision, ...] = ()  # what the vendor keeps of every contact

    @property
    def edits(self) -> FakeEdits:
        """Over the reader that a test may have put in the first one's place."""
        if self._edits is None:
            self._edits = FakeEdits(self.reader, self.clock)
        return self._edits

    @property
    def cards(self) -> FakeCards:
        """Over the reader that a test may have put in the first one's place."""
        if self._cards is None:
            self._cards = FakeCards(self.reader)
        return self._cards

    def verbs(self) -> list[str]:
        return [verb for verb, _ in self.calls]

    async def _done(self, verb: str, *arguments: Any) -> None:
        self.calls.append((verb, arguments))
        if verb in self.hold:
            await self.hold[verb]()
        if verb in self.fail:
            raise self.fail[verb]

    async def add_account(self, vendor_key: str, title: str, base_url: str, secrets: Mapping[str, str]) -> Account:
        await self._done("add_account", vendor_key, title, base_url, dict(secrets))
        number = max((known.id for known in self.reader.account_list), default=0) + 1
        made = account(number, title, vendor=vendor_key, base_url=base_url, state=AccountState.NEW, contacts=0)
        self.reader.account_list.append(made)
        self.feed.emit(Changes(accounts=True))
        return made

    async def check(
        self, vendor_key: str, base_url: str, secrets: Mapping[str, str], account_id: int | None = None
    ) -> tuple[CheckStep, ...]:
        await self._done("check", vendor_key, base_url, dict(secrets), account_id)
        return self.steps

    async def update_account(
        self,
        account_id: int,
        *,
        title: str | None = None,
        base_url: str | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        await self._done("update_account", account_id, title, base_url, dict(credentials) if credentials else None)
        accounts = self.reader.account_list
        for index, known in enumerate(accounts):
            if known.id == account_id:
                config = {**known.config, **self._settings_in(known, credentials or {})}
                changed = replace(known, title=title or known.title, base_url=base_url or known.base_url, config=config)
                accounts[index] = changed
        self.feed.emit(Changes(accounts=True))

    def _settings_in(self, known: Account, credentials: Mapping[str, str]) -> dict[str, str]:
        secrets = {spec.path for spec in self.vendors[known.vendor].credentials if spec.kind.secret}
        return {path: text for path, text in credentials.items() if path not in secrets}

    async def remove_account(self, account_id: int, *, keep_contacts: bool) -> None:
        await self._done("remove_account", account_id, keep_contacts)
        self.reader.account_list = [known for known in self.reader.account_list if known.id != account_id]
        self.feed.emit(Changes(accounts=True, listing=not keep_contacts))

    async def pull(self, account_id: int) -> None:
        await self._done("pull", account_id)

    async def pull_all(self) -> None:
        await self._done("pull_all")

    def cancel(self, account_id: int) -> None:
        self.calls.append(("cancel", (account_id,)))
        self.board.put(Progress(account_id, Phase.STOPPING, text="Stopping…"))

    async def decide_removals(self, account_id: int, *, accept: bool) -> None:
        await self._done("decide_removals", account_id, accept)

    async def refresh_contact(self, contact_id: int) -> None:
        await self._done("refresh_contact", contact_id)

    async def revisions(self, contact_id: int) -> tuple[Revision, ...]:
        await self._done("revisions", contact_id)
        return self.kept

    def set_working_offline(self, offline: bool) -> None:
        self.calls.append(("set_working_offline", (offline,)))
        self.working_offline = offline

    async def save_view(self, view: SavedView) -> SavedView:
        await self._done("save_view", view)
        views = self.reader.view_list
        kept = view if view.id else replace(view, id=max((known.id for known in views), default=0) + 1)
        self.reader.view_list = [known for known in views if known.id != kept.id] + [kept]
        self.feed.emit(Changes(views=True))
        return kept

    async def delete_view(self, view_id: int) -> None:
        await self._done("delete_view", view_id)
        self.reader.view_list = [known for known in self.reader.view_list if known.id != view_id]
        self.feed.emit(Changes(views=True))

    async def remember_search(self, text: str) -> None:
        await self._done("remember_search", text)

    async def clear_searches(self) -> None:
        await self._done("clear_searches")

    def offer(self, vendor_key: str, action: str) -> str | None:
        return self.reasons.get((vendor_key, action))


def demo_services(clock: FakeClock, rows: int = 48) -> FakeServices:
    """Two accounts with contacts, as the pictures show them."""
    accounts = [account(1), account(2, "Harbour Tours", contacts=12903)]
    return FakeServices(clock, [contact(number) for number in range(rows)], accounts)
