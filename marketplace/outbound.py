"""Speak to other servers: the only place that does, and only to those it may reach."""

import io
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str], Sequence[Address]]

CONNECT_TIMEOUT_S = 5.0
MOST_RESPONSE_BYTES = 64 * 1024
MOST_URL_CHARS = 2000
USUAL_PORTS = frozenset({443, 8443})

# `is_global` of Python 3.11 takes multicast, 6to4, NAT64 and more for public, so here is a list.
_NOT_PUBLIC = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a provider
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "168.63.129.16/32",  # a cloud's service for its machines
        "2001::/23",  # protocol assignments, Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
]
_UNICAST_V6 = ipaddress.ip_network("2000::/3")
# Stricter than any client, so that no two parsers can read a URL differently.
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:\[(?P<v6>[0-9a-f]*:[0-9a-f:.]*)\]|(?P<name>[0-9a-z_-]{1,63}(?:\.[0-9a-z_-]{1,63})*\.?))"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>[/?](?:(?![#\\])[!-~])*)?",
    re.IGNORECASE | re.ASCII,
)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


class Refused(Exception):
    """The address guard does not let this request out."""


class Unreachable(Exception):
    """The network or the other server failed before a whole response came."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other server said."""

    status: int
    body: bytes
    retry_after: str | None


@dataclass(frozen=True, slots=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_usual(self) -> bool:
        return self.scheme == "https" and self.port in USUAL_PORTS


def resolve(host: str) -> list[Address]:
    """Every address of a name. Raises Unreachable if it has none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("the name of the host does not resolve") from None
    return [ipaddress.ip_address(address[0]) for *_, address in found]


def check_url(url: str) -> None:
    """Raises Refused if a request to the URL would be, whatever its name resolves to."""
    target = _parse(url)
    literal = _literal(target.host)
    if literal is None and re.fullmatch(r"(.*\.)?localhost\.?", target.host):
        literal = ipaddress.IPv4Address("127.0.0.1")
    if literal is not None:
        _admit(target, [literal])
    elif not target.is_usual and not settings.WEBHOOK_ALLOW:
        raise Refused("only https on port 443 or 8443 is allowed")


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    resolver: Resolver = resolve,
    tls: ssl.SSLContext | None = None,
) -> Reply:
    """Send the body once, follow no redirect. Raises Refused, Unreachable.

    The name is resolved once, and the connection goes to an address that was checked.
    """
    until = time.monotonic() + settings.WEBHOOK_TIMEOUT_S
    target = _parse(url)
    literal = _literal(target.host)
    addresses = resolver(target.host) if literal is None else [literal]
    _admit(target, addresses)
    connection = _connection(target, addresses, until, tls)
    try:
        connection.connect()
        connection.request("POST", target.path, body=body, headers=headers)
        return _read(connection.sock, until)
    except TimeoutError:
        raise Unreachable(f"no whole response within {settings.WEBHOOK_TIMEOUT_S} s") from None
    except (OSError, HTTPError, HTTPException) as error:
        raise Unreachable(_brief(error)) from error
    finally:
        connection.close()


def is_public(address: Address) -> bool:
    """True for an address that anybody on the internet may be behind."""
    if address.version == 6 and address not in _UNICAST_V6:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def _parse(url: str) -> _Target:
    match = _URL.fullmatch(url)
    if match is None or len(url) > MOST_URL_CHARS:
        raise Refused("not a plain http or https URL without user name and fragment")
    scheme = match["scheme"].lower()
    port = int(match["port"] or (443 if scheme == "https" else 80))
    if not 0 < port < 65536:
        raise Refused("there is no such port")
    path = match["path"] or "/"
    host = (match["v6"] or match["name"]).lower()
    return _Target(scheme, host, port, path if path.startswith("/") else f"/{path}")


def _literal(host: str) -> Address | None:
    """The address that a host is by itself; None for a name. Raises Refused for a disguise."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host)
        except ValueError:
            raise Refused("not an IPv6 address") from None
    host = host.removesuffix(".")
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    try:
        # Octal, hexadecimal and short forms, which a resolver understands, are refused by this.
        return ipaddress.IPv4Address(host)
    except ValueError:
        raise Refused("an IPv4 address is written as four decimal numbers") from None


def _admit(target: _Target, addresses: Sequence[Address]) -> None:
    """Every address must do, for the next answer of a name server may be any of them."""
    if not addresses:
        raise Unreachable("the name of the host does not resolve")
    for address in addresses:
        if any(address in network for network in settings.WEBHOOK_ALLOW):
            continue
        if not is_public(address):
            raise Refused("the address is not public")
        if not target.is_usual:
            raise Refused("only https on port 443 or 8443 is allowed")


class _Plain(HTTPConnection):
    addresses: Sequence[Address]
    until: float

    def _new_conn(self) -> socket.socket:
        return _connect(self.addresses, self.port, self.until)


class _Secure(HTTPSConnection):
    addresses: Sequence[Address]
    until: float

    def _new_conn(self) -> socket.socket:
        return _connect(self.addresses, self.port, self.until)


def _connection(
    target: _Target, addresses: Sequence[Address], until: float, tls: ssl.SSLContext | None
) -> _Plain | _Secure:
    connection: _Plain | _Secure
    timeout = _left(until)
    if target.scheme == "https":
        tls = tls or _default_tls()
        connection = _Secure(target.host, target.port, timeout=timeout, ssl_context=tls)
    else:
        connection = _Plain(target.host, target.port, timeout=timeout)
    connection.addresses, connection.until = addresses, until
    return connection


@lru_cache(maxsize=1)
def _default_tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connect(addresses: Sequence[Address], port: int, until: float) -> socket.socket:
    """A connection to the first of the addresses that takes one."""
    failure: OSError = TimeoutError()
    for address in addresses:
        try:
            timeout = min(CONNECT_TIMEOUT_S, _left(until))
            sock = socket.create_connection((str(address), port), timeout)
            sock.settimeout(_left(until))
        except OSError as error:
            failure = error
        else:
            return sock
    raise failure


def _read(sock: socket.socket, until: float) -> Reply:
    response = HTTPResponse(sock, method="POST")
    response.fp = io.BufferedReader(_InTime(response.fp.detach(), sock, until))
    try:
        response.begin()
        body = response.read(MOST_RESPONSE_BYTES)
        return Reply(response.status, body, response.headers.get("Retry-After"))
    finally:
        response.close()


class _InTime(io.RawIOBase):
    """Reads until a deadline, for a timeout of the socket begins anew with every byte."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until: float) -> None:
        self._raw, self._sock, self._until = raw, sock, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        self._sock.settimeout(_left(self._until))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _left(until: float) -> float:
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _brief(error: Exception) -> str:
    """What happened, without the addresses and ports of this network."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not good: {error.verify_message}"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    return f"the connection failed ({type(error).__name__})"
