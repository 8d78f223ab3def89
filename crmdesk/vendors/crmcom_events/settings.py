"""The account's plain settings, read once: what was not typed has its default, what cannot be is told by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crmdesk.core.errors import SettingsError
from crmdesk.core.said import said, term
from crmdesk.vendors.crmcom_events.fields import DEFAULT_RELEASE, DEFAULT_SYSTEM, PASSWORD, RELEASES, WEB_API_KEY

_IDLE, _FIXED = 55 * 60.0, 110 * 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What `Account.config` says. `release` is (10, 0) to (17, 0)."""

    sign_in: str = PASSWORD
    username: str = ""
    organisation: str = ""
    unit: str = ""
    release: tuple[int, int] = (12, 0)
    time_zone: str = ""
    external_system: str = DEFAULT_SYSTEM

    @property
    def by_key(self) -> bool:
        return self.sign_in == WEB_API_KEY

    @property
    def token_lasts(self) -> float:
        """Seconds until a token should be replaced. Below R12 it dies after one idle hour, so one that is replaced
        55 minutes after the sign-in never has been idle for so long; from R12 it dies after two hours anyway."""
        return _IDLE if self.release < (12, 0) else _FIXED

    @property
    def keeps_numbers(self) -> bool:
        """Whether the release knows external_system_reference_number (R10.1)."""
        return self.release >= (10, 1)

    def zone(self) -> tzinfo | None:
        """None = this computer's. SettingsError for a name nobody knows."""
        if not self.time_zone:
            return None
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise SettingsError(
                said("“{value}” is not the name of a time zone.", value=self.time_zone[:60]),
                "Names look like Europe/Nicosia. Leave it empty for the time zone of this computer.",
                field="time_zone",
            ) from None

    def local(self, moment: datetime) -> str:
        """A moment as CRM.COM writes it: no zone, whole seconds. A moment without a zone is taken as it stands."""
        local = moment.astimezone(self.zone()) if moment.tzinfo is not None else moment
        return local.replace(tzinfo=None, microsecond=0).isoformat()


def read_settings(config: Mapping[str, str]) -> Settings:
    """SettingsError(field) for a choice that does not exist."""
    found = {
        name: str(config.get(name, "") or "").strip() for name in ("username", "organisation", "unit", "time_zone")
    }
    return Settings(
        sign_in=_choice(config, "sign_in", (PASSWORD, WEB_API_KEY), PASSWORD),
        release=_release(_choice(config, "release", tuple(code for code, _ in RELEASES), DEFAULT_RELEASE)),
        external_system=str(config.get("external_system", "") or "").strip() or DEFAULT_SYSTEM,
        **found,
    )


def _choice(config: Mapping[str, str], name: str, codes: tuple[str, ...], default: str) -> str:
    chosen = str(config.get(name, "") or "").strip() or default
    if chosen not in codes:
        raise SettingsError(
            said("“{value}” is none of the choices of this setting.", value=chosen[:60]),
            said("Choose one of {codes}.", codes=", ".join(codes)),
            field=name,
        )
    return chosen


def _release(code: str) -> tuple[int, int]:
    major, _, minor = code.removeprefix("R").partition(".")
    return int(major), int(minor or 0)


def check_sign_in(settings: Settings) -> None:
    """SettingsError for what a sign-in needs and nobody typed, and for a time zone nobody knows."""
    settings.zone()
    if settings.by_key:
        return
    for name, words in (("username", "user name"), ("organisation", "organisation")):
        if not getattr(settings, name):
            raise SettingsError(
                said("The {field} is missing.", field=term(words)),
                "Signing in with a password needs user name and organisation.",
                field=name,
            )
