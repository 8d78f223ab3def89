"""`crmdesk contacts --output FILE`: tables and cards, written as the window writes them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from crmdesk import workspace
from crmdesk.cli import output
from crmdesk.cli.exits import Exit
from crmdesk.core.errors import SettingsError
from crmdesk.core.types import Account
from crmdesk.core.vcard import write
from crmdesk.sync import exporting
from crmdesk.sync.exporting import Tally

ENDINGS = {"csv": ".csv", "xlsx": ".xlsx", "vcard": ".vcf"}


async def contacts_file(
    form: str, target: str | None, opened: workspace.Workspace, ids: Sequence[int], accounts: dict[int, Account]
) -> Exit:
    """Cards go to stdout where no file is named. SettingsError, StorageError."""
    if form not in ENDINGS:
        raise SettingsError(f"--output cannot be written as {form}.", "Add --format csv, xlsx or vcard.")
    desk, tally = exporting.Desk(accounts, workspace.vendors(), _country), Tally(len(ids))
    if target is None:
        if form == "xlsx":
            raise SettingsError("A workbook needs a file.", "Add --output FILE.xlsx")
        async for chunk in opened.reader.each(ids):
            sys.stdout.write("".join(write(desk.card(one)) for one in chunk if exporting.allowed(one.row, tally)))
        _say(tally, "stdout")
        return Exit.OK
    path = _named(target, form)
    if form == "vcard":
        await _in_thread(partial(exporting.write_cards, path, opened.reader, ids, tally, desk.card), tally)
    else:
        cells = partial(output.record_cells, accounts=accounts)
        work = partial(exporting.write_details, path, opened.reader, ids, tally, output.CSV_HEADER, cells)
        await _in_thread(work, tally)
    _say(tally, str(path))
    return Exit.OK


def _named(target: str, form: str) -> Path:
    path = Path(target).expanduser()
    if path.suffix.lower() != ENDINGS[form]:
        raise SettingsError(f"{path.name} is no name for {form}.", f"Let it end in {ENDINGS[form]}")
    return path


async def _in_thread(work: Callable[[], bool], tally: Tally) -> None:
    """Ctrl-C stops it within a few hundred contacts; nothing is left then."""
    try:
        await asyncio.to_thread(work)
    except asyncio.CancelledError:
        tally.stop = True
        raise


def _say(tally: Tally, where: str) -> None:
    left = f"; {tally.left_out} left out, as their guests asked" if tally.left_out else ""
    print(output.plain(f"{tally.written} contacts written to {where}{left}"), file=sys.stderr, flush=True)


def _country(code: str) -> str:
    import pycountry  # slow to import

    found = pycountry.countries.get(alpha_2=code) if len(code) == 2 else None
    return str(found.name) if found is not None else code
