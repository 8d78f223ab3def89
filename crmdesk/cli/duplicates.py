"""`crmdesk duplicates`: records that may be the same person; with `--scan` they are looked for first."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from crmdesk import workspace
from crmdesk.cli import output
from crmdesk.cli.exits import Exit
from crmdesk.core.cards import Pair, Scanned, ScanProgress
from crmdesk.core.match import Trait

SAME: Mapping[Trait, str] = {
    Trait.EMAIL: "same e-mail",
    Trait.PHONE: "same phone",
    Trait.NAME: "same name",
    Trait.SIMILAR_NAME: "similar name",
    Trait.ADDRESS: "same address",
    Trait.BIRTH: "same birth date",
}
OTHER: Mapping[Trait, str] = {Trait.EMAIL: "different e-mail", Trait.BIRTH: "different birth date"}


async def duplicates(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    """Exit code UNDECIDED where there are pairs to decide. Nothing is linked here."""
    if chosen.scan:
        _tell(await opened.services.cards.scan(_follow))
    titles = {account.id: account.title for account in await opened.reader.accounts()}
    found = await opened.reader.pairs(chosen.limit)
    for pair in found:
        print(output.plain(_line(pair, titles)))
    total = await opened.reader.pair_count()
    if not total and not chosen.scan and not await opened.services.cards.last_scan():
        _say("Duplicates have not been looked for yet. Run: crmdesk duplicates --scan")
    _say(f"{len(found):,} of {total:,} pairs")
    return Exit.UNDECIDED if total else Exit.OK


def _line(pair: Pair, titles: Mapping[int, str]) -> str:
    one, other = (f"{row.name} ({titles.get(row.account_id, '?')})" for row in (pair.one, pair.other))
    why = [*(SAME[trait] for trait in pair.matched), *(OTHER[trait] for trait in pair.contradicting)]
    return f"{pair.score:3}  {one} – {other}: {', '.join(why)}"


def _follow(progress: ScanProgress) -> None:
    if progress.done == progress.total:
        what = "records read" if progress.step == "reading" else "candidates compared"
        _say(f"{progress.done:,} {what}")


def _tell(found: Scanned) -> None:
    for crowd in found.crowds:
        shared = ", ".join(SAME[trait] for trait in crowd.shared)
        _say(f"{crowd.records:,} records have so much in common that they were not compared for that: {shared}")
    if found.full:
        _say("There are more pairs than are kept. Decide some, then search again.")


def _say(text: str) -> None:
    print(output.plain(text), file=sys.stderr, flush=True)
