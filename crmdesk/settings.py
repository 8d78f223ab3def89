"""Settings of this computer and the folders they live in. No guest's data, no secrets: those are in the database.

A settings file can be missing, empty, huge, of another version or edited by hand: every value that makes no sense is
replaced by its default, one by one, and the file is only written when something was changed.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from stat import S_ISFIFO
from typing import Any

from crmdesk.core.name_order import NameOrder
from crmdesk.net.key_record import write_durably

log = logging.getLogger(__name__)

FILE_NAME = "settings.json"
MAX_BYTES = 1_000_000  # a larger file is not ours
SCHEMES = ("system", "light", "dark")
CONTRASTS = ("system", "on", "off")
DENSITIES = ("compact", "normal", "large")
SYSTEM = "system"
LANGUAGES = ("en", "de", "fr", "es")
READING_TIMES = {"usual": 1, "long": 3, "longest": 10}  # times as long
LAYOUTS = ("table", "cards")
NAME_ORDERS = tuple(order.value for order in NameOrder)
LONGEST_NAME, MOST_NAMES = 60, 12  # of the people at the desk
MOST_PACKS = 365  # shift packs made by themselves that are kept
LONGEST_GRACE = 120  # seconds that a change may wait for an undo
LONGEST_IDLE = 120  # minutes without a key or a click after which the window locks itself
PRIVACY = ("shared", "on", "off")
LEAST_PRIVACY, MOST_PRIVACY = 10, 600  # seconds without a key or a click after which everything is hidden
MOST_POINTS = 100  # of two contacts that may be the same person


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the cache, the settings and the log live: CRMDESK_DATA, else the system's place for it."""
    if chosen := environ.get("CRMDESK_DATA", "").strip():
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("crmdesk", appauthor=False))


def _one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in words


def _between(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


_points = _between(0, MOST_POINTS)  # of a possible duplicate


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _texts(value: Any) -> bool:
    """Opaque window state: names to short texts."""
    return isinstance(value, dict) and all(isinstance(text, str) and len(text) < 20_000 for text in value.values())


def _name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NAME and (not value or value.isprintable())


def _names(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_NAMES and all(_name(item) and item for item in value)


def _lists(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(items, list) for items in value.values())


def _daytimes(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= 12
        and all(isinstance(item, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", item) for item in value)
    )


def _path(value: Any) -> bool:
    return (
        isinstance(value, str)
        and len(value) < 4000
        and (not value or (value.isprintable() and Path(value).is_absolute()))
    )


SENSIBLE: Mapping[str, Callable[[Any], bool]] = {
    "language": _one_of(SYSTEM, *LANGUAGES),
    "scheme": _one_of(*SCHEMES),
    "high_contrast": _one_of(*CONTRASTS),
    "density": _one_of(*DENSITIES),
    "layout": _one_of(*LAYOUTS),
    "name_order": _one_of(*NAME_ORDERS),
    "font_scale": _between(80, 200),
    "reading_time": _one_of(*READING_TIMES),
    "system_notices": _flag,
    "check_minutes": _between(1, 24 * 60),
    "stale_hours": _between(1, 24 * 365),
    "working_offline": _flag,
    "reduced_motion": _flag,
    "show_raw": _flag,
    "show_empty_fields": _flag,
    "mask_printouts": _flag,
    "pack_times": _daytimes,
    "pack_folder": _path,
    "pack_view": lambda value: _between(-99, 1 << 53)(value) and value != 0,
    "pack_kept": _between(1, MOST_PACKS),
    "grace_edit_seconds": _between(0, LONGEST_GRACE),
    "grace_delete_seconds": _between(0, LONGEST_GRACE),
    "viewed_seconds": _between(0, 60),
    "lock_minutes": _between(1, LONGEST_IDLE),
    "lock_at_start": _flag,
    "privacy": _one_of(*PRIVACY),
    "privacy_seconds": _between(LEAST_PRIVACY, MOST_PRIVACY),
    "rows_per_call": _between(1, 1000),
    "trial_rows": _between(0, 100),
    "old_days": _between(1, 3650),
    "kept_months": _between(1, 240),
    "match_email": _points,
    "match_phone": _points,
    "match_name": _points,
    "match_similar_name": _points,
    "match_address": _points,
    "match_birth_date": _points,
    "match_other_birth_date": _points,
    "match_other_email": _points,
    "match_review": _points,
    "match_strong": _points,
    "operator": _name,
    "operators": _names,
    "window": _texts,
    "columns": _lists,
}


@dataclass
class Settings:
    """What the operator chose. `window` and `columns` are the window's own notes (geometry, splitter, columns)."""

    language: str = SYSTEM  # takes effect with the next start
    scheme: str = "system"
    high_contrast: str = "system"
    density: str = "normal"
    layout: str = "table"
    name_order: str = "auto"  # values of `core.name_order`
    font_scale: int = 100  # percent of the system's font
    reading_time: str = "usual"  # how long notices and the offer to undo stay
    system_notices: bool = True  # the system tells of what waits while crmdesk is not in front
    check_minutes: int = 10
    stale_hours: int = 24
    working_offline: bool = False
    reduced_motion: bool = False
    show_raw: bool = False
    show_empty_fields: bool = False
    mask_printouts: bool = True  # phones and e-mail addresses on paper
    pack_times: list[str] = field(default_factory=list)  # "06:30", local; when a shift pack is made by itself
    pack_folder: str = ""  # where to; without it none is made
    pack_view: int = -1  # whose guests: a view's id
    pack_kept: int = 14
    grace_edit_seconds: int = 5  # a change waits so long before it leaves: an undo in time costs no request
    grace_delete_seconds: int = 10
    viewed_seconds: int = 2  # a guest's message that is read so long is told to the vendor as viewed; 0: never
    lock_minutes: int = 10
    lock_at_start: bool = True  # where somebody at the desk has a PIN
    privacy: str = "shared"  # masks on screen: where several people are at the desk, always, or never
    privacy_seconds: int = 60
    rows_per_call: int = 200  # bulk events
    trial_rows: int = 5
    old_days: int = 365
    kept_months: int = 24
    match_email: int = 45  # possible duplicates: what each sign counts, as `core.match.Weights`
    match_phone: int = 35
    match_name: int = 25
    match_similar_name: int = 15
    match_address: int = 15
    match_birth_date: int = 20
    match_other_birth_date: int = 40  # taken off
    match_other_email: int = 0  # taken off
    match_review: int = 50  # from here on they are listed
    match_strong: int = 80
    operator: str = ""  # who is at the desk; stands beside each change
    operators: list[str] = field(default_factory=list)  # names given before, newest first
    window: dict[str, str] = field(default_factory=dict)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    file: Path | None = None  # None: nothing is kept (practice mode, tests)

    @property
    def masks(self) -> bool:
        """Whether privacy mode is on."""
        return self.privacy == "on" or (self.privacy == "shared" and len(self.operators) > 1)

    @property
    def sorts_by_given(self) -> bool:
        """Whether an order by name goes by first names."""
        return NameOrder(self.name_order).sorts_by_given

    def as_text(self) -> str:
        """What the file holds. Half a letter (an emoji that a field cut) becomes a question mark: no file can hold it,
        and `load` would leave out the whole setting it is in."""
        values = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "file"}
        return json.dumps(values, indent=2, ensure_ascii=False).encode("utf-8", "replace").decode()

    def write(self, text: str) -> None:
        """Write the file whole or not at all; on the disk when this returns. Blocks, and only one at a time. OSError
        where the folder cannot be written."""
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self.file, text)


def load(folder: Path) -> Settings:
    """The folder's settings; whatever in the file makes no sense is left at its default."""
    file = folder / FILE_NAME
    settings = Settings(file=file)
    for name, value in _read(file).items():
        if name in SENSIBLE and SENSIBLE[name](value) and _can_be_written(value):
            setattr(settings, name, value)
    return settings


def _can_be_written(value: Any) -> bool:
    """JSON may name letters that are none, and Python reads numbers that JSON has not: no file could be saved."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return True


def _read(file: Path) -> Mapping[str, Any]:
    try:
        about = file.stat()
        if about.st_size > MAX_BYTES or S_ISFIFO(about.st_mode):  # opening a pipe would wait for ever
            raise ValueError("too large, or no file")
        found = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        log.info("settings not read (%s); defaults are used", type(error).__name__)
        return {}
    return found if isinstance(found, dict) else {}
