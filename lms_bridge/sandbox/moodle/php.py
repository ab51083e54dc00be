"""PHP's ways with requests and answers, which Moodle shares: brackets, cuts, escapes, XML."""

from __future__ import annotations

import json
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import msgspec
from werkzeug.wrappers import Request

from lms_bridge import typed
from lms_bridge.sandbox.moodle import errors

Params = TypeVar("Params")

FORM = "application/x-www-form-urlencoded"


def fields(request: Request, max_input_vars: int) -> dict[str, Any]:
    """The parameters of a request as PHP sees them, those of the form over those of the address.

    A body that is no form, JSON above all, gives none. Of more than `max_input_vars`
    variables the rest is dropped without a word (Moodle facts, section 2).
    """
    query = request.query_string.decode("latin-1")
    body = ""
    if request.mimetype == FORM:
        body = request.get_data(cache=False).decode("utf-8", "replace")
    found: dict[str, Any] = {}
    for text in (query, body):
        for name, value in parse_qsl(text, keep_blank_values=True)[:max_input_vars]:
            _put(found, name, value)
    return found


def _put(into: dict[str, Any], name: str, value: str) -> None:
    """Put ``a[b][c]=value`` into nested dictionaries; ``a[]`` takes the next free number."""
    head, *brackets = name.split("[")
    path = [head, *(bracket.rstrip("]") for bracket in brackets)]
    for key in path[:-1]:
        step = into.setdefault(key or str(len(into)), {})
        if not isinstance(step, dict):
            return  # PHP lets a plain value stand where an array follows
        into = step
    into[path[-1] or str(len(into))] = value


def as_arrays(value: Any) -> Any:
    """Nested dictionaries whose keys are numbers only, as lists."""
    if not isinstance(value, dict):
        return value
    inner = {key: as_arrays(item) for key, item in value.items()}
    if inner and all(key.isdigit() for key in inner):
        return list(inner.values())
    return inner


def convert(raw: dict[str, Any], kind: type[Params]) -> Params:
    """`raw` as the parameters of a function: none missing, none unknown, each of its type."""
    try:
        return typed.convert({k: as_arrays(v) for k, v in raw.items()}, kind, strict=False)
    except msgspec.ValidationError as error:
        raise errors.invalid_parameter(str(error)) from None


def to_json(value: Any) -> str:
    """JSON as ``json_encode`` writes it: slashes and all beyond ASCII are escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def error_to_xml(error: errors.MoodleError) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n'
        f'<EXCEPTION class="{escape(error.exception)}">\n'
        f"<ERRORCODE>{escape(error.errorcode)}</ERRORCODE>\n"
        f"<MESSAGE>{escape(error.message)}</MESSAGE>\n"
        "</EXCEPTION>"
    )


def to_xml(value: Any) -> str:
    """What a client gets that forgot to ask for JSON."""
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n<RESPONSE>\n{_xml(value)}</RESPONSE>\n'


def _xml(value: Any) -> str:
    match value:
        case dict():
            keys = "".join(f'<KEY name="{escape(k)}">{_xml(v)}</KEY>\n' for k, v in value.items())
            return f"<SINGLE>\n{keys}</SINGLE>\n"
        case list():
            return f"<MULTIPLE>\n{''.join(_xml(item) for item in value)}</MULTIPLE>\n"
        case None:
            return '<VALUE null="null"/>'
        case bool():
            return f"<VALUE>{int(value)}</VALUE>"
        case _:
            return f"<VALUE>{escape(str(value))}</VALUE>\n"
