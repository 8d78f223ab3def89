"""A desk for sync tests: the real store in a temporary folder, a vendor in memory, a clock that tests move."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from crmdesk.core import seams
from tests.helpers.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "desk.db", count=25)
    yield made
    made.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where that can be had: a thousand little data files cost no disk."""
    shm = Path("/dev/shm")
    made = Path(mkdtemp(prefix="crmdesk-sync-", dir=shm if shm.is_dir() else None))
    yield made
    shutil.rmtree(made)


@pytest.fixture(autouse=True)
def shipped_gates() -> Iterator[None]:
    yield
    seams.set_gate(None)
