"""Any JSON that somebody might send, and what must hold of a Summary made from it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from crmdesk.core.query import TEXT_FIELDS
from crmdesk.core.types import Summary
from crmdesk.core.vendor import Vendor

TRICKY = ["\u202eabc", "\ud800", "a\nb", "x" * 10_000]
TIMES = [
    *("2021-01-22T08:40:20Z", "2021-01-22", "2021-01-22T08:40:20+14:00", "２０２１-01-22T08:40:20Z", "1611304820000"),
    *("0000-00-00", "2023-02-29T00:00:00Z", "99999-01-01T00:00:00Z"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
]
TEXTS = st.text(alphabet=st.characters(), max_size=40) | st.sampled_from(TRICKY + TIMES)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
ANY_JSON: st.SearchStrategy[Any] = st.deferred(lambda: SCALARS | _LISTS | _OBJECTS)
_LISTS = st.lists(ANY_JSON, max_size=4)
_OBJECTS = st.dictionaries(TEXTS, ANY_JSON, max_size=4)


@st.composite
def almost_contacts(draw: st.DrawFn, vendor: Vendor) -> object:
    """Objects with the vendor's own keys and anything as values."""
    keys = [spec.path.split(".")[0] for spec in vendor.fields]
    return draw(st.dictionaries(st.sampled_from(keys), ANY_JSON, max_size=len(keys)))


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
