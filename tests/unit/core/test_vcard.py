"""Cards as RFC 6350 wants them, read back by a reader of its own that knows nothing of the writer."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.types import Phone
from crmdesk.core.vcard import Card, write

TEXT = st.text(max_size=120)
NAME = st.text(min_size=1, max_size=120)


def unfolded(text: str) -> list[tuple[str, str]]:
    """(name with parameters, raw value) of each line; every rule about lines is checked."""
    assert text.endswith("\r\n")
    physical = text.split("\r\n")[:-1]
    for line in physical:
        assert len(line.encode()) <= 75, "3.2: at most 75 octets"
        assert "\n" not in line
        assert "\r" not in line
        assert len(line.splitlines()) <= 1, "some programs cut lines at other letters too"
    whole = text.replace("\r\n ", "").split("\r\n")[:-1]
    return [(line.partition(":")[0], line.partition(":")[2]) for line in whole]


def value(raw: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], raw)


def split_parts(raw: str) -> list[str]:
    """At semicolons that are not escaped."""
    found, part, escaped = [], "", False
    for letter in raw:
        if letter == ";" and not escaped:
            found.append(part)
            part = ""
            continue
        part += letter
        escaped = letter == "\\" and not escaped
    return [value(one) for one in [*found, part]]


def cleaned(text: str) -> str:
    whole = text.encode("utf-8", "replace").decode()
    whole = re.sub("\r\n|[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]", "\n", whole)
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", whole)


@given(NAME, TEXT, TEXT, TEXT, TEXT, TEXT)
def test_whatever_the_texts_are_a_card_reads_back_as_it_was(
    name: str, first: str, last: str, note: str, city: str, number: str
) -> None:
    card = Card("demo:1", name, first, last, note=note, city=city, phones=(Phone("Mobile", number),))
    lines = unfolded(write(card))
    names = [key for key, _ in lines]
    assert names[:2] == ["BEGIN", "VERSION"]
    assert lines[1][1] == "4.0"
    assert lines[-1] == ("END", "VCARD")
    assert names.count("BEGIN") == names.count("END") == names.count("FN") == 1, "no value becomes a line of its own"
    known = dict(lines)
    assert value(known["FN"]) == cleaned(name)
    if first or last:
        assert split_parts(known["N"]) == [cleaned(last), cleaned(first), "", "", ""]
    if note:
        assert value(known["NOTE"]) == cleaned(note)
    if city:
        assert split_parts(known["ADR"])[3] == cleaned(city)
    assert value(known["TEL;TYPE=cell"]) == cleaned(number)


def test_what_a_card_holds() -> None:
    card = Card(
        "bookingsync:Seaside:17",
        "Αλεξάνδρα Παπαδοπούλου",
        "Αλεξάνδρα",
        "Παπαδοπούλου; Jr, \\",
        "Acme",
        emails=("a@b.example",),
        phones=(Phone("Office", "+30 210 1234567"), Phone("?", "112")),
        city="Αθήνα",
        country="Greece",
        languages=("el", "en-GB", "not a language"),
        website="https://acme.example/a;b",
        note="one\r\ntwo",
        revised="2026-06-22T15:00:01Z",
    )
    lines = unfolded(write(card))
    assert ("UID;VALUE=text", "bookingsync:Seaside:17") in lines
    assert ("N", "Παπαδοπούλου\\; Jr\\, \\\\;Αλεξάνδρα;;;") in lines
    assert ("TEL;TYPE=work", "+30 210 1234567") in lines
    assert ("TEL", "112") in lines
    assert [raw for key, raw in lines if key == "LANG"] == ["el", "en-GB"]
    assert ("URL", "https://acme.example/a;b") in lines
    assert ("NOTE", "one\\ntwo") in lines
    assert ("REV", "20260622T150001Z") in lines
    assert ("KIND", "individual") in lines


def test_a_company_is_one_and_odd_values_are_left_out() -> None:
    lines = dict(unfolded(write(Card("1", "Acme", company="Acme", website="javascript:alert(1)", revised="soon"))))
    assert lines["KIND"] == "org"
    assert not {"URL", "REV", "N", "ADR", "EMAIL"} & lines.keys()
