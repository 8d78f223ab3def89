"""Settings as a file: nothing of this computer's people in it, and no file can harm what there is."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.errors import StorageError
from crmdesk.settings import MAX_BYTES, SENSIBLE, Settings
from crmdesk.sync.settings_file import FORMAT, MOVED, OWN, VERSION, SettingsFileError, read_settings, write_settings

CHOSEN = {"density": "large", "check_minutes": 30, "match_email": 50, "show_raw": True}


def made(folder: Path, **values: Any) -> Path:
    file = folder / "settings.json"
    write_settings(file, Settings(**values))
    return file


def document(folder: Path, **changed: Any) -> Path:
    file = folder / "made.json"
    whole = {"format": FORMAT, "version": VERSION, "settings": dict(CHOSEN)} | changed
    file.write_text(json.dumps(whole), "utf-8")
    return file


def test_what_was_chosen_comes_back(tmp_path: Path) -> None:
    brought = read_settings(made(tmp_path, **CHOSEN))
    assert {name: brought.values[name] for name in CHOSEN} == CHOSEN
    assert (set(brought.values), brought.unusable) == (set(MOVED), 0)


def test_nobodys_name_folder_or_secret_is_in_the_file(tmp_path: Path) -> None:
    file = made(tmp_path, operator="Maria", operators=["Maria", "Jürgen"], pack_folder=str(tmp_path), window={"a": "b"})
    text = file.read_text("utf-8")
    assert not any(word in text for word in ("Maria", "Jürgen", str(tmp_path), "window"))


def test_every_setting_moves_or_is_said_to_stay() -> None:
    assert {*MOVED, *OWN} == {item.name for item in fields(Settings)} - {"file"} == set(SENSIBLE)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "damaged"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "damaged"),
        (b"{", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"[]", "holds no settings"),
        (b"{}", "holds no settings"),
        (b'{"format": "crmdesk settings", "version": 1}', "holds no settings"),
        (b'{"format": "crmdesk settings", "version": 1, "settings": []}', "holds no settings"),
        (b'{"density": "large"}', "holds no settings"),
        (b" " * (MAX_BYTES + 1), "too large"),
        (b'{"format": "crmdesk settings", "version": 2, "settings": {}}', "newer"),
        (b'{"format": "crmdesk settings", "version": "1", "settings": {}}', "which form"),
        (b'{"format": "crmdesk settings", "version": true, "settings": {}}', "which form"),
        (b'{"format": "crmdesk settings", "version": 0, "settings": {}}', "which form"),
        (b'{"format": "crmdesk settings", "settings": {}}', "which form"),
    ],
)
def test_a_wrong_file_is_told_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "odd.json"
    file.write_bytes(content)
    with pytest.raises(SettingsFileError, match=words) as told:
        read_settings(file)
    assert "odd.json" in told.value.title and told.value.hint


def test_half_a_file_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    whole = made(tmp_path, **CHOSEN).read_bytes()
    for length in range(0, len(whole), 97):
        half = tmp_path / "half.json"
        half.write_bytes(whole[:length])
        with pytest.raises(SettingsFileError):
            read_settings(half)


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    for file in (tmp_path / "gone.json", tmp_path):
        with pytest.raises(SettingsFileError, match="cannot be read"):
            read_settings(file)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes as POSIX has them")
def test_a_pipe_is_no_file_of_settings(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(SettingsFileError, match="holds no settings"):
        read_settings(tmp_path / "pipe.json")


def test_of_senseless_values_only_the_others_are_taken(tmp_path: Path) -> None:
    file = document(tmp_path, settings={**CHOSEN, "density": "huge", "lock_minutes": 10**9, "future": 1})
    brought = read_settings(file)
    assert (dict(brought.values), brought.unusable) == ({n: v for n, v in CHOSEN.items() if n != "density"}, 3)


def test_a_file_cannot_bring_what_is_this_computers_own(tmp_path: Path) -> None:
    file = document(tmp_path, settings={"operator": "Eve", "pack_folder": "/srv", "window": {"place": "x"}, **CHOSEN})
    assert dict(read_settings(file).values) == CHOSEN


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = document(tmp_path)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert dict(read_settings(file).values) == CHOSEN


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_settings(tmp_path / "no such folder" / "settings.json", Settings())
