"""Connections to the public Internet alone, for addresses that come from strangers.

Whoever hands in a document with an address in it must not have the bridge call what only it can
reach: the database of the city, the pages of a router. So each address that a name stands for is
looked at, and the one that was connected to once more, since a name may stand for another by then.
Where a proxy of the environment is used it is the proxy that connects, and that has to refuse.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError


def session() -> requests.Session:
    """A session that calls by HTTPS, and only what everybody can reach."""
    made = requests.Session()
    made.mount("https://", _Adapter())
    return made


def is_public(address: str) -> bool:
    """Whether the IP `address` is one of the public Internet.

    >>> is_public("10.0.0.7"), is_public("::ffff:127.0.0.1"), is_public("203.160.1.1")
    (False, False, True)
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    within = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (within or found).is_global and not (within or found).is_multicast


class NotPublic(NewConnectionError):
    """The address is none of the public Internet."""

    def __init__(self, connection: HTTPSConnection) -> None:
        super().__init__(connection, "it is not an address of the public Internet")


def is_not_public(error: Exception) -> bool:
    """Whether a call of :func:`session` was refused for that."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(cause, NotPublic)


class _Connection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        try:
            meant = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, "its name cannot be resolved") from error
        if not all(is_public(str(each[4][0])) for each in meant):
            raise NotPublic(self)
        connected = super()._new_conn()
        if not is_public(str(connected.getpeername()[0])):
            connected.close()
            raise NotPublic(self)
        return connected


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        by_scheme = {**self.poolmanager.pool_classes_by_scheme, "https": _Pool}
        self.poolmanager.pool_classes_by_scheme = by_scheme
