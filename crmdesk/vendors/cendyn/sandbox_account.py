"""Who uses the emulated Cendyn: accounts with their contacts, purchases, credit and jobs, and how it behaves where the
documents leave that open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Json = dict[str, Any]
EUROPE, UNITED_STATES = "eu", "us"
CHECK_COSTS = Decimal("0.005")  # A: what one e-mail check costs is not published


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """An emulated account. It lives in one region only. `custom_fields` and `purchase_fields`: name → type (D: boolean,
    date, number, string, selectable_options)."""

    id: str
    title: str
    secret: str = field(repr=False)
    region: str = EUROPE
    credit: Decimal = Decimal("582.84660")
    products: tuple[str, ...] = ("room-standard", "room-suite")
    lists: tuple[str, ...] = ("newsletter", "returning-guests")
    custom_fields: Mapping[str, str] = field(default_factory=lambda: {"loyalty_level": "string", "vip": "boolean"})
    purchase_fields: Mapping[str, str] = field(
        default_factory=lambda: {"check_in": "date", "check_out": "date", "hotel_id": "string"}
    )


DEMO = (SandboxAccount("5a3e1c0b9f8d7e6c5b4a3f2e", "Lakeside Resort", "demo-lakeside"),)


def accounts_with(counts: Iterable[int]) -> tuple[SandboxAccount, ...]:
    """One account for each number; the numbers themselves are of contacts that cannot be listed, so none is made."""
    numbers = range(2, len(tuple(counts)) + 1)
    more = (SandboxAccount(f"5a3e1c0b9f8d7e6c5b4a{n:04x}", f"Account {n}", f"demo-cendyn-{n}") for n in numbers)
    return (*DEMO, *more)


@dataclass(frozen=True, slots=True)
class Quirks:
    """The other way round, where the documents leave it open. The default is the strict one."""

    strict: bool = True
    """Unknown keys are refused."""
    v2: bool = False
    """sync_data is served under /v2, too (its page prints it without)."""
    product_key: Literal["any", "UUID", "product_uuid"] = "any"
    """Which spelling of the product's id is read."""
    shared_purchase: bool = False
    """A purchase with several contacts is taken."""
    repeated: Literal["update", "reject", "duplicate"] = "update"
    """What a transaction_code that is there already does."""
    errors: Literal["text", "list"] = "text"
    """Form of `error`."""
    word: str = "queued"
    """`queue` in the answer of bulk contacts."""
    id_key: Literal["_id", "id"] = "_id"
    first_row: Literal["exclusive", "inclusive"] = "exclusive"
    """Whether `contact_id_from` brings the row it names again."""
    create_if_invalid: Literal["unless", "even"] = "unless"
    """sync_data says *unless the email is invalid*, contact create says *even if*."""
    queue_seconds: int = 5
    work_seconds: int = 10


@dataclass(slots=True)
class Job:
    """One accepted create. `fails`: it comes to nothing as a whole."""

    id: str
    body: Json
    accepted: float
    shown: Json
    fails: bool = False
    done: bool = False
    valid: list[str] = field(default_factory=list)
    failed: list[tuple[Json, str]] = field(default_factory=list)


class Account:
    """Live state of one account."""

    def __init__(self, given: SandboxAccount) -> None:
        self.given = given
        self.secret = given.secret
        self.credit = given.credit
        self.would_spend = Decimal(0)  # of checks asked for without `validate`
        self.jobs: dict[str, Job] = {}
        self.contacts: dict[str, Json] = {}
        self.purchases: list[Json] = []
        self.matches: list[str] = []  # by what each contact was found: user_id, email, or "new"
        self._last = 0

    def new_id(self) -> str:
        """24 hexadecimal digits, as in the samples."""
        self._last += 1
        return f"550aac3da096734c{self._last:08x}"

    def codes(self) -> set[str]:
        """Transaction codes that are known, also of jobs that are not done yet."""
        waiting = (job.body["purchase"] for job in self.jobs.values() if "purchase" in job.body and not job.fails)
        return {purchase["transaction_code"] for purchase in (*self.purchases, *waiting)}

    def match(self, contact: Json) -> Json | None:
        """By user_id, then by e-mail [A]; which one is logged in `matches`."""
        for key in ("user_id", "email"):
            for known in self.contacts.values():
                if key in contact and known.get(key) == contact[key]:
                    self.matches.append(key)
                    return known
        self.matches.append("new")
        return None


def work(account: Account, job: Job, quirks: Quirks, product: Any) -> None:
    """What becomes of a job: one bad contact never fails the others."""
    job.done = True
    if job.fails:
        return
    validated = _validated(account, job)
    for contact in job.body.get("contacts", []):
        if problem := _problem(account, contact, job, quirks, validated):
            job.failed.append((contact, problem))
            continue
        known = account.match(contact)
        if known is None:
            known = {"id": account.new_id()}
            account.contacts[known["id"]] = known
        known.update(contact)  # absent fields are kept [A]
        job.valid.append(known["id"])
        if "purchase" in job.body:
            _buy(account, known, job.body["purchase"], quirks, product)


def _validation(job: Job) -> Json:
    found: Json = job.body.get("options", {}).get("email_validation", {})
    return found


def _validated(account: Account, job: Job) -> bool:
    """Whether the e-mails are checked; without enough credit they are not [D]. Flags without `validate` do nothing."""
    costs = CHECK_COSTS * sum("email" in contact for contact in job.body.get("contacts", []))
    if not _validation(job).get("validate"):
        account.would_spend += costs if _validation(job) else 0
        return False
    if costs > account.credit:
        return False
    account.credit -= costs
    return True


def _problem(account: Account, contact: Json, job: Job, quirks: Quirks, validated: bool) -> str:
    """Why a contact is not taken; '' if it is."""
    email = contact.get("email")
    if not email and not ("phone_number" in contact and "phone_countrycode" in contact) and "phone" not in contact:
        return "email or phone can't be empty"  # the sibling methods ask for it [D]; here [A]
    if email and "@" not in email:
        return "email is invalid"
    even = quirks.create_if_invalid == "even" and _validation(job).get("create_if_invalid") is True
    if validated and email and email.endswith(".invalid") and not even:
        return "email is invalid"
    lists = {entry["list_id"] for entry in contact.get("list_subscriptions", [])}
    return "list not found" if lists - set(account.given.lists) else ""


def _buy(account: Account, contact: Json, purchase: Json, quirks: Quirks, product: Any) -> None:
    """A purchase, whose `transaction_code` is called unique; what a repeated one does is a quirk."""
    made = {name: value for name, value in purchase.items() if name not in ("UUID", "product_uuid")}
    made |= {"product_UUID": product, "user_id": contact.get("user_id"), "contact_id": contact["id"]}
    same = [known for known in account.purchases if known["transaction_code"] == purchase["transaction_code"]]
    if same and quirks.repeated == "update":
        same[0].update(made)
    else:
        account.purchases.append({"id": account.new_id(), **made})
