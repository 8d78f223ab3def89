"""The data file the benchmarks read: made once, kept in a cache folder, encrypted with a key of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from crmdesk.core import text
from crmdesk.core.seams import random_bytes
from crmdesk.store import document, schema
from tests.perf import build

DATA_NAME = "contacts.db"
KEY_NAME = "key"


@dataclass(frozen=True)
class Cache:
    """A data file with `rows` invented contacts. `folder` holds nothing but it and its key."""

    folder: Path
    rows: int

    @property
    def path(self) -> Path:
        return self.folder / DATA_NAME

    @property
    def key(self) -> bytes:
        return (self.folder / KEY_NAME).read_bytes()

    def copy(self, target: Path) -> Cache:
        """A second data file with the same contacts, to be written to."""
        target.mkdir(parents=True, exist_ok=True)
        for name in (DATA_NAME, KEY_NAME):
            shutil.copyfile(self.folder / name, target / name)
        return Cache(target, self.rows)


def prepared(root: Path | None, rows: int) -> Cache:
    """The cache for `rows` contacts, built where it is missing or where what is stored has changed since."""
    base = root or Path(tempfile.gettempdir()) / "crmdesk-perf"
    cache = Cache(base / f"{rows}-{_fingerprint()}", rows)
    if not cache.path.exists():
        print(f"Building a data file with {rows:,} contacts in {cache.folder} …", flush=True)
        _build(cache)
    return cache


def _fingerprint() -> str:
    """Changes whenever the same contacts would be stored in another way."""
    ways = hashlib.blake2b(digest_size=6)
    for module in (schema, document, text, build):
        ways.update(Path(module.__file__ or "").read_bytes())
    return ways.hexdigest()


def _build(cache: Cache) -> None:
    """Under another name until it is whole, so that a build that was stopped is never measured."""
    cache.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(cache.folder / KEY_NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(random_bytes(32))
    unfinished = cache.folder / f"{DATA_NAME}.unfinished"
    unfinished.unlink(missing_ok=True)
    build.build_cache(unfinished, cache.key, cache.rows)
    unfinished.rename(cache.path)
