"""The data file the benchmarks read: made once, kept in a cache folder, encrypted with a key of its own."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from crmdesk.core import text
from crmdesk.net.secrets import Key, KeyMode, create_key, open_key
from crmdesk.settings import FILE_NAME, Settings
from crmdesk.store import connect, document, schema
from crmdesk.workspace import CACHE
from tests.perf import build

KEY_FILE = "key"


@dataclass(frozen=True)
class Cache:
    """A data folder of crmdesk with `rows` invented contacts; its key lies beside them in a file of mode 0600."""

    folder: Path
    rows: int

    @property
    def path(self) -> Path:
        return self.folder / CACHE

    @property
    def key(self) -> Key:
        return open_key(self.folder)

    def copy(self, target: Path) -> Cache:
        """A second data folder with the same contacts, to be written to."""
        target.mkdir(parents=True, exist_ok=True)
        for name in (CACHE, "key.json"):
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
    for module in (connect, schema, document, text, build):
        ways.update(Path(module.__file__ or "").read_bytes())
    return ways.hexdigest()


def _build(cache: Cache) -> None:
    """Under another name until it is whole, so that a build that was stopped is never measured."""
    cache.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for leftover in cache.folder.iterdir():
        leftover.unlink()
    key = create_key(cache.folder, KeyMode.KEYFILE, keyfile=cache.folder / KEY_FILE)
    unfinished = cache.folder / f"{CACHE}.unfinished"
    build.build_cache(unfinished, key.value, cache.rows)
    Settings(working_offline=True, file=cache.folder / FILE_NAME).save()  # its accounts are nowhere
    unfinished.rename(cache.path)
