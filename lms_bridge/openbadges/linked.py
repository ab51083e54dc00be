"""What a credential says as RDF, which is what a Data Integrity proof signs.

A proof does not cover the letters of the JSON but the statements that JSON-LD makes of it. What the
contexts do not know makes none, and could be changed by anybody. So a document that is read is
held to be exactly what its statements say, and nothing besides (Data Integrity 1.0, section 4.6).

Contexts are never fetched: those that are known lie beside this file.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from functools import cache
from importlib import resources
from typing import Any, Final

from lms_bridge.i18n import mark
from lms_bridge.openbadges.untrue import Untrue

CREDENTIALS: Final = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
EXTENSIONS: Final = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
"""which has a name for the kind of schema that a credential says it keeps to"""
_FILES: Final = {
    CREDENTIALS: "credentials-v2.json",
    OPEN_BADGES: "openbadges-3.0.3.json",
    EXTENSIONS: "openbadges-extensions.json",
}

_MOST_ALIKE: Final = 3
_MOST_NODES: Final = 2000
_DEEPEST: Final = 30
_alone = threading.Lock()
"""the library keeps what it has resolved in places that are not for several threads"""


def canonical(document: dict[str, Any]) -> bytes:
    """The statements of `document` in their one canonical form (RDFC-1.0). Raises :exc:`Untrue`."""
    from pyld import jsonld  # large, and only who signs or verifies needs it

    how = {**_options(), "algorithm": "URDNA2015", "format": "application/n-quads"}
    try:
        with _alone:
            quads: str = jsonld.normalize(document, how)
    except (jsonld.JsonLdError, RecursionError) as error:
        raise _unreadable(error) from error
    return quads.encode()


def check(document: dict[str, Any]) -> None:
    """Raise :exc:`Untrue` unless `document` is exactly what its statements say.

    It comes from a stranger: what would take its reader hours is refused first.
    """
    from pyld import jsonld

    _check_shape(document)
    try:
        with _alone:
            expanded = jsonld.expand(document, _options())
            again = jsonld.compact(expanded, document["@context"], _options())
    except (jsonld.JsonLdError, RecursionError) as error:
        raise _unreadable(error) from error
    if _plain(again) != _plain(document):
        raise Untrue(mark("it has words in it that the proof does not cover"))


def _check_shape(document: dict[str, Any]) -> None:
    named = document.get("@context")
    if not isinstance(named, list) or not named or not all(isinstance(one, str) for one in named):
        raise Untrue(mark("it does not name its contexts"))
    if unknown := [one for one in named if one not in _FILES]:
        raise Untrue(
            mark("it needs the context %(context)s, which is not known here"),
            context=unknown[0][:200],
        )
    # Nodes without a name that look alike have to be told apart by trying, which takes n! steps.
    alike: Counter[str] = Counter()
    count = 0
    waiting: list[tuple[Any, int]] = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST:
            raise Untrue(mark("it is nested too deeply"))
        if isinstance(value, list):
            waiting += ((one, depth + 1) for one in value)
        elif isinstance(value, dict):
            count += 1
            if any(name.startswith("@") for name in value if value is not document):
                raise Untrue(mark("it has keywords of JSON-LD in it"))
            waiting += ((one, depth + 1) for one in value.values())
            if "id" not in value:
                alike[json.dumps(value, sort_keys=True)] += 1
            elif not isinstance(value["id"], str) or value["id"].startswith("_:"):
                raise Untrue(mark("it has an id that is none"))
    if count > _MOST_NODES or any(number > _MOST_ALIKE for number in alike.values()):
        raise Untrue(mark("it says the same too often"))


def _plain(value: Any) -> Any:
    """`value` without the freedom that JSON-LD leaves: one thing, or a list with one in it."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else [_plain(one) for one in value]
    return value


def _unreadable(error: BaseException) -> Untrue:
    why = str(error).splitlines()[0][:200]
    return Untrue(mark("it is no JSON-LD that can be read: %(why)s"), why=why)


def _options() -> dict[str, Any]:
    return {"documentLoader": _load, "base": "", "processingMode": "json-ld-1.1"}


def _load(url: str, _: object = None) -> dict[str, Any]:
    from pyld import jsonld

    if url not in _FILES:
        raise jsonld.JsonLdError(f"{url} is not known here", "jsonld.LoadDocumentError")
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": _context(url),
    }


@cache
def _context(url: str) -> Any:
    file = resources.files(__package__).joinpath("contexts", _FILES[url])
    return json.loads(file.read_text(encoding="utf-8"))
