"""Http: every call of one account, with its deadline, its body cap, its one origin, and errors that say what to do.

System certificates (also what SSL_CERT_FILE adds to OpenSSL's) through truststore; TLS is always verified, and
SSLKEYLOGFILE is not honoured for a vendor's line. The proxy settings of the environment (HTTPS_PROXY, ALL_PROXY,
NO_PROXY) or of the system are honoured, but this computer itself is never reached through a proxy. Cookies are
neither kept nor sent, redirects never followed, and no stored password (netrc) is ever looked up.
"""

from __future__ import annotations

import asyncio
import functools
import json as jsonlib
import ssl
import urllib.request
import zlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, cast
from urllib.parse import quote

import httpx

from crmdesk import __version__
from crmdesk.core.errors import KnownError, ProtocolError, SettingsError
from crmdesk.core.said import said
from crmdesk.core.seams import Clock
from crmdesk.net import faults, retry, wire
from crmdesk.net.address import check_base_url, is_loopback, origin_of
from crmdesk.net.faults import Call
from crmdesk.net.limiter import RateBudget
from crmdesk.net.redact import register_secret

__all__ = ["Answer", "Http", "check_base_url", "segment"]

MIB = 1024 * 1024
_CONNECT_LIMIT = 10.0  # seconds
_GZIP = 31  # zlib's wbits for it
_MEDDLED = "Something between crmdesk and the server changes the answers."
_NOBODY: frozenset[int] = frozenset()

Params = Mapping[str, str | int | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `headers` ignore letter case; `url_path` is the path asked for, without query."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url_path: str = field(repr=False)


class Http:
    """All calls of one account, on the loop that first uses it.

    `vendor` is the title shown in errors. `deadline` (seconds) covers connecting, sending, and the whole answer of one
    attempt; `max_body` (bytes) holds after unpacking. `transport` replaces the network (demo mode, tests)."""

    def __init__(
        self,
        base_url: str,
        *,
        vendor: str,
        clock: Clock,
        budget: RateBudget,
        auth: httpx.Auth | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        deadline: float = 30.0,
        max_body: int = 32 * MIB,
    ) -> None:
        self._base = check_base_url(base_url)
        self._origin = origin_of(httpx.URL(self._base))
        self._vendor = vendor
        self._clock = clock
        self._budget = budget
        self._auth = auth
        self._transport = transport
        self._deadline = deadline
        self._max_body = max_body
        self._client: httpx.AsyncClient | None = None

    async def get(
        self,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        own: Collection[int] = _NOBODY,
        patience: retry.Patience = retry.READS,
    ) -> Answer:
        """Read `path` (relative to the base address); repeated as `patience` allows.

        Gives 2xx, 304 and those 4xx which only the vendor's envelope explains, and every status in `own`. Raises
        OfflineError, ServerFaultError, SignInNeededError, ForbiddenError, ProtocolError, and RateLimitedError where
        the vendor's window opens later than `patience.limit_wait` (nothing is sent meanwhile)."""

        async def once() -> Answer:
            call = self._call("GET", path, write=False)
            return await self._exchange(call, params, headers, None, own, limit_wait=patience.limit_wait)

        return await retry.read(once, self._clock, patience)

    async def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        own: Collection[int] = _NOBODY,
        write: bool = True,
    ) -> Answer:
        """Write once, never repeated. As `get`, but InDoubtError where it may have been done, and RateLimitedError
        without sending while the vendor's window is closed. `write=False`: a call that only asks although it is a POST
        (sign-in, a list); its errors are those of `get`."""
        content = body if body is not None or json is None else _as_json(json)
        call = self._call(method, path, write=write)
        return await self._exchange(call, params, headers, content, own, limit_wait=retry.HURRIED.limit_wait)

    async def aclose(self) -> None:
        """Close the connections. A later call opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def unexpected(self, answer: Answer, method: str = "GET") -> ProtocolError:
        """For connectors: the error for a status the documents do not name."""
        return faults.unexpected(answer.status, answer.headers, self._call(method, answer.url_path, write=False))

    # -- one attempt ---------------------------------------------------------------------------------------------

    async def _exchange(
        self,
        call: Call,
        params: Params | None,
        headers: Mapping[str, str] | None,
        content: bytes | None,
        own: Collection[int],
        *,
        limit_wait: float,
    ) -> Answer:
        until = self._budget.opens_at()
        if until is not None and (until - call.moment).total_seconds() > limit_wait:
            raise faults.slow_down(self._vendor, until, call.details())
        await self._budget.take()
        client = await self._open()
        request = client.build_request(
            call.method, self._url(call), params=dict(params or {}) or None, headers=_headers(headers), content=content
        )
        if origin_of(request.url) != self._origin:
            raise self._foreign(call)
        answer = await self._within_deadline(call, lambda: self._fetch(client, request, call))
        return self._judged(answer, call, own)

    async def _within_deadline(self, call: Call, fetch: Callable[[], Awaitable[Answer]]) -> Answer:
        """Nothing of the original exception is kept: its text and its request may hold what must not be written."""
        failure: KnownError
        try:
            async with asyncio.timeout(self._deadline):
                return await fetch()
        except TimeoutError:
            failure = faults.too_slow(call, self._deadline)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            failure = faults.translate(error, call)
        raise failure

    async def _fetch(self, client: httpx.AsyncClient, request: httpx.Request, call: Call) -> Answer:
        response = await client.send(request, stream=True)
        try:
            body = await self._body(response, call)
        finally:
            await response.aclose()
        if not call.write and _ends_with_the_line(response) and wire.is_cut(body):
            raise faults.broken_off(call, "The answer of {vendor} broke off in the middle.", call.details())
        return Answer(response.status_code, response.headers, body, call.path)

    async def _body(self, response: httpx.Response, call: Call) -> bytes:
        """The unpacked body, never holding more than the cap and one chunk."""
        too_big = functools.partial(self._too_big, call, response.status_code)
        if _claimed(response) > self._max_body:
            raise too_big()
        unpacker = _unpacker(response, call)
        parts: list[bytes] = []
        left = self._max_body
        async for chunk in cast(httpx.AsyncByteStream, response.stream):  # as sent: httpx would unpack without a bound
            part = _unpack(unpacker, chunk, left, response, call)
            left -= len(part)
            if left < 0:
                raise too_big()
            parts.append(part)
        if unpacker is not None and parts and not unpacker.eof:
            raise faults.broken_off(call, "The answer of {vendor} broke off in the middle.", call.details())
        return b"".join(parts)

    def _judged(self, answer: Answer, call: Call, own: Collection[int]) -> Answer:
        """Feed the budget, then raise for a status that means the same everywhere."""
        closed = answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers)
        until = self._budget.refused(answer.headers) if closed else None
        if until is None:
            self._budget.learn(answer.headers)
        if answer.status in own:
            return answer
        if until is not None and answer.status == 429:
            raise faults.limited(answer.headers, call, until)
        if (error := faults.judge(answer.status, answer.headers, call)) is not None:
            raise error
        return answer

    # -- small things --------------------------------------------------------------------------------------------

    def _call(self, method: str, path: str, *, write: bool) -> Call:
        return Call(self._vendor, method, path, write, self._clock.now())

    def _url(self, call: Call) -> str:
        """The address asked. A path that is an address itself, or climbs, comes from an answer: it is not followed."""
        parts = call.path.split("/")
        if "://" in call.path or call.path.startswith("//") or any(part in (".", "..") for part in parts):
            raise self._foreign(call)
        if any(sign in call.path for sign in "?#\\") or not call.path.isprintable():
            raise self._foreign(call)
        return f"{self._base}/{call.path.lstrip('/')}"

    def _foreign(self, call: Call) -> ProtocolError:
        return ProtocolError(
            said("{vendor} pointed to an address outside the account's own. It was not asked.", vendor=self._vendor),
            "Copy the details and report them.",
            details={"endpoint": call.method, "time": call.details()["time"]},
        )

    def _too_big(self, call: Call, status: int) -> KnownError:
        title = said(
            "The answer of {vendor} is larger than {most} MB.", vendor=self._vendor, most=self._max_body // MIB or 1
        )
        return faults.unreadable(call, title, "Check the base address of the account.", status)

    async def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            if self._transport is None:
                self._transport = await asyncio.to_thread(_network, self._base)
            self._client = self._client or self._new_client(self._transport)  # another call may have been faster
        return self._client

    def _new_client(self, transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=transport,
            auth=self._auth,
            follow_redirects=False,
            trust_env=False,  # the proxy is chosen in `_network`
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(self._deadline, connect=min(_CONNECT_LIMIT, self._deadline / 3)),
            headers={"User-Agent": f"crmdesk/{__version__}", "Accept-Encoding": "gzip"},
        )


def segment(text: str) -> str:
    """A vendor's id as one safe segment of a path. ProtocolError for one that cannot be (empty, dots)."""
    if text in ("", ".", "..") or len(text) > 500:
        raise ProtocolError("A contact has an id that cannot be used in an address.", "It is left as it is.")
    return quote(text.encode("utf-8", "replace"), safe=",")


def _as_json(value: Any) -> bytes:
    return jsonlib.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {"Accept": "application/json", **(headers or {})}


# -- bodies ------------------------------------------------------------------------------------------------------


def _claimed(response: httpx.Response) -> int:
    text = response.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _ends_with_the_line(response: httpx.Response) -> bool:
    """True where only the end of the connection marks the end of the body: a cut looks like an end."""
    return "content-length" not in response.headers and "transfer-encoding" not in response.headers


def _unpacker(response: httpx.Response, call: Call) -> Any:
    """zlib's object for the Content-Encoding; None for a plain body. Anything we did not ask for is refused."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        return None
    if coding not in ("gzip", "x-gzip"):
        title = "The answer of {vendor} is packed in a way we did not ask for."
        raise faults.unreadable(call, title, _MEDDLED, response.status_code)
    return zlib.decompressobj(_GZIP)


def _unpack(unpacker: Any, chunk: bytes, left: int, response: httpx.Response, call: Call) -> bytes:
    """At most `left` + 1 bytes, so that a bomb ends here instead of in memory."""
    if unpacker is None:
        return chunk
    try:
        part: bytes = unpacker.decompress(chunk, left + 1)
    except zlib.error:
        title = "The answer of {vendor} cannot be unpacked."
        raise faults.unreadable(call, title, _MEDDLED, response.status_code) from None
    return part


# -- the network -------------------------------------------------------------------------------------------------


def _network(base_url: str) -> httpx.AsyncHTTPTransport:
    """The real transport for one origin. Blocks some milliseconds."""
    return httpx.AsyncHTTPTransport(
        verify=certificates(),
        trust_env=False,
        proxy=_proxy(httpx.URL(base_url)),
        limits=httpx.Limits(max_connections=4, max_keepalive_connections=4, keepalive_expiry=20.0),
    )


@functools.cache
def certificates() -> ssl.SSLContext:
    """The system's certificates, made once; truststore keeps it safe between threads."""
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _proxy(url: httpx.URL) -> httpx.Proxy | None:
    """The proxy the environment or the system names for this address. SettingsError for one we cannot speak to."""
    if is_loopback(url.host) or urllib.request.proxy_bypass(url.host):
        return None
    known = urllib.request.getproxies()
    address = known.get(url.scheme) or known.get("all")
    if not address:
        return None
    try:
        parsed = httpx.URL(address if "://" in address else f"http://{address}")
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host or not 0 < (parsed.port or 80) < 65536:
        raise SettingsError(
            "The proxy setting of this computer cannot be used.",
            "crmdesk speaks to http and https proxies. Check HTTPS_PROXY, or name the server in NO_PROXY.",
            field="proxy",
        )
    register_secret(parsed.password)
    return httpx.Proxy(parsed, ssl_context=certificates() if parsed.scheme == "https" else None)
