"""Who is at the other end of a request: this machine itself, or whom a proxy on it names."""

from __future__ import annotations

import ipaddress

from flask import request

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
    """From where whoever is there comes: what a proxy on this machine says, else the peer.

    Only the last address that it names, which is the one that it has seen itself.
    """
    peer = request.remote_addr or ""
    named = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        if named and ipaddress.ip_address(peer).is_loopback:
            return str(ipaddress.ip_address(named))
    except ValueError:
        pass
    return peer[:45]
