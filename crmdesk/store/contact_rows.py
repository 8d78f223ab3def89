"""Where rows of submissions say which contact they were made from. Inside one read or commit."""

from __future__ import annotations

import json
from collections.abc import Iterator

from crmdesk.core.submission import CONTACT_COLUMN
from crmdesk.store.driver import Driver


def submissions(driver: Driver, account_id: int = 0) -> Iterator[tuple[int, str, str]]:
    """(id, title, JSON path in `submission_row.cells`) of the submissions that have such rows, the oldest first.
    `account_id`: only those to this account; 0 = all."""
    asked = "SELECT id, title, columns FROM submission WHERE columns LIKE ? AND ? IN (0, account_id) ORDER BY id"
    for number, title, columns in driver.execute(asked, (f"%{CONTACT_COLUMN}%", account_id)).fetchall():
        titles = json.loads(columns)
        if CONTACT_COLUMN in titles:  # not only as a part of another title
            yield number, title, f"$[{titles.index(CONTACT_COLUMN)}]"
