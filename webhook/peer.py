"""Who is at the other end of a request: this machine itself, or whom a proxy on it names."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import current_app, request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PROXIES = "proxies"
"""the extension of the application that has the networks of ``[web] proxies``"""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAMES_OF_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})
_MARKS_OF_A_PROXY = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def is_from_here() -> bool:
    """Whether the request comes from this machine, by a name of this machine, and from nobody else.

    The name matters: a page of somebody else's, open in a browser here, could else be made to
    fetch ours under its own name (DNS rebinding). So do the marks of a reverse proxy on this
    machine, which passes on what came from outside; nginx, unless told otherwise, leaves no
    mark but that it speaks HTTP/1.0, which no browser does.
    """
    try:
        near = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    host = request.host
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return (
        near
        and name in _NAMES_OF_THIS_MACHINE
        and request.environ.get("SERVER_PROTOCOL") not in ("HTTP/1", "HTTP/1.0")
        and not any(mark in request.headers for mark in _MARKS_OF_A_PROXY)
    )


def address() -> str:
    """From where the request comes."""
    return address_in(request.environ, current_app.extensions.get(PROXIES, ()))


def address_in(environ: WSGIEnvironment, proxies: Sequence[Network]) -> str:
    """From where a request comes: whom a proxy names that is believed, else the peer.

    A proxy names last whom it has seen itself, who may be another proxy. Believed are those on this
    machine and `proxies`, those of ``[web] proxies``.
    """
    peer = environ.get("REMOTE_ADDR", "")
    found = _parsed(peer)
    names = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while found is not None and names and _is_proxy(found, proxies):
        named = _parsed(names.pop())
        if named is None:
            break
        found = named
    return str(found or peer[:45])


def place_of(address: str) -> str:
    """By what places are told apart: an address; of IPv6 the network that one connection has."""
    found = _parsed(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address


def is_this_machine(address: str) -> bool:
    """Whether it is the address of this machine itself."""
    found = _parsed(address)
    return found is not None and found.is_loopback


def _is_proxy(one: Address, proxies: Sequence[Network]) -> bool:
    return one.is_loopback or any(one in network for network in proxies)


def _parsed(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
