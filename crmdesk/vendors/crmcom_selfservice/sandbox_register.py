"""Registration at the emulated CRM.COM Self-Service."""

from __future__ import annotations

from starlette.responses import Response

from crmdesk.vendors.crmcom_selfservice import sandbox_rules as rules
from crmdesk.vendors.crmcom_selfservice.sandbox_accounts import Contact
from crmdesk.vendors.crmcom_selfservice.sandbox_ask import Ask
from crmdesk.vendors.crmcom_selfservice.sandbox_signin import (
    IDENTITY,
    SOCIAL,
    mail,
    mask,
    pair,
    phone,
    phone_keys,
    session,
)
from crmdesk.vendors.crmcom_selfservice.sandbox_wire import Json, Refused, boolean, invalid, only, words

PASS_CODE = "HHNSU32LNK"  # noqa: S105 - the page's own sample; the one there is


def register(ask: Ask) -> Response:
    """Three answers: a session, the pair of a code, or (with a pass code) a session that names where a code went."""
    body = ask.json()
    second = ask.quirks.version == "v2"
    inner, accepted = ("identification", "accept_terms_&_conditions") if second else ("identity", "service_acceptance")
    known = ("first_name", "last_name", "consent_state", "referral_code", "country_of_agreement", "custom_fields")
    only(body, [*known, inner, accepted, "email_opt_out", "sms_opt_out", "pass_code"], strict=ask.quirks.strict)
    identity = body.get(inner)
    if not isinstance(identity, dict):
        raise invalid(f"{inner} is required.", inner)
    only(identity, [*IDENTITY, *phone_keys(ask)], strict=ask.quirks.strict, where=f"{inner}.")
    if body.get("pass_code", PASS_CODE) != PASS_CODE:
        raise invalid("The pass code is invalid.", "pass_code")
    contact = Contact(_new_record(ask, body, accepted), password="")
    return _registered(ask, contact, identity, by_pass_code="pass_code" in body)


def _new_record(ask: Ask, body: Json, accepted: str) -> Json:
    identifier = ask.organisation.new_id()
    made: Json = {"id": identifier, "code": f"C{len(ask.organisation.contacts) + 1:05d}", "type": "PERSON"}
    made |= {
        name: rules.text(body[name], name) for name in ("first_name", "last_name", "referral_code") if name in body
    }
    for name, stored in ((accepted, "service_acceptance"), ("email_opt_out",) * 2, ("sms_opt_out",) * 2):
        if name in body:
            made[stored] = boolean(body[name], name)
    if "consent_state" in body:
        made["consent_state"] = rules.consent(body["consent_state"])
    if "country_of_agreement" in body:
        made["country_of_agreement"] = rules.country(body["country_of_agreement"], "country_of_agreement")
    if "custom_fields" in body:
        made |= rules.custom(body["custom_fields"])
    return made


def _registered(ask: Ask, contact: Contact, identity: Json, *, by_pass_code: bool) -> Response:
    provider, organisation = identity.get("provider"), ask.organisation
    status = 201 if ask.quirks.version == "v2" else 200
    if provider in ("EMAIL", "PHONE"):
        words(contact.record, "first_name", "last_name")
    if provider == "EMAIL":
        target = words(identity, "username")[0]
        if organisation.by_email(target) is not None:
            raise Refused(400, "EMULATOR.CONTACTEXISTS", "There is such a contact already.", "username")
        contact.record["email_address"], contact.password = target, identity.get("password", "")
    elif provider == "PHONE":
        target = phone(ask, identity)
        contact.record["phones"] = [{"type": "MOBILE", "number": target}]
    elif provider in SOCIAL:
        words(identity, "token")
        target = ""
    else:
        raise invalid("provider is unknown.", "provider")
    organisation.contacts[contact.id] = contact
    needs_code = provider == "PHONE" or (provider == "EMAIL" and not contact.password)
    if not needs_code or by_pass_code:
        if contact.password and identity.get("validation_required"):
            mail(ask, contact)
        return session(ask, contact, {"obfuscated_value": mask(target)} if needs_code else None, status)
    contact.active = False
    return pair(ask, contact, [(provider, target)], target, status)
