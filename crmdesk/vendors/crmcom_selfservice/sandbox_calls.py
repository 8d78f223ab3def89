"""What a signed-in contact may do at the emulated CRM.COM Self-Service: all but signing in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from crmdesk.sandbox.faults import Kind, due
from crmdesk.vendors.crmcom_selfservice import sandbox_rules as rules
from crmdesk.vendors.crmcom_selfservice import sandbox_shape as shape
from crmdesk.vendors.crmcom_selfservice.sandbox_accounts import Contact, Quirks
from crmdesk.vendors.crmcom_selfservice.sandbox_ask import Ask
from crmdesk.vendors.crmcom_selfservice.sandbox_wire import (
    Json,
    Refused,
    a_file,
    answer,
    boolean,
    empty,
    invalid,
    missing,
    only,
    words,
)

_OTHER_ID = "658AB90A6A77437091D158FD8E697B11"  # of the page's sample


def as_shown(contact: Contact, quirks: Quirks) -> Json:
    return shape.shown(contact.record, version=quirks.version, form=quirks.contact_form, typed=quirks.typed)


# ── profile ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def show(ask: Ask) -> Response:
    return answer(as_shown(ask.own(), ask.quirks))


def update(ask: Ask) -> Response:
    """Objects are merged (or not: `Quirks.objects`), the objects inside them replaced; null takes a value away."""
    contact = ask.own()
    faults = due(ask.request.scope)
    if Kind.NO_RIGHT in faults:
        raise Refused(403, "EMULATOR.FORBIDDEN", "This contact may not be changed.")
    if Kind.EDITED_MEANWHILE in faults:
        contact.record[str(faults[Kind.EDITED_MEANWHILE].value or "middle_name")] = "Elsewhere"
    body = ask.json()
    if Kind.REFUSE_VALUES in faults:
        name = str(faults[Kind.REFUSE_VALUES].value or next(iter(body), ""))
        raise invalid(f"{name} is refused.", name)
    values = rules.Put(ask.quirks.version, strict=ask.quirks.strict).values(body)
    rules.check_names(values, contact.record.get("type"))
    whole = ask.quirks.objects == "replaced"
    if whole and ask.quirks.version == "v2" and "demographics" in body:
        values.setdefault("statutory_number", "")  # stands inside them there
    for name, value in values.items():
        before = None if whole else contact.record.get(name)
        merged = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
        contact.record[name] = shape.filled(merged)
    return answer({"id": contact.id})


def unregister(ask: Ask) -> Response:
    """The contact leaves the organisation. Version 2 wants a secret key for this, and there is none here."""
    contact = ask.own()
    if ask.quirks.version == "v2":
        raise Refused(403, "EMULATOR.SECRETKEY", "This needs a secret key.")
    ask.organisation.tokens.drop(contact.id)
    del ask.organisation.contacts[contact.id]
    return empty()


def consents(ask: Ask) -> Response:
    contact, body = ask.own(), ask.json()
    only(body, ["consent_state"], strict=ask.quirks.strict)
    contact.record["consent_state"] = rules.consent(body.get("consent_state"))
    return answer({"id": contact.id if ask.quirks.consents_answer == "own" else _OTHER_ID})


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────


def list_addresses(ask: Ask) -> Response:
    contact = ask.own()
    return ask.listing().answer(list(contact.addresses.values()), ask.quirks.paging)


def add_address(ask: Ask) -> Response:
    contact = ask.own()
    made = rules.address(ask.json(), list(contact.addresses.values()), strict=ask.quirks.strict, new=True)
    identifier = ask.organisation.keep(contact.addresses, made)
    return answer({"id": identifier}, 201 if ask.quirks.version == "v2" else 200)


def change_address(ask: Ask) -> Response:
    contact, identifier = ask.own(), ask.path("address_id")
    if identifier not in contact.addresses:
        raise ask.unknown("address", identifier)
    others = [one for key, one in contact.addresses.items() if key != identifier]
    before = contact.addresses[identifier] if ask.quirks.addresses == "merged" else None
    made = rules.address(ask.json(), others, strict=ask.quirks.strict, before=before)
    contact.addresses[identifier] = {"id": identifier, **made}
    return answer({"id": identifier})


def remove_address(ask: Ask) -> Response:
    if ask.own().addresses.pop(ask.path("address_id"), None) is None:
        raise ask.unknown("address", ask.path("address_id"))
    return empty()


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _wanted(request: Request, name: str) -> bool | None:
    given = request.query_params.get(name)
    return None if given is None else boolean(given, name)


def list_communications(ask: Ask) -> Response:
    """TRUE gives only archived (viewed) ones, as the page says; of FALSE it says nothing (`Quirks.false_filters`)."""
    contact = ask.own()
    channel = "channel" if ask.quirks.version == "v2" else "type"
    asked = ask.listing("archived", "viewed", channel)
    wanted = {"is_archived": _wanted(ask.request, "archived"), "is_viewed": _wanted(ask.request, "viewed")}
    if ask.quirks.false_filters == "passed over":
        wanted = {name: value or None for name, value in wanted.items()}
    kind = ask.request.query_params.get(channel)
    found = [
        one
        for one in contact.communications.values()
        if all(value is None or one[name] == value for name, value in wanted.items())
        and kind in (None, _type_of(one, ask.quirks))
    ]
    found.sort(key=lambda one: str(one["name"]) if asked.sort == "NAME" else f"{one['created_on']:015d}")
    shown = [_listed(one, ask.quirks) for one in (found if asked.ascending else reversed(found))]
    response = asked.answer(shown, ask.quirks.paging)
    if Kind.SHIFTING in due(ask.request.scope):
        _arrives(ask, contact)
    return response


def _type_of(one: Json, quirks: Quirks) -> str:
    """What it is called in a request: messages in the app come as INAPP [page], and a client of v1 asks for IN_APP."""
    return "IN_APP" if quirks.version == "v1" and one["channel"] == "INAPP" else str(one["channel"])


def _arrives(ask: Ask, contact: Contact) -> None:
    """Between two page reads a new message comes, or the newest one goes."""
    way = due(ask.request.scope)[Kind.SHIFTING].value
    if way in ("remove", "all") and contact.communications:
        del contact.communications[max(contact.communications, key=lambda key: _made(contact, key))]
    if way in ("insert", "all") and contact.communications:
        latest = max(contact.communications.values(), key=lambda one: int(one["created_on"]))
        copy = {name: value for name, value in latest.items() if name != "id"}
        ask.organisation.keep(contact.communications, copy | {"created_on": int(latest["created_on"]) + 1})


def _made(contact: Contact, key: str) -> int:
    return int(contact.communications[key]["created_on"])


def _listed(one: Json, quirks: Quirks) -> Json:
    """A list has no creation time and no parts of a push notification."""
    hidden = ("created_on", "title", "subtitle", "in_app_image_url", "in_app_click_link_url")
    return _named({key: value for key, value in one.items() if key not in hidden and value is not None}, quirks)


def _named(one: Json, quirks: Quirks) -> Json:
    if quirks.version == "v2":
        return {("state" if key == "life_cycle_state" else key): value for key, value in one.items()}
    return one


def _communication(ask: Ask) -> Json:
    identifier = ask.path("communication_id")
    if identifier not in ask.contact.communications:
        raise ask.unknown("communication", identifier)
    return ask.contact.communications[identifier]


def show_communication(ask: Ask) -> Response:
    """Without its id, as the page's sample."""
    record = ask.contact.record
    name = f"{record.get('first_name', '')} {record.get('last_name', '')}".strip()
    one = {key: value for key, value in _communication(ask).items() if key not in ("id", "contact_id")}
    whose = {"contact": {"id": ask.contact.id, "name": name, "code": record["code"]}}
    return answer(_named({key: value for key, value in (one | whose).items() if value is not None}, ask.quirks))


def mark_communication(ask: Ask) -> Response:
    one, body = _communication(ask), ask.json()
    only(body, ["viewed", "archived"], strict=ask.quirks.strict)
    if not body:
        raise invalid("Nothing is to be marked.")
    for name, value in body.items():
        if not boolean(value, name):
            raise invalid(f"{name} cannot be taken back.", name)
        one[f"is_{name}"] = True
    if "viewed" in body:
        one["viewed_on"] = ask.now
    return answer({"id": one["id"]})


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def list_approvals(ask: Ask) -> Response:
    contact = ask.own()
    asked, query = ask.listing("state", "entity_types"), ask.request.query_params
    found = [
        one
        for one in contact.approvals.values()
        if (query.get("state") in (None, one["state"]) or not ask.quirks.state_filter)
        and ("entity_types" not in query or one["entity"]["type"] in query["entity_types"].split(","))
    ]
    return asked.answer(found, ask.quirks.paging)


def answer_approval(ask: Ask) -> Response:
    """The form of the mailed link (`token`, `response`) is off."""
    identifier, body = ask.path("approval_id"), ask.json()
    only(body, ["action", *(("comments",) if ask.quirks.version == "v2" else ())], strict=ask.quirks.strict)
    if identifier not in ask.contact.approvals:
        raise ask.unknown("approval_request", identifier)
    if body.get("action") not in ("ACCEPT", "REJECT"):
        raise invalid("action is ACCEPT or REJECT.", "action")
    one = ask.contact.approvals[identifier]
    if one["state"] != "PENDING":
        raise Refused(400, "EMULATOR.ALREADYANSWERED", "This request was answered already.", identifier)
    one["state"] = "APPROVED" if body["action"] == "ACCEPT" else "REJECTED"
    return answer({"id": identifier})


# ── files and printouts ──────────────────────────────────────────────────────────────────────────────────────────────


def upload(ask: Ask) -> Response:
    _, content, kind = a_file(ask.request, ask.body)
    identifier = ask.organisation.new_id()
    ask.contact.files[identifier] = (content, kind)
    return answer({"id": identifier}, 201 if ask.quirks.version == "v2" else 200)


def show_file(ask: Ask) -> Response:
    identifier = ask.path("file_id")
    if identifier not in ask.contact.files:
        raise ask.unknown("file", identifier)
    content, kind = ask.contact.files[identifier]
    if ask.quirks.version == "v2":
        return Response(content, media_type=kind)
    return answer({"id": identifier, "mime": kind.rpartition("/")[2]})


def delete_file(ask: Ask) -> Response:
    if ask.contact.files.pop(ask.path("file_id"), None) is None:
        raise ask.unknown("file", ask.path("file_id"))
    return empty(204 if ask.quirks.version == "v2" else 200)


def printout(ask: Ask) -> Response:
    """201 with an id, or with nothing where it goes out by e-mail (204 in version 2)."""
    body, second = ask.json(), ask.quirks.version == "v2"
    only(body, ["format", "entity"], strict=ask.quirks.strict)
    if body.get("format") not in ("PDF", "EMAIL", *(("WEB_VIEW",) if second else ())):
        raise invalid("format is PDF or EMAIL.", "format")
    entity = body.get("entity")
    kind, identifier = words(entity if isinstance(entity, dict) else {}, "type", "id")
    orders = {one["entity"]["id"] for one in ask.contact.approvals.values()}
    known = {"INVOICE": {ask.contact.invoice}, "ORDERS" if second else "ORDER": orders}
    if identifier not in known.get(kind, set()):
        raise missing(kind.lower(), identifier)
    if body["format"] == "EMAIL":
        return empty(204 if second else 201)
    return answer({"id": ask.organisation.new_id()}, 201)
