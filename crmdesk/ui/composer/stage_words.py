"""Where rows of bulk events stand, in words: of one row, and counted. Light: lists and histories use it, too."""

from __future__ import annotations

from collections.abc import Mapping

from crmdesk.core.submission import RowStage
from crmdesk.ui.words import plural

WORDS = {
    RowStage.READY: "Ready",
    RowStage.QUEUED: "Queued",
    RowStage.SENDING: "Sending…",
    RowStage.SENT: "Sent",
    RowStage.ACCEPTED: "Accepted",
    RowStage.FAILED: "Failed",
    RowStage.UNKNOWN: "Unknown",
    RowStage.NOT_SENT: "Not sent",
    RowStage.LEFT_OUT: "Left out",
}
_COUNTED = (
    (RowStage.SENT, "1 sent", "{n} sent"),
    (RowStage.ACCEPTED, "1 accepted for processing", "{n} accepted for processing"),
    (RowStage.FAILED, "1 failed", "{n} failed"),
    (RowStage.UNKNOWN, "1 unknown", "{n} unknown"),
    (RowStage.SENDING, "1 being sent", "{n} being sent"),
    (RowStage.QUEUED, "1 waiting", "{n} waiting"),
    (RowStage.NOT_SENT, "1 not sent", "{n} not sent"),
    (RowStage.READY, "1 ready", "{n} ready"),
    (RowStage.LEFT_OUT, "1 left out", "{n} left out"),
)


def tally(counts: Mapping[RowStage, int], first: RowStage | None = None) -> str:
    """*996 sent · 4 failed · 1,000 unknown · 481 waiting*; `first`: what stands before the others."""
    order = sorted(_COUNTED, key=lambda one: one[0] is not first)
    return " · ".join(plural(counts[stage], one, many) for stage, one, many in order if counts.get(stage))
