"""What a run of the benchmarks is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.perf.cache import Cache, prepared


@dataclass(frozen=True)
class Options:
    """`rows` contacts in the cache, `pulled` ones from the emulator. `quick`: a smoke test of the benchmarks
    themselves, its numbers mean nothing."""

    rows: int = 1_000_000
    pulled: int = 100_000
    quick: bool = False
    root: Path | None = None  # where data files are kept; None: the system's folder for temporary files

    @cached_property
    def cache(self) -> Cache:
        """The data file with `rows` contacts; built when first asked for."""
        return prepared(self.root, self.rows)

    @property
    def start_rounds(self) -> int:
        return 2 if self.quick else 11

    @property
    def practice_rounds(self) -> int:
        return 1 if self.quick else 5

    @property
    def pull_rounds(self) -> int:
        return 1 if self.quick else 3

    @property
    def people(self) -> int:
        """Contacts whose names, addresses and numbers are searched for."""
        return 1 if self.quick else 9

    @property
    def jumps(self) -> int:
        return 5 if self.quick else 100

    @property
    def saves(self) -> int:
        """Contacts that are changed in the editor."""
        return 8 if self.quick else 160

    @property
    def openings(self) -> int:
        """Contacts of one vendor whose editor is opened, one after the other."""
        return 4 if self.quick else 40

    @property
    def first_openings(self) -> int:
        """Programs that are started to open their first editor."""
        return 1 if self.quick else 3
