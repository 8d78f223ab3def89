"""Settings as a file for another computer: what a person chose, without names of people, folders, or anything secret.
And what every such file has in common.

Reading takes over nothing by itself: it gives the values that make sense here, and the names of those that do not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

from crmdesk.core.errors import KnownError
from crmdesk.core.said import said
from crmdesk.settings import MAX_BYTES, SENSIBLE, Settings
from crmdesk.sync.whole_file import put_file

ENDING = ".json"
FORMAT, VERSION = "crmdesk settings", 1
OWN = frozenset({
    "operator", "operators", "window", "columns", "pack_folder", "pack_times", "pack_view", "working_offline",
})  # fmt: skip
"""Of this computer: who works here, how its window and views stand, where its files lie, whether it is on-line."""
MOVED = tuple(name for name in SENSIBLE if name not in OWN)


class SettingsFileError(KnownError):
    """The file holds no settings, or not the whole of them. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a file brings: `values` by name, and how many entries nobody here can use."""

    values: Mapping[str, Any]
    unusable: int = 0


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file: what it calls itself, its version, where its content stands; what is said of a file that is none,
    and what to do then."""

    format: str
    version: int
    part: str
    holds: type
    none: str
    hint: str


SETTINGS = Form(
    FORMAT,
    VERSION,
    "settings",
    dict,
    "“{name}” holds no settings of crmdesk.",
    "Choose a file that was made with “Save the settings as a file…”.",
)


def write_settings(path: Path, settings: Settings) -> None:
    """Whole or not at all. StorageError. Blocks."""
    write_document(path, SETTINGS, {name: getattr(settings, name) for name in MOVED})


def read_settings(path: Path) -> Brought:
    """SettingsFileError says what is wrong with the file. Blocks."""
    given = read_document(path, SETTINGS)
    values = {name: given[name] for name in MOVED if name in given and SENSIBLE[name](given[name])}
    return Brought(values, sum(1 for name in given if name not in values and name not in OWN))


def write_document(path: Path, form: Form, content: Any) -> None:
    """Whole or not at all. StorageError. Blocks."""
    whole = {"format": form.format, "version": form.version, form.part: content}
    put_file(path, json.dumps(whole, indent=2, ensure_ascii=False).encode())


def read_document(path: Path, form: Form) -> Any:
    """The content of a file of this form. SettingsFileError. Blocks."""
    name = path.name
    found = _document(path, form)
    if (
        not isinstance(found, dict)
        or found.get("format") != form.format
        or not isinstance(found.get(form.part), form.holds)
    ):
        raise _none(form, name)
    version = found.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise SettingsFileError(
            said("“{name}” does not say which form it has.", name=name),
            "Save it again where it was made, and choose that file.",
        )
    if version > form.version:
        raise SettingsFileError(said("“{name}” was made by a newer crmdesk.", name=name), "Update crmdesk first.")
    return found[form.part]


def _none(form: Form, name: str) -> SettingsFileError:
    return SettingsFileError(said(form.none, name=name), form.hint)


def _document(path: Path, form: Form) -> Any:
    name = path.name
    try:
        if not (S_ISREG(mode := path.stat().st_mode) or S_ISDIR(mode)):  # opening a pipe would wait for ever
            raise _none(form, name)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SettingsFileError(
            said("“{name}” cannot be read: {reason}.", name=name, reason=error.strerror or type(error).__name__),
            "Choose another file.",
        ) from error
    if len(content) > MAX_BYTES:
        raise SettingsFileError(said("“{name}” is too large for such a file.", name=name), "Choose another file.")
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SettingsFileError(
            said("“{name}” is damaged, or not the whole file.", name=name), "Copy it again, or choose another one."
        ) from error
