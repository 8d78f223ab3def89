"""What a person reads can be said in every language: whole sentences with named values, nothing put together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.locale.pieces import all_pieces, pieces
from tests.locale.source import messages, reads_like_words

# Read by nobody on screen: our own verdicts and details, and the English sheet beside a file's English headings.
KNOWN = ("sync/outcome.py", "sync/report.py", "net/wire.py", "store/ops.py", "store/submissions.py",
         "store/guest_rows.py", "crmcom_selfservice/documents.py")  # fmt: skip


def test_no_text_for_people_is_put_together_from_pieces() -> None:
    """`said`, `said_of` and `together` (crmdesk/core/said.py) make sentences with values in them."""
    assert [piece for piece in all_pieces() if not any(name in piece for name in KNOWN)] == []


@pytest.mark.parametrize(
    "line",
    [
        'raise SettingsError(f"The {name} is missing.")',
        'raise SettingsError("The " + name + " is missing.")',
        'raise SettingsError("The %s is missing." % name)',
        'raise SettingsError("The name is missing.", "Type {}.".format(name))',
        'Problem(path, code, f"{count} rows")',
        'title = f"{vendor} answers."',
    ],
)
def test_a_piece_is_found(line: str, tmp_path: Path) -> None:
    file = tmp_path / "made.py"
    file.write_text(line)
    assert len(list(pieces(file))) == 1


@pytest.mark.parametrize(
    "line",
    [
        'log.info(f"{count} rows were read")',
        'raise ValueError(f"{name} is no name")',
        'name = f"{area}.{number}.remove"',
        'raise SettingsError(said("The {name} is missing.", name=name))',
        'driver.execute(f"SELECT id FROM {table} WHERE name")',
    ],
)
def test_what_is_for_us_is_no_piece(line: str, tmp_path: Path) -> None:
    file = tmp_path / "made.py"
    file.write_text(line)
    assert list(pieces(file)) == []


@pytest.mark.parametrize(
    "text",
    ["Type the address of the service, starting with https://.", "{column} missing", "{field} cannot be read."],
)
def test_sentences_with_an_address_or_a_leading_value_are_messages(text: str) -> None:
    assert text in messages()


def test_an_address_alone_is_no_message() -> None:
    assert not reads_like_words("https://www.example.com/api") and not reads_like_words("It failed: %s")


def test_counts_of_sentences_have_plural_forms() -> None:
    assert messages()["1 new"].many == "{n} new"
    assert messages()["{field} in the last day"].many == "{field} in the last {n} days"


def test_the_texts_of_findings_are_messages() -> None:
    """`add.warning(…)` is no log line."""
    assert "This guest did not agree to marketing." in messages()
