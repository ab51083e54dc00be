"""Where the database is, as ``[database] url`` says it.

SQLAlchemy reads all of it, but not PostgreSQL's own way to name several hosts of which one leads:

>>> address_of("postgresql://bridge@db1.example:5432,db2.example/bridge").query["host"]
'db1.example,db2.example'
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_SEVERAL = re.compile(r"(postgresql[^:/]*://(?:[^/?#]*@)?)([^/?#@]*,[^/?#@]*)(.*)", re.DOTALL)
_HOST = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?::(\d*))?")


def address_of(text: str) -> URL:
    """The address that `text` says. Raises :exc:`ValueError`, which repeats nothing of it."""
    several = _SEVERAL.fullmatch(text)
    try:
        if several is None:
            return make_url(text)
        before, named, after = several.groups()
        hosts, ports = zip(*map(_host_and_port, named.split(",")), strict=True)
        query = {"host": ",".join(hosts)} | ({"port": ",".join(ports)} if any(ports) else {})
        return make_url(before + after).update_query_dict(query)
    except (ArgumentError, ValueError):
        raise ValueError("expected sqlite:///FILE or postgresql://…") from None


def _host_and_port(text: str) -> tuple[str, str]:
    found = _HOST.fullmatch(text)
    if found is None:
        raise ValueError
    return unquote(found[1] or found[2] or ""), found[3] or ""


def names_several_hosts(url: URL) -> bool:
    """Whether the database is at whichever of several hosts leads."""
    hosts = url.query.get("host") or url.host or ""
    return not isinstance(hosts, str) or "," in hosts
