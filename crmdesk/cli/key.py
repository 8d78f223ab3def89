"""The data folder's key for a command: as the environment has it, else a person at a terminal is asked."""

from __future__ import annotations

import os
from pathlib import Path

from crmdesk import folder as folders
from crmdesk import logs
from crmdesk.cli.asking import ask_secret, somebody_there
from crmdesk.net.key_record import KeyFault, KeyUnavailableError
from crmdesk.net.secrets import Key


def folder_key(folder: Path) -> Key:
    """Blocks. KeyUnavailableError says what is missing."""
    try:
        return folders.headless_key(folder)
    except KeyUnavailableError as error:
        if error.fault is not KeyFault.NEEDS_PASSPHRASE:
            raise
        if not somebody_there():
            hint = "Set CRMDESK_PASSPHRASE to its passphrase and run this again."
            raise KeyUnavailableError(KeyFault.NEEDS_PASSPHRASE, error.title, hint) from error
    typed = ask_secret("Passphrase of the data folder: ")
    logs.register_secret(typed)
    return folders.headless_key(folder, {**os.environ, "CRMDESK_PASSPHRASE": typed})
