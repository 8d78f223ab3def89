"""What only a person at a terminal can be asked for."""

from __future__ import annotations

import getpass
import sys

from crmdesk.core.errors import SettingsError


def somebody_there() -> bool:
    """Whether anybody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask_secret(words: str) -> str:
    """Typed and not shown. SettingsError where the terminal is closed, or Ctrl-D was pressed."""
    try:
        return getpass.getpass(words)
    except EOFError as error:
        raise SettingsError("Nothing was typed.", "Run this again.") from error
