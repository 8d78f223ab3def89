"""The words of a start of the window are read without the parsers of the commands, and come to the same."""

from __future__ import annotations

import pytest

from crmdesk.cli import arguments


@pytest.mark.parametrize(
    "words",
    [
        [], ["--data", "there"], ["--data=there", "--lang", "de"], ["--search", "sync"], ["--demo", "--debug"],
        ["--sea", "anna"], ["sync"], ["--debug", "sync"], ["--data", "there", "self-test"], ["duplicates"],
    ],
)  # fmt: skip
def test_they_are_those_of_the_whole_parser(words: list[str]) -> None:
    assert arguments.parse(words) == arguments.build().parse_args(words)


@pytest.mark.parametrize(
    "words",
    [["--data"], ["--nonsense"], ["-x"], ["snyc"], ["--lang"], ["--", "x"], ["--demo=1"], ["--de"], ["--d", "there"]],
)
def test_a_mistake_is_said_by_the_whole_parser(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as whole:
        arguments.build().parse_args(words)
    said = capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        arguments.parse(words)
    assert ended.value.code == whole.value.code
    assert capsys.readouterr().err == said
