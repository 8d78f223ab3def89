"""What holds for every vendor, asked of this one."""

from __future__ import annotations

from typing import Any

import pytest

from crmdesk.core.errors import SettingsError
from crmdesk.core.fields import FieldKind
from crmdesk.vendors.crmcom_events import VENDOR
from crmdesk.vendors.crmcom_events.kinds import kinds_of


def test_credentials() -> None:
    kinds = {spec.path: spec.kind for spec in VENDOR.credentials}
    assert kinds["base_url"] is FieldKind.URL
    assert [path for path, kind in kinds.items() if kind.secret] == ["secret"]
    assert all(spec.hint and spec.source and spec.label for spec in VENDOR.credentials)
    assert all(spec.words for spec in VENDOR.credentials if spec.kind is FieldKind.CHOICE)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://crm.hotel.example", "https://crm.hotel.example/crmapi/rest/v2"),
        ("https://crm.hotel.example/", "https://crm.hotel.example/crmapi/rest/v2"),
        ("https://crm.hotel.example:8443/other/rest/v2/", "https://crm.hotel.example:8443/other/rest/v2"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/crmapi/rest/v2"),
    ],
)
def test_the_path_is_added_where_none_was_typed(typed: str, kept: str) -> None:
    assert VENDOR.check_base_url(typed) == kept


def test_plain_http_is_refused_with_a_reason() -> None:
    with pytest.raises(SettingsError, match="unprotected"):
        VENDOR.check_base_url("http://crm.hotel.example/crmapi/rest/v2")


def test_what_it_lacks_is_told_in_sentences(connect: Any, emulator: Any) -> None:
    assert set(VENDOR.lacks) == {"pull", "refresh", "create", "edit", "delete", "history"}
    assert all(words.startswith(VENDOR.title) and words.endswith(".") for words in VENDOR.lacks.values())
    assert not VENDOR.lists
    access = connect(emulator)
    assert (access.contacts, access.history, access.jobs) == (None, None, None)
    assert [kind.key for kind in access.batches.kinds] == [kind.word for kind in kinds_of((12, 0))]


@pytest.mark.parametrize("release", [(10, 0), (12, 0), (17, 0)])
def test_kinds_are_data_that_fits_together(release: tuple[int, int]) -> None:
    named = {spec.path for spec in VENDOR.fields}
    for kind in kinds_of(release):
        paths = [spec.path for spec in kind.batch.fields]
        assert len(paths) == len(set(paths))
        assert set(paths) <= named
        assert kind.batch.most == 1000
        known = {*paths, *(spec.path for spec in kind.batch.request)}
        parts = {part.path for spec in kind.batch.fields for part in spec.parts}
        for rule in kind.batch.one_of:
            assert set(rule.paths) <= (parts if rule.within else known)
        identifiers = {path for path in known if "." in path}
        assert identifiers == {path for rule in kind.batch.one_of if not rule.within for path in rule.paths}


@pytest.mark.parametrize("typed", [VENDOR.default_base_url, "https://CRM.example.com", "https://crm.example.com/x"])
def test_the_example_is_no_address(typed: str) -> None:
    """Left as it is in the form, a password would go to a server that is nobody's."""
    with pytest.raises(SettingsError) as caught:
        VENDOR.check_base_url(typed)
    assert caught.value.field == "base_url"
    assert "example" in caught.value.title
