"""The commands for files and paper, and why they cannot be used now. Light: it comes with the window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crmdesk.ui.commands import Command
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow


def commands(window: MainWindow) -> list[Command]:
    return [
        Command(
            "contact.export", tr("Export contacts…"), partial(_export, window), ("Ctrl+Shift+E",), "anywhere",
            partial(why_no_export, window), "File", "download", words="save csv excel xlsx vcard file download",
        ),
        Command(
            "pack.print", tr("Shift pack: print or PDF…"), partial(_pack, window), ("Ctrl+P",), "anywhere",
            partial(why_no_pack, window), "File", "printer", words="print paper handover outage list pdf",
        ),
    ]  # fmt: skip


def why_no_export(window: MainWindow) -> str | None:
    if reason := why_no_pack(window):
        return reason
    if window.scope.running("export"):
        return tr("An export is being written. Wait for its end, or cancel it.")
    if not window.contacts.model.rowCount():
        return tr("There are no contacts in the list.")
    from crmdesk.ui.contacts import offers  # with the first question, not with the window

    return offers.listed_closed(window.contacts)


def why_no_pack(window: MainWindow) -> str | None:
    ready = window.attached and window.contacts.results.ready
    return None if ready else tr("Contacts are still being opened.")


def _export(window: MainWindow) -> None:
    from crmdesk.ui.papers.export import export

    window.scope.start(export(window), what="Export contacts", key="export", if_busy="keep")


def _pack(window: MainWindow) -> None:
    from crmdesk.ui.papers.pack import show_pack

    window.scope.start(show_pack(window), what="Shift pack", key="pack", if_busy="keep")
