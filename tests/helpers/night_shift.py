"""Walk-through 12: the other walks in dark colours and with letters of one and a half times the size.

`python -m pytest -p tests.helpers.night_shift tests/walks`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SCHEME, TEXT = "dark", 150  # percent


@pytest.fixture(autouse=True)
def night(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every program that a test starts in this process has these settings, unless the test is about them itself."""
    from crmdesk import settings
    from tests.helpers.house import House

    by_day = House.__init__

    def by_night(self: House, folder: Path, found: Any = None, *, kept: Any = None, **more: Any) -> None:
        kept = kept or settings.load(folder)
        usual = settings.Settings()
        if kept.scheme == usual.scheme:
            kept.scheme = SCHEME
        if kept.font_scale == usual.font_scale:
            kept.font_scale = TEXT
        by_day(self, folder, found, kept=kept, **more)

    monkeypatch.setattr(House, "__init__", by_night)
