"""One account's calls: `api_key` on every one, the access token where it is needed, refusals as our errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from crmdesk.core.errors import InDoubtError, KnownError, NotFoundError, ProtocolError, SettingsError, SignInNeededError
from crmdesk.net.faults import path_pattern
from crmdesk.net.http import Answer, Http, Params
from crmdesk.net.retry import HURRIED, Patience
from crmdesk.vendors.crmcom_selfservice.bodies import to_json
from crmdesk.vendors.crmcom_selfservice.codec import read_id
from crmdesk.vendors.crmcom_selfservice.refusals import Refusal, judged, read_refusal

_OURS = frozenset({401, 403})  # statuses whose body says more than the status
_NOTHING: Mapping[str, str] = {}
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_KEY_REFUSED = (
    "CRM.COM did not accept the API key of this account.",
    "Check that it is the publishable key, and that key and address belong together: a test key and the live system "
    "do not. Some installations answer a wrong password in the same way.",
)
_UNSURE = "It may or may not have been done. Look at CRM.COM before doing it again."


def check_key(text: str) -> str:
    """A typed publishable key as it is sent. SettingsError("api_key")."""
    key = re.sub(r"(?i)^api_key\s*[:=]\s*", "", text.strip())
    if not key:
        raise SettingsError("The API key is missing.", "Enter the publishable key.", field="api_key")
    if not _KEY.fullmatch(key):
        raise SettingsError(
            "The API key contains spaces or letters that a key cannot have.",
            "Copy it again, as one piece.",
            field="api_key",
        )
    return key


class Line:
    """`plain` sends no token, `signed` does (and signs in first). `why` is asked where the token was refused and a new
    one did not help: what explains it better than the 401 does (a failed renewal), None where nothing does."""

    def __init__(
        self, plain: Http, signed: Http, api_key: str, why: Callable[[], KnownError | None] = lambda: None
    ) -> None:
        self._plain, self._signed, self._api_key, self._why = plain, signed, api_key, why

    async def read(
        self,
        path: str,
        *,
        params: Params | None = None,
        subject: str = "",
        accept: str = "application/json",
        patience: Patience = HURRIED,
    ) -> Answer:
        """GET with the token. A 2xx answer, or KnownError; `subject` is the id in the path."""
        headers = self._headers({"Accept": accept})
        answer = await self._signed.get(path, params=params, headers=headers, own=_OURS, patience=patience)
        return self._good(self._signed, answer, "GET", subject)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Params | None = None,
        extra: Mapping[str, str] = _NOTHING,
        write: bool = True,
    ) -> Answer:
        """A call without a token (sign-in, codes, passwords). Sent once. A 2xx answer, or KnownError; `write=False`: it
        changes nothing, so that a lost answer leaves no doubt."""
        return await self._send(self._plain, method, path, body, params=params, extra=extra, subject="", write=write)

    async def change(self, method: str, path: str, body: Any = None, *, subject: str = "") -> str:
        """A write with the token, sent once; the id its answer names, or ''.

        InDoubtError also where the answer cannot be read: something between may have answered."""
        return self._id(
            await self._send(self._signed, method, path, body, params=None, extra=_NOTHING, subject=subject)
        )

    async def change_unsigned(self, method: str, path: str, body: Any = None) -> None:
        """A write without a token; as `change`."""
        self._id(await self.ask(method, path, body))

    async def upload(self, path: str, content: bytes, content_type: str) -> str:
        """A write of a body that is no JSON; as `change`."""
        headers = self._headers({"Content-Type": content_type})
        answer = await self._signed.send("POST", path, body=content, headers=headers, own=_OURS)
        return self._id(self._good(self._signed, answer, "POST", ""))

    def signed_by(self, http: Http, why: Callable[[], KnownError | None]) -> Line:
        """The same account's calls with the token of somebody else."""
        return Line(self._plain, http, self._api_key, why)

    async def aclose(self) -> None:
        """Closes the calls with this token; those without one belong to all of the account."""
        await self._signed.aclose()

    async def aclose_plain(self) -> None:
        await self._plain.aclose()

    # -- one call ------------------------------------------------------------------------------------------------

    async def _send(
        self,
        http: Http,
        method: str,
        path: str,
        body: Any,
        *,
        params: Params | None,
        extra: Mapping[str, str],
        subject: str,
        write: bool = True,
    ) -> Answer:
        content = None if body is None else to_json(body)
        headers = self._headers(extra if content is None else {"Content-Type": "application/json", **extra})
        answer = await http.send(method, path, body=content, params=params, headers=headers, own=_OURS, write=write)
        return self._good(http, answer, method, subject)

    def _headers(self, extra: Mapping[str, str]) -> dict[str, str]:
        return {"api_key": check_key(self._api_key), **extra}

    def _good(self, http: Http, answer: Answer, method: str, subject: str) -> Answer:
        """The answer, if it is one: 2xx, and no error body inside."""
        refusal = read_refusal(answer.body)
        if 200 <= answer.status < 300 and refusal is None:
            return answer
        details = {"endpoint": f"{method} {path_pattern(answer.url_path)}", "status": str(answer.status)}
        details |= {"error": refusal.code} if refusal is not None else {}
        if answer.status < 400:
            raise self._refused_inside(refusal, subject, details) or http.unexpected(answer, method)
        if answer.status == 401:
            self._unauthorised(http, details)
        raise judged(answer.status, refusal, subject, details) or http.unexpected(answer, method)

    def _unauthorised(self, http: Http, details: Mapping[str, str]) -> None:
        """A 401 without a token is about the key ("The provided API Key or Token is invalid", source page)."""
        if http is self._plain:
            raise SignInNeededError(*_KEY_REFUSED, details=details)
        if (reason := self._why()) is not None:
            raise reason

    def _refused_inside(self, refusal: Refusal | None, subject: str, details: Mapping[str, str]) -> KnownError | None:
        """An error body in a 2xx answer is in no document: it never deletes anything here."""
        found = judged(refusal.status, refusal, subject, details) if refusal is not None else None
        return None if isinstance(found, NotFoundError) else found

    def _id(self, answer: Answer) -> str:
        try:
            return read_id(answer.body)
        except ProtocolError as error:
            reason = error
        raise InDoubtError(reason.title, _UNSURE, details=reason.details)
