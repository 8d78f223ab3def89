"""Whatever is pressed, typed and chosen in practice mode, and however quickly: nothing breaks, and the window can be
left."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices

from tests.helpers.hands import Hands
from tests.helpers.tour import desk

FEW = [pytest.param(1, 150), *(pytest.param(seed, 400, marks=pytest.mark.long) for seed in range(2, 32))]


@pytest.fixture
def mistakes() -> Iterator[list[str]]:
    """What the program calls a mistake of its own."""
    found: list[str] = []

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(self.format(record))

    handler = Heard(logging.ERROR)
    logger = logging.getLogger("crmdesk")
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)


@pytest.mark.timeout(600)
@pytest.mark.expect_log
@pytest.mark.parametrize(("seed", "deeds"), FEW)
async def test_nothing_breaks(
    tmp_path: Path, seed: int, deeds: int, mistakes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: True)
    async with desk(tmp_path) as house:
        hands = Hands(house, seed)
        try:
            for _ in range(deeds):
                await hands.act()
                assert house.window.isVisible() and not mistakes
            await hands.rest()
        finally:
            print("\n".join(hands.trail))  # shown where it fails
    assert not mistakes
