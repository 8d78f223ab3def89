"""The counter beside a data folder, on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmdesk.core.epoch import Mark
from crmdesk.core.errors import StorageError
from crmdesk.epoch_file import FILE, FileEpochs, counters_folder
from crmdesk.folder import claim
from crmdesk.settings import data_folder


def test_it_counts(tmp_path: Path) -> None:
    epochs = FileEpochs(tmp_path / "counters")
    assert epochs.read("abc") is None
    assert epochs.swap("abc", None, Mark(1, "t"))
    again = FileEpochs(tmp_path / "counters")
    assert again.read("abc") == Mark(1, "t")
    assert not again.swap("abc", None, Mark(9)) and not again.swap("abc", Mark(1), Mark(9))
    assert again.swap("abc", Mark(1, "t"), Mark(2)) and epochs.read("abc") == Mark(2)
    assert epochs.read("other") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"number": "x", "token": ""}', '{"token": ""}', "9" * 20_000])
def test_a_file_that_makes_no_sense_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / FILE).write_text(text)
    assert FileEpochs(tmp_path).read("abc") is None


def test_what_another_program_is_changing_is_not_changed(tmp_path: Path) -> None:
    epochs = FileEpochs(tmp_path)
    assert epochs.swap("abc", None, Mark(1))
    with claim(tmp_path / "abc"):
        assert not epochs.swap("abc", Mark(1), Mark(2))
    assert epochs.read("abc") == Mark(1)


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a" * 65, "."])
def test_a_name_from_a_strange_file_leads_nowhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError):
        FileEpochs(tmp_path).swap(name, None, Mark(1))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "abc").write_text("a file, no folder")
    with pytest.raises(StorageError, match="no events are sent"):
        FileEpochs(tmp_path).swap("abc", None, Mark(1))


def test_it_never_lies_in_the_data_folder(tmp_path: Path) -> None:
    assert counters_folder({"CRMDESK_COUNTERS": str(tmp_path)}) == tmp_path
    assert data_folder({}) not in (counters_folder({}), *counters_folder({}).parents)
