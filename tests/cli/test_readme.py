"""What the README lets a newcomer type works as it says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crmdesk.__main__ import main
from crmdesk.cli import arguments
from crmdesk.cli.exits import Exit
from crmdesk.sandbox.app import mount
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.vendors.bookingsync.sandbox import sandbox as contacts
from crmdesk.vendors.crmcom_events.sandbox import sandbox as events

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
FIRST = README.partition("### Ten minutes")[2].partition("\n## ")[0]


def test_the_first_ten_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CRMDESK_PASSPHRASE", "four words are best")
    port = arguments.build().parse_args(["sandbox"]).port
    sea, office = re.findall(rf"`http://127\.0\.0\.1:{port}(/[^`]+)`", FIRST)
    token, user, organisation, password = re.findall(r"(?:token|name|organisation|password)\s+`([^`]+)`", FIRST)
    file = tmp_path / "events.csv"
    recent = f"{datetime.now() - timedelta(days=7):%Y-%m-%d}"  # what is a year old asks for a tick
    file.write_text(re.sub(r"\d{4}-\d\d-\d\d", recent, FIRST.partition("```csv\n")[2].partition("```")[0]), "utf-8")
    with LoopbackServer(mount({"bookingsync": contacts(counts=[60]), "crmcom_events": events()})) as server:
        monkeypatch.setenv("CRMDESK_TOKEN", token)
        assert main(["accounts", "add", "Sea", "--base-url", f"{server.base_url}{sea}"]) == Exit.OK
        assert main(["sync", "--quiet"]) == Exit.OK
        monkeypatch.setenv("CRMDESK_TOKEN", password)
        settings = ["--set", f"username={user}", "--set", f"organisation={organisation}"]
        address = f"{server.base_url}{office}"
        added = ["accounts", "add", "Office", "--vendor", "crmcom_events", "--base-url", address, *settings]
        assert main(added) == Exit.OK
        capsys.readouterr()
        assert main(["events", "send", str(file), "--kind", "achievements"]) == Exit.OK
        assert "2 rows: 2 sent." in capsys.readouterr().out
        assert main(["events", "send", str(file), "--kind", "achievements"]) == Exit.ROWS
        assert "Sent before (2)" in capsys.readouterr().out
