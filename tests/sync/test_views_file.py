"""Saved views as a file: what comes back is what was saved, and no file can harm what there is (UX-FLT-04)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.types import SavedView, Sort
from crmdesk.sync.settings_file import SettingsFileError, write_settings
from crmdesk.sync.views_file import MOST, VIEWS, read_views, write_views

ARRIVING = SavedView(
    7, "Arriving, “VIP”", 'is:linked city:"São Paulo"', (Sort("updated", True), Sort("name")), ("name", "phone"), 3
)
MINE = SavedView(8, "Mine", "account:3 by:maria", ())


def document(folder: Path, *views: Any, **changed: Any) -> Path:
    file = folder / "made.json"
    whole = {"format": VIEWS.format, "version": VIEWS.version, "views": list(views)} | changed
    file.write_text(json.dumps(whole), "utf-8")
    return file


def entry(**changed: Any) -> dict[str, Any]:
    return {"title": "A", "query": "anna", "sort": [["city", False]], "columns": ["name"]} | changed


def test_what_was_saved_comes_back_of_the_same_types(tmp_path: Path) -> None:
    write_views(tmp_path / "v.json", [ARRIVING, MINE], {3: "Seaside Villas"})
    brought = read_views(tmp_path / "v.json")
    assert brought.unusable == 0
    first, second = brought.views
    assert first == SavedView(0, ARRIVING.title, ARRIVING.query, ARRIVING.sort, ARRIVING.columns)
    assert second.query == 'account:"Seaside Villas" by:maria', "numbers of accounts are others elsewhere"


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("account:3,4 anna", 'account:"Seaside","The Old Mill" anna'),
        ("(account:3)", '(account:"Seaside")'),
        ("account:9", "account:9"),
        ("account:3,9", "account:3,9"),
        ("account:33", "account:33"),
        ("account:seaside", "account:seaside"),
    ],
)
def test_accounts_go_by_their_titles(tmp_path: Path, query: str, written: str) -> None:
    write_views(tmp_path / "v.json", [SavedView(1, "A", query)], {3: "Seaside", 4: 'The "Old" Mill'})
    assert read_views(tmp_path / "v.json").views[0].query == written


@pytest.mark.parametrize(
    "odd",
    [
        None, 5, "x", [], {}, entry(title=""), entry(title=5), entry(title=None), entry(query=None), entry(query=7),
        entry(query="x" * 5000), entry(sort=5), entry(sort=["name"]), entry(sort=[["nowhere", True]]),
        entry(sort=[["name", 1]]), entry(sort=[[["name"], True]]), entry(columns=None), entry(columns=["nowhere"]),
        entry(columns=[5]),
    ],
)  # fmt: skip
def test_what_is_no_view_is_counted_and_left_out(tmp_path: Path, odd: Any) -> None:
    brought = read_views(document(tmp_path, odd, entry()))
    assert (len(brought.views), brought.unusable) == (1, 1)


def test_a_file_of_very_many_is_bounded(tmp_path: Path) -> None:
    brought = read_views(document(tmp_path, *[entry()] * (MOST + 1)))
    assert (len(brought.views), brought.unusable) == (MOST, 1)


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    from crmdesk.settings import Settings

    write_settings(tmp_path / "s.json", Settings())
    for file in (tmp_path / "s.json", document(tmp_path, views={})):
        with pytest.raises(SettingsFileError) as caught:
            read_views(file)
        assert "holds no views" in caught.value.title and "Save the views" in caught.value.hint
    with pytest.raises(SettingsFileError) as caught:
        read_views(document(tmp_path, version=VIEWS.version + 1))
    assert "newer" in caught.value.title
