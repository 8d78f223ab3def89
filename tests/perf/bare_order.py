"""The floor of sorting: the ids of all contacts in another order, asked from the same encrypted file, and nothing
else."""

from __future__ import annotations

import time
from pathlib import Path

from crmdesk.folder import CACHE
from crmdesk.net.secrets import open_key
from crmdesk.store.connect import connect
from tests.perf.table import median

BY = {
    "name": "sort_key", "account": "account_id", "email": "email", "phone": "phone", "city": "city",
    "country": "country", "languages": "languages", "type": "kind", "updated": "updated_at", "as_of": "fetched_at",
    "created": "created_at", "notes": "notes", "remote_id": "remote_id",
}  # fmt: skip
ROUNDS = 3


def order_all(folder: str) -> dict[str, float]:
    """Milliseconds by the list's column; columns that the file does not have as such are left out."""
    connection = connect(Path(folder) / CACHE, open_key(Path(folder)).value, cache_kb=8192)
    found = {}
    for key, column in BY.items():
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            connection.execute(f"SELECT id FROM contact ORDER BY {column}").fetchall()
            times.append((time.perf_counter() - started) * 1000)
        found[key] = median(times)
    connection.close()
    return found
