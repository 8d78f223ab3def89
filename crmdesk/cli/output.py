"""What the commands print: tables for people, JSON and CSV for programs. Vendor text never reaches a terminal raw."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from crmdesk.core.tabular import disarm, printable, table
from crmdesk.core.types import Account, ContactDetail, Flag

CONTACT_HEADER = ("State", "Name", "E-mail", "Phone", "City", "Country", "Account", "Updated")
CSV_HEADER = (
    "vendor", "account", "id", "state", "name", "email", "phone", "city", "country", "languages", "notes",
    "created_at", "updated_at", "as_of", "type", "consent",
)  # fmt: skip
ACCOUNT_HEADER = ("Id", "Title", "Vendor", "State", "Contacts", "Last good check", "Address")


def contact_cells(detail: ContactDetail, titles: Mapping[int, Account]) -> list[str]:
    """One line of the contacts table."""
    row = detail.row
    account = titles.get(row.account_id)
    state = Flag(row.flags).state.value
    return [
        state,
        row.name,
        row.email,
        row.phone,
        row.city,
        row.country,
        account.title if account else "",
        row.updated_at,
    ]


def contacts_table(details: Iterable[ContactDetail], accounts: Mapping[int, Account]) -> Iterator[str]:
    """Lines of the table, header included."""
    yield from table(CONTACT_HEADER, [contact_cells(detail, accounts) for detail in details])


def contact_json(detail: ContactDetail, accounts: Mapping[int, Account]) -> str:
    """One line of JSON: what the list shows, and the vendor's own record whole under `raw`."""
    row, account = detail.row, accounts.get(detail.row.account_id)
    record = {
        "vendor": account.vendor if account else "",
        "account": account.title if account else "",
        "id": row.remote_id,
        "state": Flag(row.flags).state.value,
        "name": row.name,
        "email": row.email,
        "phone": row.phone,
        "city": row.city,
        "country": row.country,
        "type": row.kind,
        "consent": Flag(row.flags).consent.value,
        "updated_at": row.updated_at,
        "as_of": detail.as_of,
        "raw": json.loads(detail.body),
    }
    return json.dumps(record, ensure_ascii=False)


def csv_header() -> str:
    return csv_line(CSV_HEADER)


def contact_csv(detail: ContactDetail, accounts: Mapping[int, Account]) -> str:
    """One line of CSV; cells that a spreadsheet would take for a formula are disarmed."""
    return csv_line(record_cells(detail, accounts))


def record_cells(detail: ContactDetail, accounts: Mapping[int, Account]) -> list[str]:
    """Under CSV_HEADER."""
    row, account = detail.row, accounts.get(detail.row.account_id)
    return [
        account.vendor if account else "", account.title if account else "", row.remote_id,
        Flag(row.flags).state.value, row.name, row.email, row.phone, row.city, row.country, row.languages, row.notes,
        row.created_at, row.updated_at, detail.as_of, row.kind, Flag(row.flags).consent.value,
    ]  # fmt: skip


def csv_line(cells: Sequence[str]) -> str:
    """RFC 4180, without the line end."""
    buffer = StringIO()
    csv.writer(buffer, lineterminator="").writerow([disarm(cell) for cell in cells])
    return buffer.getvalue()


def account_record(account: Account, vendor_title: str) -> dict[str, Any]:
    """An account as JSON; secrets are not in it."""
    return {
        "id": account.id,
        "title": account.title,
        "vendor": account.vendor,
        "vendor_title": vendor_title,
        "base_url": account.base_url,
        "state": account.state.value if account.active else "removed",
        "paused": account.paused,
        "reason": account.reason,
        "contacts": account.contacts,
        "checked_at": account.checked_at,
    }


def accounts_table(accounts: Iterable[Account], titles: Mapping[str, str]) -> list[str]:
    """Lines of the accounts table."""
    records = [account_record(account, titles.get(account.vendor, account.vendor)) for account in accounts]
    for record in records:
        record["state"] += ", paused" if record["paused"] else ""
    names = ("id", "title", "vendor_title", "state", "contacts", "checked_at", "base_url")
    return table(ACCOUNT_HEADER, [[str(record[name]) for name in names] for record in records])


def plain(text: str) -> str:
    """A message for a terminal."""
    return printable(text)
