"""What holds for every vendor, also for the sixth."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.errors import SettingsError
from crmdesk.core.fields import FieldKind, asked_for
from crmdesk.core.vendor import Vendor
from crmdesk.vendors import VENDORS
from tests.helpers.acme import VENDOR as ACME
from tests.helpers.any_json import ANY_JSON, almost_contacts, assert_clean

every_vendor = pytest.mark.parametrize("vendor", (*VENDORS, ACME), ids=lambda vendor: vendor.key)


@every_vendor
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_json_gives_a_summary(vendor: Vendor, data: st.DataObject) -> None:
    raw = data.draw(almost_contacts(vendor) | ANY_JSON)
    summary = vendor.summarise(raw)
    assert_clean(summary)


@every_vendor
def test_fields_say_where_they_come_from(vendor: Vendor) -> None:
    paths = [spec.path for spec in vendor.fields]
    assert len(paths) == len(set(paths))
    for spec in vendor.fields:
        assert spec.source, spec.path
        assert spec.label, spec.path
        assert spec.group, spec.path
        assert all(part.source and part.label for part in spec.parts), spec.path


@every_vendor
def test_an_account_needs_an_address_and_a_secret_each_with_a_hint(vendor: Vendor) -> None:
    """One secret, whichever way to sign in is chosen."""
    kinds = {spec.path: spec.kind for spec in vendor.credentials}
    assert kinds["base_url"] is FieldKind.URL
    assert all(spec.hint for spec in vendor.credentials)
    choices = {spec.when[0] for spec in vendor.credentials if spec.when}
    ways = [(spec.path, code) for spec in vendor.credentials if spec.path in choices for code, _ in spec.words]
    for path, code in ways or [("", "")]:
        asked = asked_for(vendor.credentials, {path: code})
        assert sum(spec.kind.secret for spec in asked) == 1, code


@every_vendor
def test_what_is_asked_for_sometimes_depends_on_a_choice_and_its_codes(vendor: Vendor) -> None:
    by_path = {spec.path: spec for spec in vendor.credentials}
    conditions = [spec.when for spec in vendor.credentials if spec.when]
    if vendor.browser is not None and vendor.browser.when:
        conditions.append(vendor.browser.when)
    for path, *codes in conditions:
        assert by_path[path].kind is FieldKind.CHOICE
        assert codes
        assert set(codes) <= dict(by_path[path].words).keys()


@every_vendor
def test_the_default_address_is_its_own_normal_form(vendor: Vendor) -> None:
    """Or only an example, which nothing is ever sent to."""
    if httpx.URL(vendor.default_base_url).host.endswith(".example.com"):
        with pytest.raises(SettingsError, match="example"):
            vendor.check_base_url(vendor.default_base_url)
    else:
        assert vendor.check_base_url(vendor.default_base_url) == vendor.default_base_url


@every_vendor
@pytest.mark.parametrize(
    "address", ["", "http://example.com/api", "ftp://example.com", "https://me:pw@example.com", "https://"]
)
def test_an_address_that_cannot_work_is_refused(vendor: Vendor, address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        vendor.check_base_url(address)
    assert caught.value.field == "base_url"
    assert "pw" not in str(caught.value)


def test_knowing_the_vendors_imports_nothing_heavy() -> None:
    heavy = "{'httpx', 'starlette', 'msgspec', 'stamina', 'sqlalchemy', 'PySide6', 'pycountry'}"
    known = "import sys, crmdesk.vendors as v; [one.summarise({}) for one in v.VENDORS]"
    code = f"{known}; print(*sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
