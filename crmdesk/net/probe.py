"""*Test connection*: reachability, sign-in and rights told apart, the same way for every vendor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from crmdesk.core.errors import (
    ForbiddenError,
    KnownError,
    RateLimitedError,
    RejectedError,
    SettingsError,
    SignInNeededError,
)
from crmdesk.core.said import said, together
from crmdesk.core.vendor import CheckStep

_NAMES = ("Reachable", "Sign-in", "Rights")
_NOT_TRIED = (None, "Not tried.")
MAY_READ = "May read contacts."
MAY_READ_SOME = ("May read contacts (1 at the moment).", "May read contacts ({n} at the moment).")
NO_HINTS: Mapping[type[KnownError], str] = {}


async def check_connection(
    vendor: str,
    *,
    prepare: Callable[[], Awaitable[object]],
    probe: Callable[[], Awaitable[str]],
    accepted: str,
    hints: Mapping[type[KnownError], str] = NO_HINTS,
) -> tuple[CheckStep, ...]:
    """The three lines. Never raises KnownError.

    `prepare` looks at what was typed without sending anything (SettingsError, SignInNeededError where something is
    missing); `probe` makes the smallest call there is and gives the words of the third line; `accepted` are the words
    of the second. `hints` add the usual mistakes behind an error's own words."""
    try:
        await prepare()
    except KnownError as error:
        return _steps(_NOT_TRIED, (False, _said(error, hints)))
    answers = (True, said("{vendor} answers.", vendor=vendor))
    try:
        rights = await probe()
    except (SignInNeededError, SettingsError, RejectedError) as error:
        return _steps(answers, (False, _said(error, hints)))
    except ForbiddenError as error:
        return _steps(answers, (True, accepted), (False, _said(error, hints)))
    except RateLimitedError as error:
        return _steps(answers, (None, together("Not known yet.", _said(error, hints))))
    except KnownError as error:
        return _steps((False, _said(error, hints)))
    return _steps(answers, (True, accepted), (True, rights))


def _steps(*found: tuple[bool | None, str]) -> tuple[CheckStep, ...]:
    padded = (*found, _NOT_TRIED, _NOT_TRIED)[: len(_NAMES)]
    return tuple(CheckStep(name, ok, text) for name, (ok, text) in zip(_NAMES, padded, strict=True))


def _said(error: KnownError, hints: Mapping[type[KnownError], str]) -> str:
    more = next((hint for kind, hint in hints.items() if isinstance(error, kind)), "")
    return together(error.words, error.hint, more)
