"""A picture of every page and every kind of dialog, in every look, to be looked through before a release (UX-TST-04).

`python -m pytest -m long -k pictures -n 0 --basetemp=FOLDER` leaves them in FOLDER (which is emptied first)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from crmdesk.settings import LANGUAGES
from crmdesk.ui import language
from crmdesk.ui.contacts import names
from tests.helpers.tour import covers, desk, dialogs, pages
from tests.walks.test_large_letters import cut_off

LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"scheme": "dark"},
    "large": {"font_scale": 150},
    "large dark": {"scheme": "dark", "font_scale": 150},
    "contrast": {"high_contrast": "on"},
    "pseudo": {"lang": language.PSEUDO},
    **{f"{code} large": {"lang": code, "font_scale": 150} for code in LANGUAGES if code != "en"},
    "mirrored": {},
}
LEAST_COLOURS = 3  # of what has anything on it
LEAST_SCREENS = 50


@pytest.fixture
def as_before(qapp: QApplication) -> Iterator[QApplication]:
    before, direction = QLocale(), qapp.layoutDirection()
    yield qapp
    language.choose("en")
    QLocale.setDefault(before)
    qapp.setLayoutDirection(direction)
    names.forget()


def colours(image: QImage) -> int:
    """How many there are, of every seventh pixel."""
    places = ((x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7))
    return len({image.pixel(x, y) for x, y in places})


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS)
async def test_pictures_of_every_screen(tmp_path: Path, as_before: QApplication, look: str) -> None:
    folder = tmp_path / look.replace(" ", "-")
    folder.mkdir()
    if look == "mirrored":
        as_before.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    (tmp_path / "data").mkdir()
    blank, cut, kept = [], [], 0
    async with desk(tmp_path / "data", **LOOKS[look]) as house:
        for screens in (pages, dialogs, covers):
            async for name, part in screens(house):
                await asyncio.sleep(0.2)  # laid out, however long its words are
                shown: QWidget = part.window()
                image = shown.grab().toImage()
                file = re.sub(r"\W+", "-", name).strip("-")
                image.save(str(folder / f"{file}.png"))
                kept += 1
                blank += [name] if colours(image) < LEAST_COLOURS else []
                cut += [f"{name}: {one}" for one in cut_off(shown)]
    print(f"{kept} pictures in {folder}")
    assert kept >= LEAST_SCREENS and blank == []
    assert not cut, "\n".join(cut)
