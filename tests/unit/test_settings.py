"""Settings survive anything that can happen to their file."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from crmdesk import settings
from crmdesk.settings import SENSIBLE, Settings
from tests.helpers.any_json import ANY_JSON, TEXTS


def test_what_was_chosen_comes_back(tmp_path: Path) -> None:
    chosen = settings.load(tmp_path)
    chosen.scheme, chosen.font_scale, chosen.window = "dark", 150, {"geometry": "AAEC"}
    chosen.write(chosen.as_text())
    again = settings.load(tmp_path)
    assert (again.scheme, again.font_scale, again.window) == ("dark", 150, {"geometry": "AAEC"})


def test_every_setting_has_its_rule_and_its_default_keeps_it() -> None:
    values = vars(Settings())
    assert set(SENSIBLE) == set(values) - {"file"}
    assert all(rule(values[name]) for name, rule in SENSIBLE.items())


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[1]", b"{", b"\xff\xfe\x00", b"[" * 100_000, b'{"scheme": "pink"}']
)
def test_an_unreadable_file_gives_the_defaults_and_stays(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / settings.FILE_NAME
    file.write_bytes(content)
    assert vars(settings.load(tmp_path)) == vars(Settings(file=file))
    assert file.read_bytes() == content


@pytest.mark.skipif(sys.platform == "win32", reason="pipes as POSIX has them")
def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / settings.FILE_NAME)
    assert settings.load(tmp_path).scheme == "system"


def test_one_senseless_value_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    (tmp_path / settings.FILE_NAME).write_text(
        json.dumps({"scheme": "dark", "font_scale": 9000, "density": 3, "file": "/etc/passwd", "surprise": 1})
    )
    found = settings.load(tmp_path)
    assert (found.scheme, found.font_scale, found.density) == ("dark", 100, "normal")
    assert found.file == tmp_path / settings.FILE_NAME


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(SENSIBLE)), st.none() | st.integers() | st.text() | st.lists(st.integers()))
)
def test_whatever_the_file_says_only_sensible_values_arrive(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]
) -> None:
    folder = tmp_path_factory.mktemp("settings")
    (folder / settings.FILE_NAME).write_text(json.dumps(values))
    found = vars(settings.load(folder))
    assert all(rule(found[name]) for name, rule in SENSIBLE.items())


@hypothesis_settings(max_examples=80, deadline=None)
@given(
    st.fixed_dictionaries(
        {"columns": st.dictionaries(TEXTS, st.lists(ANY_JSON)), "window": st.dictionaries(TEXTS, TEXTS)},
        optional=dict.fromkeys(sorted(SENSIBLE.keys() - {"columns", "window"}), ANY_JSON),
    )
)
def test_whatever_is_taken_from_the_file_can_be_saved_again(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]
) -> None:
    folder = tmp_path_factory.mktemp("settings")
    (folder / settings.FILE_NAME).write_text(json.dumps(values))
    found = settings.load(folder)
    found.write(found.as_text())
    again = settings.load(folder)
    assert all(getattr(again, name) == getattr(found, name) for name in SENSIBLE)


def test_half_a_letter_neither_stops_the_writing_nor_loses_its_setting(tmp_path: Path) -> None:
    """A pasted emoji that a field's length cut."""
    typed = Settings(operator="Eva \ud83d", operators=["Eva \ud83d", "Jürgen"], file=tmp_path / settings.FILE_NAME)
    typed.write(typed.as_text())
    found = settings.load(tmp_path)
    assert (found.operator, found.operators) == ("Eva ?", ["Eva ?", "Jürgen"])


def test_the_data_folder_can_be_chosen() -> None:
    assert settings.data_folder({"CRMDESK_DATA": "/somewhere/else"}) == Path("/somewhere/else")
    assert settings.data_folder({}).name == "crmdesk"


def test_practice_settings_are_not_kept(tmp_path: Path) -> None:
    Settings().write(Settings().as_text())
    assert list(tmp_path.iterdir()) == []
