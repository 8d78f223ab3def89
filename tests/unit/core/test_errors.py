"""Every known error says what happened and what may be done."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crmdesk.core import errors
from crmdesk.core.errors import Recovery

KNOWN = {
    errors.OfflineError: Recovery.RETRY,
    errors.RateLimitedError: Recovery.RETRY,
    errors.ServerFaultError: Recovery.RETRY,
    errors.InDoubtError: Recovery.LOOK,
    errors.SignInNeededError: Recovery.SIGN_IN,
    errors.ForbiddenError: Recovery.STOP,
    errors.RejectedError: Recovery.EDIT,
    errors.NotFoundError: Recovery.DECIDE,
    errors.ProtocolError: Recovery.STOP,
    errors.SettingsError: Recovery.EDIT,
    errors.StorageError: Recovery.STOP,
    errors.SecretsError: Recovery.SIGN_IN,
    errors.GivenUpError: Recovery.STOP,
}


def test_each_known_error_has_its_recovery() -> None:
    own = {one for one in errors.KnownError.__subclasses__() if one.__module__ == errors.__name__}
    assert own == set(KNOWN)
    for kind, recovery in KNOWN.items():
        assert kind("x").recovery is recovery


def test_our_own_fault_is_not_the_worlds() -> None:
    assert not issubclass(errors.BugError, errors.KnownError)
    assert errors.BugError("x").recovery is Recovery.STOP


@pytest.mark.parametrize("kind", [*KNOWN, errors.BugError])
def test_words_and_details(kind: type[errors.CrmDeskError]) -> None:
    details = {"status": "503"}
    error = kind("The vendor does not answer.", "Try again later.", details=details)
    assert (error.title, error.hint) == ("The vendor does not answer.", "Try again later.")
    assert str(error) == "The vendor does not answer. Try again later."
    assert error.details == details
    details["status"] = "changed by its owner"
    assert error.details == {"status": "503"}
    assert (str(kind("Only a title.")), kind("x").details) == ("Only a title.", {})


def test_what_some_errors_know_besides() -> None:
    until = datetime(2026, 11, 22, tzinfo=UTC)
    problem = errors.Problem("phones.0.number", "blank", "A phone needs a number.")
    assert errors.RateLimitedError("x", until=until).until == until
    assert errors.RateLimitedError("x").until is None
    assert errors.RejectedError("x", problems=(problem,)).problems == (problem,)
    assert errors.RejectedError("x").problems == ()
    assert errors.ProtocolError("x", path="contacts.0.id").path == "contacts.0.id"
    assert errors.SettingsError("x", field="base_url").field == "base_url"
