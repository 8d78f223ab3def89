"""Every request and answer the source page prints: exact writing, tolerant reading."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import httpx
import pytest

from crmdesk.core.errors import NotFoundError, ProtocolError
from crmdesk.vendors.crmcom_selfservice.answers import (
    Approval,
    Challenge,
    Communication,
    Listing,
    Organisation,
    SignedIn,
    StoredFile,
)
from crmdesk.vendors.crmcom_selfservice.api import SelfService
from crmdesk.vendors.crmcom_selfservice.bodies import Credential, Identity, Registration
from crmdesk.vendors.crmcom_selfservice.dialect import COMPANY_PROFLE, V1
from tests.contract.crmcom_selfservice.tools import API_KEY, CALLS, CONTACT_ID, Vendor, printed

AS_PRINTED = replace(V1, company_profile=COMPANY_PROFLE, text_flags=True)
"""The page's own spelling and its texts for booleans; what we send by default differs in these two."""
TOKEN = "sample-token"
MAC = "01-23-45-67-89-AB"

Call = Callable[[SelfService], Awaitable[Any]]


def flat(value: Any, above: str = "") -> dict[str, Any]:
    """The printed body by our dotted names; dates stay objects."""
    if not isinstance(value, dict) or above.endswith(("date_of_birth", "name_day")):
        return {above: value}
    made: dict[str, Any] = {}
    for key, inner in value.items():
        made |= flat(inner, f"{above}.{key}".strip(".").replace(COMPANY_PROFLE, "company_profile"))
    return made


def update_values() -> dict[str, Any]:
    """The printed PUT as a form has it: flags are booleans."""
    return {
        path: (value == "true" if path in FLAGS else value) for path, value in flat(CALLS["update"]["request"]).items()
    }


FLAGS = ("sms_opt_out", "email_opt_out", "is_tax_exempt")
YES = {"service_acceptance": True, "email_opt_out": True, "sms_opt_out": True}
JOHN = {"first_name": "John", "last_name": "Doe"}
REFRESH = CALLS["refresh"]["request"]["refresh_token"]

ASKING: dict[str, Call] = {
    "auth_email": lambda api: api.signin.authenticate(
        Identity("EMAIL", username="johndoe@crm.com", password="password1234")
    ),
    "auth_mac": lambda api: api.signin.authenticate(Identity("MAC_ADDRESS", mac_address=MAC)),
    "auth_mw4": lambda api: api.signin.authenticate(Identity("MW4", token="234er43ergt34eett34")),
    "auth_phone": lambda api: api.signin.authenticate(Identity("PHONE", phone_number="22265566", country_code="CYP")),
    "otp": lambda api: api.signin.otp([Credential("ID_NUMBER", "1234567")], "SMS"),
    "validate_otp": lambda api: api.signin.validate_otp("12345", "123456789"),
    "refresh": lambda api: api.signin.refresh(REFRESH),
    "forgot_password": lambda api: api.signin.forgot_password("johndoe@crm.com"),
    "change_password": lambda api: api.signin.change_password("ABCTKN123456798VGP2020", "wsxcde421qadfg"),
    "verify_email": lambda api: api.signin.verify_email("ABCTKN123456798VGP2020"),
    "wifi": lambda api: api.signin.authorise_wifi(
        "eab82829-b65e-ee5a-b0f8-33b8ad48e04e",
        MAC,
        "0ba7de75-8a68-c19a-3d3a-f4708723a1a4",
        "6b6d31e9-3603-36e1-be89-76c1e538644b",
    ),
    "register_email": lambda api: api.signin.register(
        Registration(
            Identity("EMAIL", username="johndoe@crm.com", password="12345", validation_required=False), **JOHN, **YES
        )
    ),
    "register_phone": lambda api: api.signin.register(
        Registration(Identity("PHONE", phone_number="22265577", country_code="CY"), **JOHN, **YES)
    ),
    "register_pass_code": lambda api: api.signin.register(
        Registration(
            Identity(
                "PHONE",
                phone_number="2265577",
                country_code="CYP",
                application_id="3c33dcc6-3958-4e7d-ae0e-592948627711",
                token="YOJDAKEb9l1U0sUzrskM6X4emzrSeXqb",
            ),
            **JOHN,
            pass_code="HHNSU32LNK",
        )
    ),
}
SIGNED: dict[str, Call] = {
    "approvals": lambda api: api.inbox.approvals("b2157d75-7959-83dc-fdfa-cacba764d4d4"),
    "approve_reject": lambda api: api.inbox.answer_approval("a6ecbc14-5622-0e30-b629-b1289963f7d2", accept=False),
    "file": lambda api: api.documents.file("3ae9d64a-8a3b-f1e1-eed6-05b307f926fb"),
    "sign_out": lambda api: api.signin.sign_out(CONTACT_ID),
    "communications": lambda api: api.inbox.communications(CONTACT_ID),
    "communication": lambda api: api.inbox.communication(CONTACT_ID),
    "mark": lambda api: api.inbox.mark(CONTACT_ID, viewed=True),
    "printout": lambda api: api.documents.printout("INVOICE", "b97d4488-e9c1-a338-8420-b831147b648f"),
    "unregister": lambda api: api.profile.unregister("e18ee2bc-c6f3-49e1-8e05-763386378017"),
    "update": lambda api: api.profile.update(CONTACT_ID, update_values()),
    "consents": lambda api: api.profile.set_consent(CONTACT_ID, "ACCEPTED"),
}
UNREADABLE = ("register_pass_code",)  # its printed answer has trailing commas
EVERY = [*ASKING, *SIGNED]


def at(name: str) -> Vendor:
    """Whoever signs in gets TOKEN; every other call the printed answer. A sign-in sample gets it at once."""
    sample = CALLS[name]
    answer = httpx.Response(sample["status"] or 200, content=printed(name))
    mine = name.startswith("auth_") or name == "refresh"
    first = (lambda _: answer) if mine else {"access_token": TOKEN, "contact": {"id": CONTACT_ID}}
    return Vendor(answer, first)


async def sent(name: str, open_api: Callable[..., SelfService]) -> tuple[httpx.Request, Any]:
    vendor = at(name)
    api = open_api(vendor, dialect=AS_PRINTED)
    result = await {**ASKING, **SIGNED}[name](api) if name not in UNREADABLE else None
    if name in UNREADABLE:
        with pytest.raises(ProtocolError):
            await ASKING[name](api)
    return vendor.requests[-1], result


def whole_days(body: Any) -> Any:
    """The page's sample has `"day": "16"`; we send a number."""
    if isinstance(body, dict) and "demographics" in body:
        body["demographics"]["date_of_birth"]["day"] = int(body["demographics"]["date_of_birth"]["day"])
    return body


@pytest.mark.parametrize("name", EVERY)
async def test_the_printed_request_is_written_exactly(name: str, open_api) -> None:
    request, _ = await sent(name, open_api)
    sample = json.loads(json.dumps(CALLS[name]))
    assert request.method == sample["method"]
    assert request.url.path == "/self-service/v1" + sample["path"]
    body = json.loads(request.content) if request.content else None
    assert body == whole_days(sample["request"])
    assert body is None or request.headers["content-type"] == "application/json"
    if body is not None:
        assert list(body) == list(sample["request"])


@pytest.mark.parametrize("name", EVERY)
async def test_every_call_names_the_application_and_only_some_the_contact(name: str, open_api) -> None:
    request, _ = await sent(name, open_api)
    assert request.headers["api_key"] == API_KEY
    assert request.headers.get("authorization") == (f"Bearer {TOKEN}" if name in SIGNED else None)
    assert "auth_token" not in request.headers


async def test_a_refresh_token_goes_into_header_and_body_alike(open_api) -> None:
    request, _ = await sent("refresh", open_api)
    assert request.headers["refresh_token"] == json.loads(request.content)["refresh_token"] == REFRESH


def test_what_the_samples_leave_out_is_covered_elsewhere() -> None:
    """The mailed link's form is never called, a file is sent as a form, and its deletion has a path of its own."""
    assert set(CALLS) - set(EVERY) == {"mail_accept", "mail_reject", "upload", "delete_file", "error"}


async def test_a_file_is_sent_as_a_form_with_one_part(open_api) -> None:
    vendor = at("upload")
    given = 'Rech"nung\r\n2.pdf'
    assert await open_api(vendor).documents.upload(given, b"\x00%PDF\r\n--x", "application/pdf") == (
        "7279fecf-b0a6-0aab-6bcd-37881fe8c10e"
    )
    request = vendor.requests[-1]
    head = b"Content-Type: " + request.headers["content-type"].encode() + b"\r\n\r\n"
    (part,) = BytesParser(policy=HTTP).parsebytes(head + request.content).iter_parts()
    assert part.get_param("name", header="content-disposition") == "file"
    assert part.get_filename() == "Rech%22nung2.pdf"
    assert part.get_content_type() == "application/pdf"
    assert part.get_payload(decode=True) == b"\x00%PDF\r\n--x"


async def test_a_file_is_deleted_under_its_own_path(open_api) -> None:
    vendor = at("delete_file")
    await open_api(vendor).documents.delete_file("8dfc2223-edca-f05d-820b-dc96ba9df2c2")
    assert vendor.asked[-1] == "DELETE /files/8dfc2223-edca-f05d-820b-dc96ba9df2c2"


async def test_by_default_booleans_are_json_and_the_profile_is_spelt_right(open_api) -> None:
    vendor = at("update")
    await open_api(vendor).profile.update(CONTACT_ID, update_values())
    body = json.loads(vendor.requests[-1].content)
    assert (body["sms_opt_out"], body["is_tax_exempt"]) == (False, False)
    assert body["company_profile"]["annual_turnover"] == 1568.14
    assert COMPANY_PROFLE not in body


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

ORGANISATION = Organisation("QWERTY12345671234567324ETFTGBY78", "SERVICE_OWNER", "MERCHANT", "CRMdotCOM")


@pytest.mark.parametrize(
    ("name", "contact_id", "company"),
    [
        ("auth_email", "a278d3e5-9b8e-436e-9230-70f3e2df1ca5", ""),  # `sub` of the token
        ("auth_mac", "a278d3e5-9b8e-436e-9230-70f3e2df1ca5", ""),  # an empty id
        ("auth_mw4", "2f2f9afe-4399-59b7-cbb8-da18c2255064", "CRM"),
        ("auth_phone", "2f2f9afe-4399-59b7-cbb8-da18c2255064", "CRM"),
        ("validate_otp", "a278d3e5-9b8e-436e-9230-70f3e2df1ca5", ""),
        ("refresh", "a278d3e5-9b8e-436e-9230-70f3e2df1ca5", ""),
        ("register_email", "a278d3e5-9b8e-436e-9230-70f3e2df1ca5", ""),
    ],
)
async def test_a_printed_session_is_read(name: str, contact_id: str, company: str, open_api) -> None:
    _, answer = await sent(name, open_api)
    assert isinstance(answer, SignedIn)
    assert answer.access_token.startswith("eyJhbGciOiJIUzUxMiJ9.")
    assert (answer.refresh_token, answer.expires) == ("", 1572530655)
    assert (answer.contact.id, answer.contact.company_name) == (contact_id, company)
    assert (answer.contact.title, answer.contact.first_name, answer.contact.last_name) == ("Mr", "John", "Doe")
    assert answer.contact.is_verified is False
    assert answer.access_token not in repr(answer)
    if name == "auth_email":
        assert answer.organisations == (ORGANISATION,)


@pytest.mark.parametrize("name", ["otp", "register_phone"])
async def test_a_printed_pair_is_a_challenge(name: str, open_api) -> None:
    _, answer = await sent(name, open_api)
    assert answer == Challenge("731e4023-4c04-4278-8eb5-240651317e46", "+35799***834")
    assert "731e4023" not in repr(answer)


async def test_the_third_answer_of_register_is_a_session_that_names_where_the_code_went(open_api) -> None:
    body = printed("register_pass_code").replace(b'"Doe",', b'"Doe"').replace(b'"+35799***834",', b'"+35799***834"')
    vendor = Vendor(httpx.Response(200, content=body))
    answer = await ASKING["register_pass_code"](open_api(vendor))
    assert isinstance(answer, SignedIn)
    assert answer.sent_to == "+35799***834"


async def test_the_printed_lists_are_read(open_api) -> None:
    _, answer = await sent("approvals", open_api)
    one = Approval(
        "8dfc2223-edca-f05d-820b-dc96ba9df2c2", "APPROVED", "cf010c72-a2cb-48f8-a9fa-1ed99c8d6ec0", "ORDER", "CO1234"
    )
    assert answer == Listing((one,), page=2, size=20, total=1124, more=False)
    _, answer = await sent("communications", open_api)
    assert (answer.page, answer.size, answer.total, answer.more) == (2, 20, 1124, False)
    assert answer.entries[0] == Communication(
        id="6A24D2B5E44F44B28451FE021FCAD51E",
        state="PENDING",
        contact_id=CONTACT_ID,
        channel="EMAIL",
        is_viewed=True,
        viewed_at="2020-03-10T13:27:45Z",
        is_archived=True,
        language="ENG",
        sender="dev@crm.com",
        recipient="jon@crm.com",
        name="Happy Birthday",
    )


async def test_the_printed_message_is_read(open_api) -> None:
    _, one = await sent("communication", open_api)
    assert (one.id, one.contact_id, one.contact_name) == (CONTACT_ID, CONTACT_ID, "John Johnson")
    assert (one.content, one.subtitle) == ("You have been awarded!", "20% discount for December")
    assert (one.created_at, one.clicked_at) == ("2020-03-10T13:27:45Z", "")


async def test_the_other_printed_answers(open_api) -> None:
    assert (await sent("file", open_api))[1] == StoredFile("3ae9d64a-8a3b-f1e1-eed6-05b307f926fb", "doc")
    assert (await sent("printout", open_api))[1] == "e1c67e12-6bae-53c7-f1a1-0a26aa4b27a2"


async def test_the_printed_error_is_not_found_about_the_contact_it_names(open_api) -> None:
    vendor = Vendor(httpx.Response(400, content=printed("error")))
    with pytest.raises(NotFoundError) as caught:
        await open_api(vendor).profile.get("789dacae-cf71-414f-9483-ca88acaa46432")
    assert caught.value.details["error"] == "CRM.EXCEPTIONS.NOTFOUNDEXCEPTION"
    assert caught.value.details["endpoint"] == "GET /contacts/:id"
