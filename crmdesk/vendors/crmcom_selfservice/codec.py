"""CRM.COM Self-Service's answers: read in every form known of them, and (from `summary`) what lists need of a contact.

A missing or odd value is an empty one; only an answer that is not what was asked for at all is a ProtocolError.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from crmdesk.core.errors import ProtocolError
from crmdesk.core.foreign import decimal, epoch, flag, items, mapping, text, whole
from crmdesk.core.said import said, term
from crmdesk.core.types import Json, RemoteContact
from crmdesk.net import tolerant, wire
from crmdesk.vendors.crmcom_selfservice.answers import (
    Address,
    Approval,
    Challenge,
    Communication,
    Listing,
    Organisation,
    SessionContact,
    SignedIn,
    StoredFile,
)
from crmdesk.vendors.crmcom_selfservice.summary import summarise

__all__ = [
    "claims", "object_of", "read_addresses", "read_approvals", "read_challenge", "read_communication",
    "read_communications", "read_contact", "read_file", "read_id", "read_session", "summarise", "unreadable",
]  # fmt: skip

T = TypeVar("T")

_WHAT = "The answer of CRM.COM Self-Service"
_SENDABLE = re.compile(r"[\x21-\x7e]{1,16384}")  # a token goes into a header
_CONTENT = 1_000_000  # characters of a message that are kept
_MOST = 10_000  # entries of one page that are looked at; the vendor's most is 100
_ORGANISATIONS = 1000
_MILLISECONDS = 10**11
_LATEST = 4_102_444_800  # 2100: a token that lasts longer has no expiry
_EARLIEST = 10**8  # an earlier time is no time: the page's sample has `clicked_on: 1`
_SIGNS_OF_A_CONTACT = frozenset(
    {"first_name", "last_name", "company_name", "code", "type", "email_address", "email", "emails", "demographics"}
)


def unreadable(why: str, path: str = "") -> ProtocolError:
    """E-SHAPE: the answer is unlike the documents; `why` ends the first sentence."""
    return ProtocolError(
        said("The answer from CRM.COM Self-Service could not be understood: {why}.", why=term(why)),
        "Nothing was changed here.",
        path=path,
    )


def object_of(body: bytes) -> Json:
    """The answer as a JSON object. ProtocolError."""
    found: Json = wire.decode(body, dict[str, Any], _WHAT)
    return found


def read_id(body: bytes) -> str:
    """The `id` of an answer to a write; '' for an empty answer or one without. ProtocolError for no JSON object."""
    return text(object_of(body).get("id")) if body.strip() else ""


# ── sign-in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_session(body: bytes) -> SignedIn | Challenge:
    """A session where there is an access token, else a challenge where there is an `auth_otp`, else ProtocolError."""
    raw = object_of(body)
    token = raw.get("access_token")
    if type(token) is str and token.strip():
        return _signed_in(token.strip(), raw)
    challenge = _challenge(raw)
    if challenge.silent:
        raise unreadable("it holds neither a token nor the request of a code", "access_token")
    return challenge


def read_challenge(body: bytes) -> Challenge:
    """The answer to the request of a code. An empty one is silent; a web page or anything else is a ProtocolError."""
    if not body.strip():
        return Challenge()
    challenge = _challenge(object_of(body))
    if challenge.silent:
        raise unreadable("it does not name the request of the code", "auth_otp")
    return challenge


def _challenge(raw: Mapping[str, Any]) -> Challenge:
    return Challenge(text(raw.get("auth_otp")), text(raw.get("obfuscated_value")))


def _signed_in(token: str, raw: Mapping[str, Any]) -> SignedIn:
    if not _SENDABLE.fullmatch(token):
        raise unreadable("its token has letters that no token can have, or is too long", "access_token")
    told = claims(token)
    refresh = raw.get("refresh_token")
    refresh = refresh.strip() if type(refresh) is str else ""
    return SignedIn(
        access_token=token,
        refresh_token=refresh if _SENDABLE.fullmatch(refresh) else "",
        expires=_expiry(raw.get("exp")) or _expiry(raw.get("expiration_date")) or _expiry(told.get("exp")),
        contact=_session_contact(mapping(raw.get("contact")), told),
        organisations=tuple(map(_organisation, items(raw.get("organisations"), _ORGANISATIONS))),
        sent_to=text(raw.get("obfuscated_value")),
    )


def claims(token: str) -> Mapping[str, Any]:
    """What a JWT says of itself, believed by nobody: only the contact's id and its end are read. {} for any other."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        decoded = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        found: Mapping[str, Any] = mapping(msgspec.json.decode(decoded))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return {}
    return found


def _expiry(value: Any) -> int | None:
    """UNIX seconds of a number or text, in seconds or milliseconds; None for anything that is no time of ours."""
    seconds = whole(value)
    if seconds is not None and seconds >= _MILLISECONDS:
        seconds //= 1000
    return seconds if seconds is not None and _EARLIEST <= seconds < _LATEST else None


def _session_contact(raw: Mapping[str, Any], told: Mapping[str, Any]) -> SessionContact:
    return SessionContact(
        id=text(raw.get("id")) or text(told.get("ciid")) or text(told.get("sub")),
        title=text(raw.get("title")),
        first_name=text(raw.get("first_name")),
        last_name=text(raw.get("last_name")),
        company_name=text(raw.get("company_name")),
        avatar=text(raw.get("avatar")),
        is_verified=flag(raw.get("is_verified")),
    )


def _organisation(value: Any) -> Organisation:
    get = mapping(value).get
    return Organisation(
        text(get("external_id")), text(get("org_type")), text(get("org_relationship")), text(get("name"))
    )


# ── the contact ──────────────────────────────────────────────────────────────────────────────────────────────────────


def read_contact(body: bytes, asked: str) -> RemoteContact:
    """The contact that was asked for, byte for byte. ProtocolError for another one, and for what is no contact.

    Names and types are not certain (the page breaks off), so one documented key is enough where `id` is missing."""
    read = tolerant.read_entry(body.removeprefix(b"\xef\xbb\xbf").strip())
    if read is None:
        object_of(body)  # says what is wrong, in words
        raise unreadable("it is not a contact")
    kept, raw = read
    named = text(raw.get("id"))
    if named not in ("", asked):
        raise unreadable("it is not the contact that was asked for", "id")
    if not named and not raw.keys() & _SIGNS_OF_A_CONTACT:
        raise unreadable("it is not a contact", "id")
    return RemoteContact(asked, kept, raw)


def read_addresses(body: bytes, page: int, size: int) -> Listing[Address]:
    return _listing(body, _address, page, size)


def _address(value: Any) -> Address | None:
    get = mapping(value).get
    if not text(get("id")):
        return None
    return Address(
        id=text(get("id")),
        type=text(get("type")),
        name=text(get("name")),
        is_primary=flag(get("is_primary")),
        address_line_1=text(get("address_line_1")),
        address_line_2=text(get("address_line_2")),
        state_province_county=text(get("state_province_county")),
        town_city=text(get("town_city")),
        postal_code=text(get("postal_code")),
        country_code=text(get("country_code")),
        lat=decimal(get("lat")),
        lon=decimal(get("lon")),
        google_place_id=text(get("google_place_id")),
        is_billing_address=flag(get("is_billing_address")),
        care_of=text(get("care_of")),
    )


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _listing(body: bytes, read: Callable[[Any], T | None], page: int, size: int) -> Listing[T]:
    """`content` and `paging` (a client reads `pages`); either of both may be absent. A short page is the last one."""
    raw = object_of(body)
    content = raw.get("content")
    if type(content) is not list:
        raise unreadable("it holds no list", "content")
    paging = mapping(raw.get("paging")) or mapping(raw.get("pages"))
    entries = tuple(entry for value in content[:_MOST] if (entry := read(value)) is not None)
    number, total = whole(paging.get("page")), whole(paging.get("total"))
    asked = max(whole(paging.get("size")) or size, 1)
    return Listing(
        entries,
        page=number if number is not None and number > 0 else page,
        size=asked,
        total=total if total is not None and total >= 0 else None,
        more=_more(paging, len(content), asked, page, total),
        odd=len(content) - len(entries),
    )


def _more(paging: Mapping[str, Any], count: int, size: int, page: int, total: int | None) -> bool:
    """An empty or short page ends the list, whatever is announced: a wrong total must not make it endless."""
    if not count:
        return False
    told = flag(paging.get("has_more"))
    if told is not None:
        return told
    return count >= size and (total is None or total < 0 or page * size < total)


def read_communications(body: bytes, page: int, size: int) -> Listing[Communication]:
    return _listing(body, _listed_communication, page, size)


def read_communication(body: bytes, asked: str) -> Communication:
    """One message; the page's answer does not repeat its id. ProtocolError for another one."""
    raw = object_of(body)
    if text(raw.get("id")) not in ("", asked):
        raise unreadable("it is not the message that was asked for", "id")
    return _communication(raw, asked)


def _listed_communication(value: Any) -> Communication | None:
    raw = mapping(value)
    remote_id = text(raw.get("id"))
    return _communication(raw, remote_id) if remote_id else None


def _communication(raw: Mapping[str, Any], remote_id: str) -> Communication:
    get, contact, content = raw.get, mapping(raw.get("contact")), raw.get("content")
    return Communication(
        id=remote_id,
        state=text(get("life_cycle_state")) or text(get("state")),
        contact_id=text(get("contact_id")) or text(contact.get("id")),
        contact_name=text(contact.get("name")),
        channel=text(get("channel")),
        is_viewed=flag(get("is_viewed")),
        viewed_at=_moment(get("viewed_on")),
        is_archived=flag(get("is_archived")),
        clicked_at=_moment(get("clicked_on")),
        language=text(get("language")),
        sender=text(get("sender")),
        recipient=text(get("recipient")),
        subject=text(get("subject")),
        content=content[:_CONTENT] if type(content) is str else "",
        name=text(get("name")),
        created_at=_moment(get("created_on")),
        title=text(get("title")),
        subtitle=text(get("subtitle")),
        image_url=text(get("in_app_image_url")),
        link_url=text(get("in_app_click_link_url")),
    )


def _moment(value: Any) -> str:
    seconds = whole(value)
    return epoch(seconds) if seconds is not None and seconds >= _EARLIEST else ""


def read_approvals(body: bytes, page: int, size: int) -> Listing[Approval]:
    return _listing(body, _approval, page, size)


def _approval(value: Any) -> Approval | None:
    raw = mapping(value)
    entity = mapping(raw.get("entity")).get
    if not text(raw.get("id")):
        return None
    return Approval(
        text(raw.get("id")), text(raw.get("state")), text(entity("id")), text(entity("type")), text(entity("reference"))
    )


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_file(body: bytes, asked: str, content_type: str, *, is_content: bool) -> StoredFile:
    """A file: what it is (version 1), or the file itself (version 2, `is_content`)."""
    if is_content:
        return StoredFile(asked, text(content_type.partition(";")[0], 100), body)
    raw = object_of(body)
    if text(raw.get("id")) not in ("", asked):
        raise unreadable("it is not the file that was asked for", "id")
    return StoredFile(asked, text(raw.get("mime"), 100))
