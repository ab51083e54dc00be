"""A token that somebody pasted: what it is, whether it can be meant, and putting it into its file.

What a token of SIASN says of itself is not documented (registry facts, section 1), so what speaks
against one is told and can be overruled.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lms_bridge.config.remote import RegistrySettings
from lms_bridge.disk import write_whole
from lms_bridge.http.values import parsed
from lms_bridge.i18n import mark
from lms_bridge.registries import jwt

_CUT_AT = 4095
"""characters of a line that a terminal takes"""
_NOT_FOR_ACCESS = {"ID", "Refresh", "Offline"}
"""``typ`` of what Keycloak gives beside the access token"""
_INSTANSI = ("instansi_id", "instansiId", "id_instansi", "idInstansi", "instansi")


class Objection(NamedTuple):
    """What speaks against a token: a marked sentence, and what fills it."""

    says: str
    details: Mapping[str, str] = {}


def tidied(pasted: str) -> str:
    """The token in what was pasted: alone, in quotes, behind "Bearer", or in the JSON that a login
    answers with.

    >>> tidied(' "Bearer eyJh.eyJp.c2ln" ')
    'eyJh.eyJp.c2ln'
    """
    text = pasted.strip()
    answer = parsed(text) if text.startswith("{") else None
    if isinstance(answer, dict) and isinstance(answer.get("access_token"), str):
        text = answer["access_token"]
    text = "".join(text.split()).strip("\"'`,;")
    for word in ("authorization:", "auth:", "bearer"):
        if text.casefold().startswith(word):
            text = text[len(word) :]
    return text


def objections(
    token: str, settings: RegistrySettings, now: dt.datetime, *, typed: bool = False
) -> Iterator[Objection]:
    """What speaks against `token`; `typed` says that it came through a terminal."""
    if typed and len(token) >= _CUT_AT:
        yield Objection(
            mark("a terminal cuts off what is longer than %(most)s characters; give it by a file"),
            {"most": str(_CUT_AT)},
        )
    found = jwt.claims(token)
    if found is None:
        yield Objection(mark("it is no JWT: three parts in base64 with dots between them"))
        return
    until = jwt.expiry(token)
    if until is not None and until <= now:
        when = f"{until:%Y-%m-%d %H:%M}"
        yield Objection(mark("it has expired at %(until)s UTC"), {"until": when})
    if found.get("typ") in _NOT_FOR_ACCESS:
        yield Objection(
            mark("it is the %(kind)s token of the login, and not the access token"),
            {"kind": str(found["typ"])},
        )
    yield from _of_another(found, settings.expected_of_token())


def _of_another(claims: Mapping[str, Any], expected: Mapping[str, str]) -> Iterator[Objection]:
    said = {
        "client": claims.get("azp", claims.get("client_id")),
        "issuer": claims.get("iss"),
        "instansi": next((claims[name] for name in _INSTANSI if claims.get(name)), None),
    }
    for name, wanted in expected.items():
        theirs = said.get(name)
        if isinstance(theirs, str) and theirs.rstrip("/").casefold() != wanted.casefold():
            yield Objection(_OF_ANOTHER[name], {"theirs": theirs[:100], "wanted": wanted})


_OF_ANOTHER = {
    "client": mark("it was issued for the client %(theirs)s, and %(wanted)s is configured"),
    "issuer": mark("it was issued by %(theirs)s, and %(wanted)s is configured"),
    "instansi": mark("it is for the instansi %(theirs)s, and %(wanted)s is configured"),
}


def write(path: Path, token: str) -> None:
    """Put `token` into the file, whole or not at all; only its owner can read it.

    Whoever owned the file before still does; of a new one, whoever owns the folder: so a token
    that root pastes can be read by the service. Raises :exc:`OSError`.
    """
    path = path.resolve()
    before = (path if path.exists() else path.parent).stat()
    owner = (before.st_uid, before.st_gid) if os.geteuid() == 0 else None
    write_whole(path, f"{token}\n".encode(), owner=owner)
