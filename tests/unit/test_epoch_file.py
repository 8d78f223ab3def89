"""The counter beside a data folder, on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmdesk.core.epoch import Mark
from crmdesk.core.errors import StorageError
from crmdesk.epoch_file import EARLIER, FILE, SLOT, FileEpochs, counters_folder
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


def test_it_counts_on_over_many_runs(tmp_path: Path) -> None:
    known = None
    for number in range(1, 12):
        then = Mark(number, f"t{number}")
        assert FileEpochs(tmp_path).swap("abc", known, then)
        assert not FileEpochs(tmp_path).swap("abc", known, Mark(99))
        assert FileEpochs(tmp_path).read("abc") == then
        known = then
    assert (tmp_path / "abc" / FILE).stat().st_size == 2 * SLOT, "nothing of the file's outline changes"


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("written", [0, 1, 20, 60, 100, SLOT - 1])
def test_what_was_half_written_when_the_power_went_is_as_if_it_had_not_begun(
    tmp_path: Path, number: int, written: int
) -> None:
    """In either slot."""
    epochs, path = FileEpochs(tmp_path), tmp_path / "abc" / FILE
    for one in range(1, number + 1):
        epochs.swap("abc", Mark(one - 1, "t") if one > 1 else None, Mark(one, "t"))
    before = path.read_bytes()
    assert epochs.swap("abc", Mark(number, "t"), Mark(number + 1, "other"))
    after = path.read_bytes()
    start = next(place for place in (0, SLOT) if before[place : place + SLOT] != after[place : place + SLOT])
    path.write_bytes(before[:start] + after[start : start + written] + before[start + written :])
    found = epochs.read("abc")
    whole = after[start : start + written].rstrip().endswith(b"}")
    assert found == (Mark(number + 1, "other") if whole else Mark(number, "t"))
    assert epochs.swap("abc", found, Mark(number + 2, "t")) and epochs.read("abc") == Mark(number + 2, "t")


def test_the_file_of_a_version_before_is_counted_on_and_never_counts_again(tmp_path: Path) -> None:
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / EARLIER).write_text('{"number": 7, "token": "t"}')
    epochs = FileEpochs(tmp_path)
    assert epochs.read("abc") == Mark(7, "t")
    assert not epochs.swap("abc", Mark(6), Mark(7)) and epochs.swap("abc", Mark(7, "t"), Mark(8))
    assert epochs.read("abc") == Mark(8) and not (tmp_path / "abc" / EARLIER).exists()
    (tmp_path / "abc" / FILE).write_text("damaged")
    assert epochs.read("abc") is None


def test_where_both_files_are_left_the_newer_kind_counts(tmp_path: Path) -> None:
    """It ended between making the one and deleting the other."""
    epochs = FileEpochs(tmp_path)
    epochs.swap("abc", None, Mark(8))
    (tmp_path / "abc" / EARLIER).write_text('{"number": 7, "token": "t"}')
    assert epochs.read("abc") == Mark(8) and epochs.swap("abc", Mark(8), Mark(9))
    (tmp_path / "abc" / FILE).write_text("damaged")
    assert epochs.read("abc") is None, "a number of long ago must not count"


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"number": "x", "token": ""}', '{"token": ""}', "9" * 20_000,
        '{"number": 1e999, "token": "", "check": ""}', '{"number": NaN, "token": "", "check": ""}',
    ],
)  # fmt: skip
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
