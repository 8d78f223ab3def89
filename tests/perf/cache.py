"""The data file the benchmarks read: made once, kept in a cache folder, encrypted with a key of its own."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crmdesk.core import text
from crmdesk.folder import CACHE
from crmdesk.net.secrets import KeyMode, create_key
from crmdesk.settings import FILE_NAME, Settings
from crmdesk.store import connect, document, schema
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


@contextmanager
def keyed_folder() -> Iterator[Path]:
    """The data folder of somebody who has chosen where the key lies, and has connected nothing yet."""
    with tempfile.TemporaryDirectory(prefix="crmdesk-perf-") as name:
        folder = Path(name)
        create_key(folder, KeyMode.KEYFILE, keyfile=folder / KEY_FILE)
        yield folder


def prepared(root: Path | None, rows: int) -> Cache:
    """The cache for `rows` contacts, built where it is missing or where what is stored has changed since."""
    base = root or Path(tempfile.gettempdir()) / "crmdesk-perf"
    cache = Cache(base / f"{rows}-{_fingerprint()}", rows)
    if not cache.path.exists():
        print(f"Building a data file with {rows:,} contacts in {cache.folder} …", flush=True)
        _build(cache)
    _read_once(cache.path)
    return cache


def _read_once(path: Path) -> None:
    """The file into the system's cache: a disk's speed is not what is measured."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


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
    made = Settings(working_offline=True, file=cache.folder / FILE_NAME)
    made.write(made.as_text())  # its accounts are nowhere
    unfinished.rename(cache.path)
