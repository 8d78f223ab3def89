"""A desk for sync tests: the real store in a temporary folder, a vendor in memory, a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crmdesk.core import seams
from tests.helpers.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "desk.db", count=25)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def shipped_gates() -> Iterator[None]:
    yield
    seams.set_gate(None)
