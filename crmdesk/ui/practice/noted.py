"""Which cards were dismissed for good: one small file, as practice keeps nothing else and has no folder that stays."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Collection
from pathlib import Path

log = logging.getLogger(__name__)

FILE = "cards.json"
_MOST = 10_000  # bytes of a file of ours


def cards_file() -> Path:
    """Among the user's own files, beside no data folder: practice and the real thing share none."""
    import platformdirs

    return Path(platformdirs.user_state_dir("crmdesk-practice", appauthor=False)) / FILE


def read(file: Path) -> set[str]:
    """Ids of cards; a file that makes no sense dismisses none."""
    try:
        with file.open("rb") as opened:
            found = json.loads(opened.read(_MOST))
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, RecursionError) as error:
        log.info("dismissed cards not read (%s)", type(error).__name__)
        return set()
    return {one for one in found if isinstance(one, str)} if isinstance(found, list) else set()


def write(file: Path, dismissed: Collection[str]) -> None:
    """The file whole or not at all. OSError where it cannot be written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(sorted(dismissed)), "utf-8")
    os.replace(fresh, file)
