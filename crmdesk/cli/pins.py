"""`crmdesk pins`: who has a PIN, and the way out of a forgotten one.

Whoever may use the data folder's key (the keyring of this computer's account, the passphrase, the key file) can read
everything in it: to them a PIN is no obstacle, and it may be taken away."""

from __future__ import annotations

import argparse

from crmdesk import workspace
from crmdesk.cli import output
from crmdesk.cli.exits import Exit


async def pins(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    """NotFoundError for a name without a PIN."""
    known = opened.services.pins
    if chosen.verb == "forget":
        await known.forget(chosen.name)
        print(output.plain(f"The PIN of {chosen.name} is removed. Nothing else was changed."))
        return Exit.OK
    for name in known.names():
        print(output.plain(name))
    if not known.names():
        print("Nobody has a PIN.")
    return Exit.OK
