"""The list's columns as data: what they are called, how they sort, what they say about a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from crmdesk.core.seams import Clock
from crmdesk.core.types import STATE_FLAGS, Account, Consent, ContactRow, Sort, State, flags
from crmdesk.ui.contacts import names
from crmdesk.ui.naming import shown_name
from crmdesk.ui.phases import badge_of
from crmdesk.ui.words import ago, exact_time, moment, number, tr

SHORT_CODE = 3  # letters
SHOWN_STATES = int(STATE_FLAGS)
MAX_TEXT = 300  # a cell never paints more; Summary promises the same


@dataclass(frozen=True, slots=True)
class Desk:
    """What a row's words depend on besides the row: accounts, the clock and the stale limit."""

    accounts: dict[int, Account]
    letters: dict[str, str]  # vendor key → badge letter
    clock: Clock
    stale_hours: int = 24
    titles: Mapping[str, str] = field(default_factory=dict)  # vendor key → its name

    def account_title(self, account_id: int) -> str:
        account = self.accounts.get(account_id)
        return account.title if account else ""

    def letter(self, account_id: int) -> str:
        """What stands on an account's badge."""
        account = self.accounts.get(account_id)
        if account is None:
            return ""
        letter = self.letters.get(account.vendor, account.vendor[:1].upper())
        return badge_of(account, self.accounts.values(), letter)

    def letters_of(self, row: ContactRow) -> tuple[str, ...]:
        """A badge for the record itself, then one for each other vendor on its guest card."""
        return self.letter(row.account_id), *(self.letters.get(key, key[:1].upper()) for key in row.others)

    def sources(self, row: ContactRow) -> str:
        """Vendor and account, and in a second line where else the same person is known."""
        own = self.source(row.account_id)
        if not row.others:
            return own
        others = ", ".join(self.titles.get(key, key) for key in row.others)
        return f"{own}\n{tr('Linked with: {vendors}').replace('{vendors}', others)}"

    def source(self, account_id: int) -> str:
        """*PrioTicket · Harbour Tours*: vendor and account; the account alone where it is named after its vendor."""
        account = self.accounts.get(account_id)
        if account is None:
            return ""
        vendor = self.titles.get(account.vendor, "")
        return account.title if not vendor or vendor == account.title else f"{vendor} · {account.title}"

    def legend(self) -> str:
        """What the badges' letters mean, a line for each vendor that has an account, or for each of its accounts."""
        lines = []
        for key, title in self.titles.items():
            found = sorted(account.id for account in self.accounts.values() if account.vendor == key)
            if len(found) > 1:
                lines += [f"{self.letter(one)}   {self.source(one)}" for one in found]
            elif found:
                lines.append(f"{self.letter(found[0])}   {title}")
        return "\n".join(lines)

    def words_as(self, other: Desk) -> bool:
        """Whether rows read the same under both. A running pull alters the accounts' counts and times all the time;
        no row shows those."""
        mine, others = (self.letters, self.titles, self.stale_hours), (other.letters, other.titles, other.stale_hours)
        return mine == others and self._titles() == other._titles()

    def _titles(self) -> dict[int, tuple[str, str]]:
        return {number: (account.vendor, account.title) for number, account in self.accounts.items()}

    def is_old(self, fetched_at: str) -> bool:
        """True where the vendor last confirmed the contact longer ago than the stale limit."""
        then = moment(fetched_at)
        return then is not None and (self.clock.now() - then).total_seconds() > self.stale_hours * 3600


Text = Callable[[ContactRow, Desk], str]
Hint = Callable[[Desk], str]


def _no_hint(_desk: Desk) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is a name of core.query.SORT_COLUMNS. `width` is in pixels at 100 %. `up` and `down` are the two orders
    in words. `ltr` text (addresses, numbers, ids) stays left-to-right in a mirrored window. `hint` is the header's
    tooltip."""

    key: str
    title: str
    width: int
    text: Text
    tooltip: Text
    up: str = "A–Z"
    down: str = "Z–A"
    shown: bool = True
    ltr: bool = False
    muted: bool = True
    hint: Hint = _no_hint


def display_name(row: ContactRow) -> str:
    """Name, else company, else e-mail, else the vendor's id: a row is never nameless."""
    return shown_name(row) or stored_name(row)


def stored_name(row: ContactRow) -> str:
    """The same in the order in which it is stored, whatever order is shown: for files."""
    return row.name or row.company or row.email or (f"#{row.remote_id}" if row.remote_id else "")


def _row(read: Callable[[ContactRow], str]) -> Text:
    """A text that depends on the row alone."""
    return lambda row, _: read(row)


def _phone(row: ContactRow) -> str:
    return f"{row.phone}  +{row.phones - 1}" if row.phones > 1 else row.phone


def _phone_tip(row: ContactRow) -> str:
    if row.phones < 2:
        return row.phone
    return tr("{phone} and {n} more").replace("{n}", number(row.phones - 1)).replace("{phone}", row.phone)


def _country_tip(row: ContactRow) -> str:
    name = names.country(row.country)
    return f"{name} ({row.country})" if name != row.country else row.country


def _as_of_tip(row: ContactRow, desk: Desk) -> str:
    stamp = exact_time(row.fetched_at)
    old = desk.is_old(row.fetched_at)
    return tr("{time}: old, longer ago than your limit").replace("{time}", stamp) if old else stamp


@cache
def state_of(bits: int) -> State:
    """The state to show for a row's flags. Cached: asking a Flag for it takes longer than painting it."""
    return flags(bits).state if bits & SHOWN_STATES else State.CLEAN


def state_word(row: ContactRow) -> str:
    state = state_of(row.flags)
    return tr(state.value) if state is not State.CLEAN else ""


def type_words(kind: str) -> str:
    """A vendor's word as it is; a code (`TOUR_GUIDE`) as a word. Short ones are abbreviations."""
    is_code = len(kind) > SHORT_CODE and kind.isascii() and kind.isupper()
    return kind.replace("_", " ").capitalize() if is_code else kind


def _type_tip(row: ContactRow) -> str:
    words = type_words(row.kind)
    return f"{words} ({row.kind})" if words != row.kind else row.kind


_CONSENT_TIPS = {
    Consent.YES: "Agreed to marketing, as the vendor has it",
    Consent.NO: "Does not agree to marketing, as the vendor has it",
    Consent.NEVER: "Was never asked about marketing, as far as the vendor knows",
}


def consent_word(row: ContactRow) -> str:
    return tr(flags(row.flags).consent.value)


def _consent_tip(row: ContactRow) -> str:
    tip = _CONSENT_TIPS.get(flags(row.flags).consent)
    return tr(tip) if tip else ""


def _same(key: str, title: str, width: int, read: Callable[[ContactRow], str], **more: Any) -> Column:
    """A column whose tooltip is its text."""
    return Column(key, title, width, _row(read), _row(read), **more)


def _time(key: str, title: str, read: Callable[[ContactRow], str], *, shown: bool = True) -> Column:
    return Column(
        key, title, 108, lambda row, desk: ago(read(row), desk.clock.now()), _row(lambda row: exact_time(read(row))),
        up="oldest first", down="newest first", shown=shown,
    )  # fmt: skip


_NUMBERS: dict[str, Any] = {"up": "0–9", "down": "9–0", "ltr": True}
_CONSENTS: dict[str, Any] = {"up": "yes first", "down": "never asked first"}
_SEVERITY = {"up": "worst first", "down": "worst last"}
_AS_OF = replace(_time("as_of", "As of", lambda row: row.fetched_at), width=118, tooltip=_as_of_tip)

COLUMNS: tuple[Column, ...] = (
    _same("name", "Name", 214, display_name, muted=False),
    _same("state", "State", 108, state_word, **_SEVERITY),
    Column(
        "account", "Vendor", 62,
        lambda row, desk: " ".join(desk.letters_of(row)), lambda row, desk: desk.sources(row), hint=Desk.legend,
    ),
    _same("email", "E-mail", 178, lambda row: row.email, ltr=True),
    Column("phone", "Phone", 140, _row(_phone), _row(_phone_tip), **_NUMBERS),
    _same("city", "City", 100, lambda row: row.city),
    Column("country", "Country", 100, _row(lambda row: names.country(row.country)), _row(_country_tip)),
    _same("languages", "Languages", 130, lambda row: names.languages(row.languages), shown=False),
    Column("type", "Type", 110, _row(lambda row: type_words(row.kind)), _row(_type_tip), shown=False),
    Column(
        "consent", "Consent", 124, _row(consent_word), _row(_consent_tip), shown=False, **_CONSENTS,
        hint=lambda _desk: tr("Whether the contact agreed to marketing. Empty where the vendor keeps no consents."),
    ),
    _time("updated", "Updated", lambda row: row.updated_at),
    _AS_OF,
    _time("created", "Created", lambda row: row.created_at, shown=False),
    _same("notes", "Notes", 200, lambda row: row.notes, shown=False),
    _same("remote_id", "Vendor id", 90, lambda row: row.remote_id, shown=False, **_NUMBERS),
    _same(
        "changed_by", "Changed by", 110, lambda row: row.changed_by, shown=False,
        hint=lambda _desk: tr("Who made the newest change here. Empty where nobody changed the contact here."),
    ),
)  # fmt: skip
KEYS = tuple(column.key for column in COLUMNS)
DEFAULT_SHOWN = tuple(column.key for column in COLUMNS if column.shown)
NAME, STATE, VENDOR, EMAIL, PHONE, CITY, COUNTRY = range(7)
AS_OF = KEYS.index("as_of")
CONSENT = KEYS.index("consent")


def sort_words(sort: tuple[Sort, ...]) -> str:
    """*by Updated, newest first*, several keys joined by *then*; '' for the usual order by name."""
    if sort in ((), (Sort(),)):
        return ""
    parts = [_one_sort(item) for item in sort if item.column in KEYS]
    return tr("by {keys}").replace("{keys}", tr(", then ").join(parts)) if parts else ""


def _one_sort(sort: Sort) -> str:
    column = COLUMNS[KEYS.index(sort.column)]
    return f"{tr(column.title)}, {tr(column.down if sort.descending else column.up)}"
