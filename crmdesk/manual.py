"""The manual page, made from the parser of the command line, as `man` reads it.

Used by `build_installer.py` only, and not frozen itself."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from crmdesk import __version__

FOLDER = "~/.local/share/crmdesk"


def page(parser: argparse.ArgumentParser, summary: str, date: str) -> str:
    """The whole page; `date` is that of the release."""
    epilog = (parser.epilog or "").split("\n\n")
    lines = [
        f'.TH {parser.prog.upper()} 1 "{date}" "{parser.prog} {__version__}" "User Commands"',
        ".nh",
        ".ad l",
        ".SH NAME",
        f"{parser.prog} \\- {_text(summary)}",
        ".SH SYNOPSIS",
        f".B {parser.prog}",
        "[OPTION]... [COMMAND ...]",
        ".SH DESCRIPTION",
        *(_text(part) for part in (parser.description or "", epilog[0])),
        ".SH OPTIONS",
        *_options(parser),
        ".SH COMMANDS",
        *_commands(parser),
    ]
    for part in epilog[1:]:
        title, *rest = part.splitlines()
        lines += [f".SH {title.rstrip(':').upper()}", ".nf", *map(_text, rest), ".fi"]
    lines += [
        ".SH FILES",
        ".TP",
        f".I {_text(FOLDER)}",
        "The data folder, unless CRMDESK_DATA or --data names another.",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        for inner in action.choices.values():
            yield f".SS {_text(inner.prog)}"
            yield from (_text(part) for part in (inner.description or "").splitlines())
            yield from _options(inner)
            if inner.epilog:
                yield from (".PP", ".nf", *map(_text, inner.epilog.splitlines()), ".fi")
            yield from _commands(inner)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """What may stand behind it, each with its sentence."""
    formatter = parser._get_formatter()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) or "--help" in action.option_strings:
            continue
        yield ".TP"
        yield f"\\fB{_text(_plain(formatter._format_action_invocation(action)))}\\fR"
        yield _text(_plain(formatter._expand_help(action))) if action.help else "\\&"


def _plain(text: str) -> str:
    """Python 3.14 colours what goes to a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _text(words: str) -> str:
    """As man shows it: no sign of these words is one of its own."""
    safe = words.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe
