"""From the decoder's error to one that a sender understands.

:mod:`msgspec` says that something is wrong with a type or a name, and where; here it is put
in the words of the standard, with the value and the clause. Nothing in this file runs for a
statement that is valid.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from xapi.errors import InvalidStatement, RequestTooLarge, broken, member, shown

_KINDS: Final = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "array": "an array",
    "object": "an object",
    "object | array": "an object or an array",
    "array | object": "an object or an array",
}

_CLAUSES: Final = {
    "actor": "Data 2.4.2",
    "member": "Data 2.4.2.2",
    "mbox": "Data 2.4.2.3",
    "mbox_sha1sum": "Data 2.4.2.3",
    "openid": "Data 2.4.2.3",
    "account": "Data 2.4.2.4",
    "verb": "Data 2.4.3",
    "object": "Data 2.4.4",
    "definition": "Data 2.4.4.1",
    "result": "Data 2.4.5",
    "score": "Data 2.4.5.1",
    "duration": "Data 4.6",
    "context": "Data 2.4.6",
    "contextActivities": "Data 2.4.6.2",
    "agent": "Data 2.4.2.1",
    "group": "Data 2.4.2.2",
    "timestamp": "Data 2.4.7",
    "stored": "Data 2.4.8",
    "authority": "Data 2.4.9",
    "version": "Data 2.4.10",
    "attachments": "Data 2.4.11",
    "extensions": "Data 4.1",
}
"""where the standard describes a property; what is not listed belongs to what contains it"""

_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<found>[^`]+)`")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_STEP = re.compile(r"\.(?P<name>\w+)|\[(?P<place>[0-9]+)\]|\[(?P<some>\.\.\.)\]")


def explained(
    error: msgspec.ValidationError, value: Any, clause: str = "Data 2.4"
) -> InvalidStatement:
    """What `error` means, which decoding or converting `value` raised; the path begins at it.

    `clause` describes `value` as a whole, by default a statement.
    """
    cause = error.__cause__
    if isinstance(cause, InvalidStatement):
        # A part refused itself; the decoder has added how it came to the part.
        return cause.inside(_split(str(error)[len(str(cause)) :])[1])
    message, steps = _split(str(error))
    path, found = _follow(steps, value)
    clause = _clause(path, clause)
    if match := _EXPECTED.search(message):
        wanted = _KINDS.get(match["wanted"], match["wanted"])
        return not_a(wanted, path, None if match["found"] == "null" else found, clause)
    if match := _MISSING.search(message):
        return broken(path, found, f'lacks the property "{match["name"]}"', clause)
    if match := _UNKNOWN.search(message):
        return _unknown(path, found, match["name"])
    if message.startswith("Invalid enum value"):
        return broken(path, found, _choice(path), clause)
    if "out of range" in message:
        return broken(path, found, "holds a number too large to be read", clause)
    return broken(path, found, f"is not valid: {message}", clause)


def not_a(wanted: str, path: str, value: Any, clause: str) -> InvalidStatement:
    """The error about a value of the wrong kind, of which null is the most common."""
    if value is None:
        return broken(path, None, "is not allowed outside extensions", "Data 2.2")
    return broken(path, value, f"is not {wanted}", clause)


def unreadable(error: Exception, raw: bytes) -> InvalidStatement:
    """The error about bytes that are not JSON, not UTF-8, or nested beyond any reader."""
    if isinstance(error, RecursionError):
        rule = "nests deeper than this LRS can follow"
        return RequestTooLarge(None, "$", raw, rule, "Communication 3.2")
    if isinstance(error, UnicodeDecodeError):
        return broken("$", raw, f"is not UTF-8: {error.reason}", "Communication 1.4")
    reason = str(error).removeprefix("JSON is malformed: ")
    if _has_broken_pairs_only(raw):
        reason = "a text contains half of a surrogate pair"
    return broken("$", raw, f"is not JSON: {reason}", "Communication 1.5.1")


def _has_broken_pairs_only(raw: bytes) -> bool:
    """Whether Python's own reader, which lets half a surrogate pair pass, can read it."""
    try:
        json.loads(raw.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _split(text: str) -> tuple[str, str]:
    """The message, and the path that the decoder puts after it."""
    message, at, path = text.rpartition(" - at `$")
    if not at or not path.endswith("`"):
        return text, "$"
    return message, "$" + path[:-1]


def _follow(steps: str, value: Any) -> tuple[str, Any]:
    """Walk from `value` to where `steps` lead: the path in full, and what stands there."""
    path = "$"
    for step in _STEP.finditer(steps):
        try:
            if step["place"]:
                key: Any = int(step["place"])
            elif step["some"]:
                # The decoder does not say which; of a language map it is the one with no text.
                key = next(name for name in value if not isinstance(value[name], str))
            else:
                key = step["name"]
            value = value[key]
        except (LookupError, TypeError, StopIteration):
            return steps, value
        path = f"{path}[{key}]" if isinstance(key, int) else member(path, key)
    return path, value


def _unknown(path: str, parent: Any, name: str) -> InvalidStatement:
    value = parent.get(name) if isinstance(parent, dict) else None
    place = member(path, name)
    in_substatement = isinstance(parent, dict) and parent.get("objectType") == "SubStatement"
    if in_substatement and name in ("id", "stored", "version", "authority"):
        return broken(place, value, "must not stand in a SubStatement", "Data 2.4.4.3")
    rule = f"is not allowed here: no property is called {shown(name)} (names are case-sensitive)"
    return broken(place, value, rule, "Data 2.2")


def _choice(path: str) -> str:
    if path.endswith(".interactionType"):
        return "is not an interaction type (they are case-sensitive)"
    if re.search(r"\.member\[[0-9]+\]\.objectType$", path):
        return 'is not "Agent", and only Agents are members of a Group'
    if path.endswith((".team.objectType", ".group.objectType")):
        return 'is not "Group", which it must be here'
    if found := re.search(r"\.context(Agent|Group)s\[[0-9]+\]\.objectType$", path):
        return f'is not "context{found[1]}", which it must be here (it is case-sensitive)'
    return "is not the objectType of what belongs here (it is case-sensitive)"


def _clause(path: str, clause: str) -> str:
    if clause == "Data 2.4" and path == "$.id":
        return "Data 2.4.1"
    for step in _STEP.finditer(path):
        clause = _CLAUSES.get(step["name"], clause)
    return clause
