"""Words that nothing can be done with, whatever the command: found before it is begun."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

PATHS = ("data", "file", "output", "report")
FOLDERS = ("CRMDESK_DATA", "CRMDESK_COUNTERS", "CRMDESK_KEY_FILE")


def senseless(chosen: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> str:
    """What is wrong, and what to do; '' = nothing."""
    paths = [environ.get(name, "").strip() for name in FOLDERS]
    for name, value in vars(chosen).items():
        for text in value if isinstance(value, list) else [value]:
            if name in PATHS:
                paths.append(text or "")
            elif isinstance(text, str) and not _is_text(text):
                return f"This is no readable text: {_shown(text)}. Write it in the letters of this terminal."
    return next((told for told in map(_why_no_path, paths) if told), "")


def _is_text(text: str) -> bool:
    """Bytes that are no letters come as surrogates: a name of a file may have them, nothing that is kept."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _why_no_path(text: str) -> str:
    try:
        Path(text).expanduser()
    except RuntimeError:  # ~somebody
        return f"There is no home folder for {_shown(text)}. Write the whole path."
    return ""


def _shown(text: str) -> str:
    from crmdesk.core.tabular import printable  # a window that starts well does without

    return printable(text)
