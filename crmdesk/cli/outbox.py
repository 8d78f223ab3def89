"""`crmdesk outbox`: what waits to be sent, in words; with `--send` it is sent."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from crmdesk import workspace
from crmdesk.cli import output
from crmdesk.cli.exits import Exit
from crmdesk.core.outbox import Op, OpState
from crmdesk.sync.wording import reason_lines, sentence, state_text


async def outbox(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    """Exit code UNDECIDED where a person has to decide, OFFLINE where something could not be sent now."""
    if chosen.send:
        await opened.services.edits.try_all()
        await opened.services.sending.send_due()
    accounts = {account.id: account for account in await opened.reader.accounts()}
    found = await opened.reader.ops()
    for op in found:
        account = accounts.get(op.account_id)
        vendor = opened.services.vendors.get(account.vendor) if account else None
        specs, title = (vendor.fields, vendor.title) if vendor else ((), "?")
        print(output.plain(f"{state_text(op, opened.services.clock.now())}: {sentence(op, specs, title)}"))
        if op.state.open:
            for line in reason_lines(op, specs):
                print(output.plain(f"    {line}"))
    if not found:
        print("Everything is sent.")
    return _exit(found, chosen.send)


def _exit(found: Sequence[Op], sent: bool) -> Exit:
    if any(op.state.needs_you for op in found):
        return Exit.UNDECIDED
    waits = any(op.state.open and op.state is not OpState.HELD for op in found)
    return Exit.OFFLINE if sent and waits else Exit.OK
