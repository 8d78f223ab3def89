"""A sixth vendor, for tests only: one folder, and one line where the vendors are listed. Nothing else knows it."""

from __future__ import annotations

from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.foreign import mapping, text
from crmdesk.core.types import Account, Json, Summary, flags, has
from crmdesk.core.vendor import Access, Secrets, Vendor

SOURCE = "Acme's own page: nobody has it, they are made up"
FIELDS = (
    FieldSpec("name", "Name", group="Person", source=SOURCE),
    FieldSpec("mail", "E-mail", FieldKind.EMAIL, "Person", source=SOURCE),
    FieldSpec("town", "Town", group="Person", source=SOURCE),
    FieldSpec("id", "Acme id", group="Record", writable=False, source=SOURCE),
)
CREDENTIALS = (
    FieldSpec("base_url", "Address of the API", FieldKind.URL, required=True, hint="It starts with https://."),
    FieldSpec("branch", "Branch", required=True, hint="The number on your Acme card."),
    FieldSpec("key", "Key", FieldKind.SECRET, required=True, hint="On the back of the card."),
)


def summarise(raw: Json) -> Summary:
    get = mapping(raw).get
    texts = {"name": text(get("name")), "email": text(get("mail")), "city": text(get("town")), "id": text(get("id"))}
    return Summary(
        name=texts["name"] or texts["email"],
        email=texts["email"],
        city=texts["city"],
        flags=flags(has(texts)),
        texts={name: found for name, found in texts.items() if found},
    )


def _open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    from tests.helpers.acme.connector import open_access

    return open_access(account, secrets, transport)


def _sandbox(**wanted: Any) -> Any:
    from tests.helpers.acme.sandbox import AcmeSandbox

    return AcmeSandbox(**wanted)


def _check_base_url(typed: str) -> str:
    from crmdesk.net.address import check_base_url

    return check_base_url(typed, default_path="/api")


VENDOR = Vendor(
    key="acme",
    title="Acme Stays",
    letter="A",
    fields=FIELDS,
    credentials=CREDENTIALS,
    default_base_url="https://acme.example/api",
    summarise=summarise,
    open_access=_open_access,
    sandbox=_sandbox,
    check_base_url=_check_base_url,
    lacks={
        "create": "Acme Stays has no way to make a contact.",
        "delete": "Acme Stays has no way to delete a contact.",
        "history": "Acme Stays keeps no earlier versions of a contact.",
        "send": "Acme Stays takes no events and no pushed contacts.",
    },
    record="Acme Stays contact",
)
