"""Amounts and dates of six locales are read as meant or asked about, never guessed; what is shown reads back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.cells import Reading, decimals_of, is_readable, orders_of, text_of, value_of
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.sheet import BadCell

NUMBER, TIME, DATE, TEXT, FLAG = (
    FieldSpec(kind.value, kind.value, kind)
    for kind in (FieldKind.NUMBER, FieldKind.TIME, FieldKind.DATE, FieldKind.TEXT, FieldKind.FLAG)
)
CHOICE = FieldSpec("c", "C", FieldKind.CHOICE, words=(("LIKE", "Like"),))


def grouped(whole: int, cents: int, group: str, sign: str) -> str:
    return f"{whole:,}".replace(",", group) + f"{sign}{cents:02}"


LOCALES = [  # thousands, decimal sign, order, form of a date
    ("en_US", ",", ".", "mdy", "{m}/{d}/{y}"),
    ("en_GB", ",", ".", "dmy", "{d:02}/{m:02}/{y}"),
    ("de_DE", ".", ",", "dmy", "{d:02}.{m:02}.{y}"),
    ("fr_FR", "\u202f", ",", "dmy", "{d:02}/{m:02}/{y}"),
    ("de_CH", "’", ".", "dmy", "{d}.{m}.{y}"),
    ("el_GR", ".", ",", "dmy", "{d}/{m}/{y}"),
]


@pytest.mark.parametrize("locale", LOCALES, ids=[one[0] for one in LOCALES])
@given(whole=st.integers(0, 10**9), cents=st.integers(0, 99), day=st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_amounts_and_dates_of_six_locales_arrive_unchanged(locale: Any, whole: int, cents: int, day: date) -> None:
    _, group, sign, order, form = locale
    how = Reading(order, sign)
    text = grouped(whole, cents, group, sign)
    assert value_of(NUMBER, text, how) == Decimal(whole) + Decimal(cents) / 100
    assert sign in decimals_of([text])
    written = form.format(d=day.day, m=day.month, y=day.year)
    assert value_of(DATE, written, how) == day.isoformat()
    assert order in orders_of([written])
    assert value_of(TIME, f"{written} 14:30", how) == f"{day.isoformat()}T14:30:00"


@pytest.mark.parametrize("text", ["1,234", "12.345", "03/04/2026", "1.2.2026"])
def test_what_has_two_meanings_is_not_read_without_being_told(text: str) -> None:
    spec = TIME if "2026" in text else NUMBER
    assert value_of(spec, text) == text
    assert not is_readable(spec, text)
    assert len(orders_of([text]) | decimals_of([text] if spec is NUMBER else [])) == 2


@pytest.mark.parametrize(
    ("spec", "cell", "value"),
    [
        (NUMBER, "12,50", Decimal("12.50")),
        (NUMBER, "1.234,5", Decimal("1234.5")),
        (NUMBER, " -12 ", Decimal(-12)),
        (NUMBER, 12.1, Decimal("12.1")),
        (NUMBER, "0.125", Decimal("0.125")),
        (NUMBER, "0,125", Decimal("0.125")),
        (NUMBER, "1e5", "1e5"),
        (TIME, "20260503", "2026-05-03T00:00:00"),
        (TIME, 20260503, "2026-05-03T00:00:00"),
        (TIME, "2026-W18-1", "2026-W18-1"),
        (NUMBER, "€ 12", "€ 12"),
        (NUMBER, "1.2.3", "1.2.3"),
        (NUMBER, "٣", "٣"),
        (TIME, "2026-05-03", "2026-05-03T00:00:00"),
        (TIME, "2026-05-03T14:30:05Z", "2026-05-03T14:30:05Z"),
        (TIME, "2026-05-03 14:30 +02:00", "2026-05-03T14:30:00+02:00"),
        (TIME, "2026/5/3 2:30 PM", "2026-05-03T14:30:00"),
        (TIME, "31.12.2025", "2025-12-31T00:00:00"),
        (TIME, "3 May 2026", "2026-05-03T00:00:00"),
        (TIME, "May 3, 2026 12:05 am", "2026-05-03T00:05:00"),
        (TIME, "31.02.2026", "31.02.2026"),
        (TIME, "2026-05-03 25:00", "2026-05-03 25:00"),
        (TIME, datetime(2026, 5, 3, 14, 29, 59, 999_999), "2026-05-03T14:30:00"),
        (TIME, date(2026, 5, 3), "2026-05-03T00:00:00"),
        (TIME, 45000.5, "45000.5"),
        (DATE, datetime(1990, 1, 1), "1990-01-01"),
        (DATE, datetime(2000, 1, 1, 0, 0, 0, 1), "2000-01-01"),  # midnight, as a workbook keeps it
        (DATE, "31.12.65", "31.12.65"),  # whose century?
        (FLAG, "Ja", True),
        (FLAG, "perhaps", "perhaps"),
        (CHOICE, "like", "LIKE"),
        (CHOICE, "share", "share"),
        (TEXT, "000123", "000123"),
        (TEXT, 123, "123"),
        (TEXT, 123.0, "123"),
        (TEXT, "  ", None),
        (TEXT, None, None),
        (TEXT, BadCell("#REF!", "an error"), "#REF!"),
    ],
)
def test_a_cell_becomes_its_value(spec: FieldSpec, cell: Any, value: Any) -> None:
    assert value_of(spec, cell) == value


@given(
    st.one_of(
        st.tuples(
            st.just(NUMBER),
            st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9),
        ),
        st.tuples(st.sampled_from((TIME, DATE)), st.datetimes(datetime(1901, 1, 1), datetime(2099, 1, 1))),
        st.tuples(st.just(FLAG), st.booleans()),
        st.tuples(st.just(TEXT), st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1)),
    )
)
def test_what_is_shown_reads_back_the_same(pair: tuple[FieldSpec, Any]) -> None:
    spec, cell = pair
    value = value_of(spec, cell)
    again = value_of(spec, text_of(spec, value))
    assert again == value or (spec is NUMBER and value != value_of(spec, text_of(spec, value), Reading(decimal=",")))


@given(st.text(max_size=30), st.sampled_from((NUMBER, TIME, DATE, FLAG, CHOICE, TEXT)))
def test_any_text_is_read_or_kept(text: str, spec: FieldSpec) -> None:
    value = value_of(spec, text)
    assert value is None or is_readable(spec, value) or value == text.strip()


def test_an_address_of_several_lines_becomes_one_where_the_field_has_one() -> None:
    address = FieldSpec("a", "A", meaning="address")
    assert value_of(address, "12 rue X,\r\n Bât. B\n\n75001 Paris\n") == "12 rue X, Bât. B, 75001 Paris"
    assert value_of(address, "12 rue X, Bât. B") == "12 rue X, Bât. B"
    assert value_of(replace(address, kind=FieldKind.LINES), "12 rue X\nBât. B") == "12 rue X\nBât. B"
    assert value_of(TEXT, "one\ntwo") == "one\ntwo", "elsewhere a person looks"


@pytest.mark.parametrize("text", ["2026-05-03T24:00:00", "2026-05-03T25:00:00", "2026-05-03T12:60:00"])
def test_hours_that_no_day_has_are_no_times(text: str) -> None:
    """Newer Pythons read 24:00 as the next midnight."""
    spec = FieldSpec("at", "At", FieldKind.TIME)
    assert not is_readable(spec, text) and not is_readable(spec, value_of(spec, text))
