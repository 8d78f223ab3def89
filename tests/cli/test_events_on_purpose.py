"""What a person says on purpose in the window can be said on the command line too: a purchase that several guests
share, the search for rows to blame, and the mapping of columns that fits best."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from crmdesk import folder as folders
from crmdesk import workspace
from crmdesk.__main__ import main
from crmdesk.cli.exits import Exit
from crmdesk.core.mapping import ColumnMapping, Source
from crmdesk.core.seams import SystemClock
from crmdesk.sandbox.faults import Answer, Call, Kind
from crmdesk.sync.progress import StatusBoard
from crmdesk.sync.report import REPORT_COLUMNS
from crmdesk.vendors.cendyn.sandbox import DEMO, CendynSandbox
from crmdesk.vendors.crmcom_events.sandbox import CrmComEventsSandbox
from tests.cli.test_events import HEADINGS, Save, events, line, made, office, resort, rows_in, save, served

__all__ = ["office", "resort", "save", "served"]
GUESTS = (("g:11", "ana@example.com"), ("g:12", "bo@example.com"))
BOUGHT = tuple(
    f"purchase.{part}"
    for part in ("transaction_code=PMS-9", "price=120.50", "currency=EUR", "UUID=room-standard", "status=confirmed")
)


Keep = Callable[[str, tuple[str, ...], ColumnMapping], None]


@pytest.fixture
def keep() -> Keep:
    """Keeps a mapping, as the window does."""

    def kept(name: str, columns: tuple[str, ...], mapping: ColumnMapping) -> None:
        async def run() -> None:
            folder = Path(os.environ["CRMDESK_DATA"])
            key = folders.headless_key(folder)
            opened = workspace.open_workspace(folder / folders.CACHE, key, clock=SystemClock(), board=StatusBoard())
            try:
                await opened.services.submissions.remember_mapping(name, "achievements", columns, mapping)
            finally:
                await opened.aclose()

        asyncio.run(run())

    return kept


def options(*texts: str) -> list[str]:
    return [word for text in texts for word in ("--option", text)]


def test_a_purchase_for_several_guests_is_shared_on_purpose_only(
    resort: CendynSandbox, save: Save, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmdesk.cli.events.ASK_EVERY", 0.1)
    monkeypatch.setattr(resort, "quirks", replace(resort.quirks, shared_purchase=True))
    before = len(resort.contacts(DEMO[0].id))
    file = save(*GUESTS, headings=("Guest id", "E-mail"))
    words = ["--yes", "--wait", "6", *options(*BOUGHT)]
    for verb in ("check", "send"):
        given = options(*BOUGHT) if verb == "check" else words
        assert main(["events", verb, file, *given]) == Exit.USAGE
        told = capsys.readouterr().err
        assert "Purchase: there is one for 2 rows." in told and "--option purchase_shared=yes" in told
    assert len(resort.contacts(DEMO[0].id)) == before
    assert main(["events", "check", file, *options(*BOUGHT, "purchase_shared=yes")]) == Exit.OK
    assert main(["events", "send", file, *words, *options("purchase_shared=yes")]) == Exit.OK
    assert [one["transaction_code"] for one in resort.purchases(DEMO[0].id)].count("PMS-9") == 1, "one call"
    assert len(resort.contacts(DEMO[0].id)) == before + 2
    alone = save(("g:13", "cy@example.com"), headings=("Guest id", "E-mail"), name="one.csv")
    assert main(["events", "check", alone, *options(*BOUGHT)]) == Exit.OK, "it is that guest's own"


def test_an_option_that_is_not_there_is_told_with_those_that_are(
    resort: CendynSandbox, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    file = save(*GUESTS, headings=("Guest id", "E-mail"))
    for text in ("purchase.nonsense=1", "purchase.price=much", "purchase=1", "purchase.price"):
        assert main(["events", "check", file, "--option", text]) == Exit.USAGE
        assert "purchase.price" in capsys.readouterr().err


def refusing(*accounts: str) -> Callable[[Call], Answer | None]:
    """The vendor refuses each call as a whole in which one of these stands."""

    def answer(call: Call) -> Answer | None:
        bad = any(account.encode() in call.body for account in accounts)
        refusal = b'{"status": {"code": "ValidationException", "message": "No"}, "data": null}'
        return Answer(body=refusal) if bad else None

    return answer


def test_the_row_to_blame_for_a_refused_call_is_found_if_that_is_said(
    office: CrmComEventsSandbox, save: Save, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "result.csv"
    file = save(*(line(number) for number in range(20, 30)))
    office.faults.set(Kind.ANSWER, target="/bulk/", answer=refusing("ACR0000000523", "ACR0000000528"), times=None)
    before = made(office)
    assert events("send", file, "--yes", "--per-call", 5, "--quiet") == Exit.ROWS
    shown = capsys.readouterr()
    assert "--find-culprit" in shown.err and "10 rows: 10 not sent." in shown.out
    assert made(office) == before
    words = ("--yes", "--per-call", 5, "--quiet", "--find-culprit", "--repeats", "--report", report)
    assert events("send", file, *words) == Exit.ROWS
    shown = capsys.readouterr()
    assert "about 6 calls, at most 8" in shown.err
    assert "10 rows: 8 sent, 2 failed." in shown.out
    assert made(office) == before + 8
    outcomes = {one["Account"]: one["Outcome"] for one in rows_in(report)}
    assert [account[-2:] for account, outcome in outcomes.items() if outcome == "Failed"] == ["23", "28"]
    assert list(rows_in(report)[0]) == [*HEADINGS, *REPORT_COLUMNS]


def test_columns_are_taken_as_in_the_kept_mapping_that_fits_best(
    office: CrmComEventsSandbox, save: Save, capsys: pytest.CaptureFixture[str], keep: Keep
) -> None:
    """As in the window: not as in the first one that is good enough."""
    titles = ("Konto", "Art", "Haus", "Zeit", "Zimmer")
    paths = ("accounts_receivable_identifier.number", "classification_identifier.name",
             "performed_by_unit_identifier.name", "performed_on")  # fmt: skip
    right = ColumnMapping()
    for place, path in enumerate(paths):
        right = right.with_choice(path, Source(place))
    keep("Spa", titles, right)
    keep("Bar", (*titles[:4], "Tisch"), ColumnMapping().with_choice("description", Source(0)))  # used last
    assert events("check", save(line(1), headings=titles)) == Exit.OK
    assert "as in the mapping Spa" in capsys.readouterr().err
