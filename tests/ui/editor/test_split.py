"""A pasted signature is offered to be split into fields, and only then filled in."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData

from crmdesk.ui.editor.split import into_fields, parts_of
from crmdesk.vendors.bookingsync.fields import FIELDS
from crmdesk.vendors.prioticket.fields import FIELDS as SINGLE
from tests.ui.editor.conftest import Typist

BLOCK = """Ana María Ruiz
Calle Mayor 12
28013 Madrid
Mobile: +34 600 123 456 / Fax 0034 91 123 45 67
ana@ruiz.example · www.ruiz.example
"""


def test_a_signature_is_taken_apart() -> None:
    assert parts_of(BLOCK) == {
        "street": "Calle Mayor 12",
        "zip": "28013",
        "city": "Madrid",
        "phones": [("mobile", "+34 600 123 456"), ("mobile", "0034 91 123 45 67")],
        "email": "ana@ruiz.example",
        "website": "https://www.ruiz.example",
        "first": "Ana María",
        "last": "Ruiz",
    }


@pytest.mark.parametrize(
    "text", ["", "Hello", "ana@ruiz.example", "Late arrival.\nAsks for a cot.", "Call 0612 345 678\nafter 8"]
)
def test_a_note_is_no_address_block(text: str) -> None:
    assert parts_of(text) == {}


def test_values_go_to_the_vendors_own_fields() -> None:
    now = {"phones": [{"label": "home", "number": "+34600123456"}], "city": "Madrid"}
    filled = into_fields(parts_of(BLOCK), FIELDS, now)
    assert (filled["firstname"], filled["lastname"], filled["address1"], filled["zip"]) == (
        "Ana María", "Ruiz", "Calle Mayor 12", "28013",
    )  # fmt: skip
    assert "city" not in filled, "it is that already"
    assert [phone["number"] for phone in filled["phones"]] == ["+34600123456", "0034 91 123 45 67"]
    other = into_fields(parts_of(BLOCK), SINGLE, {})
    assert other["contact_mobile"] == "+34 600 123 456"
    assert other["contact_address.postal_code"] == "28013"
    assert "contact_phone" not in other


async def test_nothing_is_filled_before_somebody_agrees(typist: Typist) -> None:
    editor = await typist.edit()
    notes, pasted = typist.find("editor.field.private_notes"), QMimeData()
    pasted.setText(BLOCK)
    notes.insertFromMimeData(pasted)
    assert "Postal code: 28013" in editor.head.text_of("split")
    assert typist.find("editor.field.zip").text() == "44147"
    typist.click("editor.banner.split.act")
    assert typist.find("editor.field.zip").text() == "28013"
    assert editor.head.text_of("split") == ""
    editor.undo()
    assert typist.find("editor.field.zip").text() == "44147", "one step of undo"
