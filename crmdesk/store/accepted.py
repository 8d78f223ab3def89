"""Which warnings of ours each vendor has proved wrong, as rows of `meta`: a field and a rule, never a guest's value."""

from __future__ import annotations

import json
from collections.abc import Iterable

from crmdesk.store.driver import Driver

_NAME = "accepted:"


def read(driver: Driver) -> dict[str, frozenset[str]]:
    """By vendor key."""
    rows = driver.execute("SELECT name, value FROM meta WHERE name GLOB ?", (f"{_NAME}*",)).fetchall()
    return {name.removeprefix(_NAME): frozenset(json.loads(value)) for name, value in rows}


def add(driver: Driver, vendor: str, marks: Iterable[str]) -> frozenset[str]:
    """Inside a write; all that are known of the vendor then."""
    known = read(driver).get(vendor, frozenset()) | frozenset(marks)
    driver.execute(
        "INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (_NAME + vendor, json.dumps(sorted(known)))
    )
    return known
