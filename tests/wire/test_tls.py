"""TLS is always verified, nothing is sent before, and the message names the cause (P24)."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmdesk.core.errors import InDoubtError, ProtocolError, ServerFaultError
from crmdesk.net import http as http_module
from crmdesk.net.http import Http
from crmdesk.net.retry import Patience
from tests.wire.conftest import TOKEN
from tests.wire.fault_server import Script, answer, says, serving

x509 = pytest.importorskip("cryptography.x509", reason="certificates are made with cryptography")

MakeHttp = Callable[..., Http]


class Authority:
    """A certificate authority of its own, and server certificates from it."""

    def __init__(self, folder: Path, name: str = "Test CA") -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / "ca.pem"
        self.certificate = self._build(name, self.key, self.key, authority=True)
        self.file.write_bytes(_pem(self.certificate))

    def server(self, name: str, *, days: tuple[int, int] = (-1, 30), own: bool = False) -> ssl.SSLContext:
        """Server side for `name`, valid from and to so many days from now; `own` = signed by itself."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._build(name, key, key if own else self.key, days=days, own=own)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = self.folder / f"{name}.pem"
        file.write_bytes(_pem(certificate) + secret)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _build(self, name, key, signer, *, days=(-400, 400), authority=False, own=False):
        from cryptography.hazmat.primitives import hashes

        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        issuer = subject if authority or own else self.certificate.subject
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
        )
        return builder.sign(signer, hashes.SHA256())


def _alternative(name: str):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.replace(" ", "-"))


def _pem(certificate) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that the system trusts, as SSL_CERT_FILE makes it."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    http_module.certificates.cache_clear()
    yield made
    http_module.certificates.cache_clear()


async def test_a_certificate_the_system_trusts_is_taken(authority: Authority, http_to: MakeHttp) -> None:
    async with serving(answer(body=b"[]"), tls=authority.server("127.0.0.1")) as server:
        http = http_to(f"https://127.0.0.1:{server.port}", deadline=5)
        assert (await http.get("/contacts")).body == b"[]"
        await http.aclose()


@pytest.mark.parametrize(
    ("name", "how", "words"),
    [
        ("127.0.0.1", {"days": (-30, -1)}, "has expired"),
        ("127.0.0.1", {"days": (5, 30)}, "is not valid yet"),
        ("127.0.0.1", {"own": True}, "was issued by itself"),
        ("10.1.2.3", {}, "is for another name"),
        ("www.bookingsync.com", {}, "is for another name"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_bad_certificate_is_named_and_nothing_sent(
    method: str, name: str, how: dict, words: str, authority: Authority, http_to: MakeHttp
) -> None:
    async with serving(answer(), tls=authority.server(name, **how)) as server:
        http = http_to(f"https://127.0.0.1:{server.port}", deadline=5)
        with pytest.raises(ProtocolError, match=words) as caught:
            await (http.get("/contacts") if method == "GET" else http.send(method, "/contacts", json={}))
        await http.aclose()
    assert server.requests == []
    assert "Nothing was sent." in caught.value.hint


async def test_an_unknown_issuer_is_named(
    authority: Authority, http_to: MakeHttp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other", "Other CA")
    async with serving(answer(), tls=stranger.server("127.0.0.1")) as server:
        http = http_to(f"https://127.0.0.1:{server.port}", deadline=5)
        with pytest.raises(ProtocolError, match="unknown issuer"):
            await http.get("/contacts")
        await http.aclose()
    assert server.requests == []


async def test_an_old_protocol_is_refused(authority: Authority, http_to: MakeHttp) -> None:
    context = authority.server("127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with serving(answer(), tls=context) as server:
        http = http_to(f"https://127.0.0.1:{server.port}", deadline=5)
        with pytest.raises(ProtocolError, match="No secure connection"):
            await http.get("/contacts")
        await http.aclose()
    assert server.requests == []


async def test_a_server_without_tls_is_named(http_to: MakeHttp) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        http = http_to(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", deadline=5)
        with pytest.raises(ProtocolError, match="No secure connection"):
            await http.get("/contacts")
        await http.aclose()


async def test_a_secure_line_that_breaks_later_is_a_broken_line(authority: Authority, http_to: MakeHttp) -> None:
    async with serving(says(then="reset"), tls=authority.server("127.0.0.1")) as server:
        http = http_to(f"https://127.0.0.1:{server.port}", deadline=5)
        with pytest.raises(InDoubtError):
            await http.send("POST", "/contacts", json={})
        await http.aclose()


async def altered(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Something between changes the answer: a TLS record whose check value is wrong."""
    os.write(writer.get_extra_info("socket").fileno(), b"\x17\x03\x03\x00\x30" + b"x" * 48)


async def test_an_answer_that_was_altered_on_its_way_is_no_proof_that_nothing_left(
    authority: Authority, http_to: MakeHttp
) -> None:
    async with serving(altered, altered, altered, tls=authority.server("127.0.0.1")) as server:
        http = http_to(f"https://127.0.0.1:{server.port}", deadline=5)
        with pytest.raises(InDoubtError):
            await http.send("POST", "/events", json={})
        with pytest.raises(ServerFaultError):
            await http.get("/contacts", patience=Patience(attempts=2, first_wait=0.01))
        await http.aclose()
    assert len(server.requests) == 3, "all of it had left, and only the read was repeated"


async def test_no_key_log_is_written(
    authority: Authority, http_to: MakeHttp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    async with serving(answer(), tls=authority.server("127.0.0.1")) as server:
        http = http_to(f"https://127.0.0.1:{server.port}", deadline=5)
        await http.get("/contacts")
        await http.aclose()
    assert not log.exists()


def tunnel_to(port: int) -> Script:
    """A proxy that lets CONNECT through, to our server whatever name was asked for."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, outer), pump(inner, writer))

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while part := await source.read(65536):
            seen.append(part)
            target.write(part)
            await target.drain()
        target.close()

    seen: list[bytes] = []
    script.seen = seen
    return script


async def test_a_proxy_carries_the_secure_line_and_sees_no_token(
    authority: Authority, http_to: MakeHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "crmdesk-test.invalid"
    async with serving(answer(body=b"[]"), tls=authority.server(name)) as server:
        script = tunnel_to(server.port)
        async with serving(script) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.base)
            http = http_to(f"https://{name}", deadline=5)
            assert (await http.get("/contacts")).body == b"[]"
            await http.aclose()
    assert TOKEN.encode() in server.received
    assert proxy.received.startswith(f"CONNECT {name}:443 ".encode())
    assert TOKEN.encode() not in proxy.received + b"".join(script.seen)
