"""What holds for every vendor, also for the sixth."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.errors import SettingsError
from crmdesk.core.fields import FieldKind
from crmdesk.core.query import TEXT_FIELDS
from crmdesk.core.types import Summary
from crmdesk.core.vendor import Vendor
from crmdesk.vendors import VENDORS
from tests.helpers.acme import VENDOR as ACME

every_vendor = pytest.mark.parametrize("vendor", (*VENDORS, ACME), ids=lambda vendor: vendor.key)

TRICKY = ["\u202eabc", "\ud800", "a\nb", "x" * 10_000]
TIMES = [
    *("2021-01-22T08:40:20Z", "2021-01-22", "2021-01-22T08:40:20+14:00", "２０２１-01-22T08:40:20Z", "1611304820000"),
    *("0000-00-00", "2023-02-29T00:00:00Z", "99999-01-01T00:00:00Z"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
]
TEXTS = st.text(alphabet=st.characters(), max_size=40) | st.sampled_from(TRICKY + TIMES)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4))


@st.composite
def almost_contacts(draw: st.DrawFn, vendor: Vendor) -> object:
    """Objects with the vendor's own keys and anything as values."""
    keys = [spec.path.split(".")[0] for spec in vendor.fields]
    return draw(st.dictionaries(st.sampled_from(keys), ANY_JSON, max_size=len(keys)))


@every_vendor
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_json_gives_a_summary(vendor: Vendor, data: st.DataObject) -> None:
    raw = data.draw(almost_contacts(vendor) | ANY_JSON)
    summary = vendor.summarise(raw)
    assert_clean(summary)


def assert_clean(summary: Summary) -> None:
    """The contract of Summary: lines are lines, times are times, field names are those of the search."""
    assert set(summary.texts) <= set(TEXT_FIELDS)
    lines = [summary.name, summary.first, summary.last, summary.email, summary.city, summary.country, summary.notes]
    lines += [text for phone in summary.phones for text in (phone.label, phone.number)] + list(summary.languages)
    assert all(len(line) <= 300 for line in lines)
    for text in [*lines, *summary.texts.values()]:
        assert not set(text) & set("\n\r\t\0\x1b\u2028\u202e\u2066\ud800")
        text.encode()
    for time in (summary.created_at, summary.updated_at, summary.forget_at):
        assert not time or (len(time) == 20 and time[10] == "T" and time.endswith("Z"))


@every_vendor
def test_fields_say_where_they_come_from(vendor: Vendor) -> None:
    paths = [spec.path for spec in vendor.fields]
    assert len(paths) == len(set(paths))
    for spec in vendor.fields:
        assert spec.source, spec.path
        assert spec.label, spec.path
        assert spec.group, spec.path


@every_vendor
def test_an_account_needs_an_address_and_a_secret_each_with_a_hint(vendor: Vendor) -> None:
    kinds = {spec.path: spec.kind for spec in vendor.credentials}
    assert kinds["base_url"] is FieldKind.URL
    assert sum(kind.secret for kind in kinds.values()) == 1
    assert all(spec.hint for spec in vendor.credentials)


@every_vendor
def test_the_default_address_is_its_own_normal_form(vendor: Vendor) -> None:
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
    code = (
        f"import sys, crmdesk.vendors as v; v.VENDORS[0].summarise({{}}); print(*sorted({heavy} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
