"""What crmdesk does by itself about rows whose answer was lost, in words."""

from __future__ import annotations

from crmdesk.sync.look_watch import Looks
from crmdesk.ui.kit import plural, tr


def look_words(looks: Looks) -> str:
    """'' where nothing is done by itself."""
    if looks.next_at is not None:
        words = tr("crmdesk asks the vendor for these rows by itself at {time}. Nothing is sent again by that.")
        return words.replace("{time}", looks.next_at.astimezone().strftime("%H:%M"))
    if looks.done:
        return plural(
            looks.done,
            "crmdesk has asked the vendor for these rows once. What is still unknown is for you to decide.",
            "crmdesk has asked the vendor for these rows {n} times. What is still unknown is for you to decide.",
        )
    return ""
