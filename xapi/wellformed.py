"""What JSON leaves open, and a statement may not be vague about.

JSON lets an object have the same name twice, and then every reader picks for itself, so
that two systems read two different statements from the same bytes. A statement uses each
property once (Data 2.2), and this package, which keeps statements byte for byte, holds it to that.

What stands inside an extension is its sender's own, and repeats names as it likes (Data 4.1).
"""

from __future__ import annotations

import json
from typing import Any

from xapi.errors import broken, member


def may_repeat_names(raw: bytes, encoded: bytes) -> bool:
    """Whether a name may stand twice in `raw`, of which `encoded` is what was understood.

    Each property has one colon, and one that was passed over takes its colon with it. Texts
    have theirs in both, save those that `raw` spells as an escape.
    """
    return raw.count(b":") != encoded.count(b":") or b"\\u003" in raw


def check_names(raw: bytes) -> None:
    """Refuse a statement in which an object has two properties of one name (Data 2.2)."""
    # A number is only passed over here, and Python limits the digits of an int.
    _check_names("$", json.loads(raw, object_pairs_hook=_object, parse_int=float))


class _Repeating(dict[str, Any]):
    """An object in which the name `repeated` stands twice."""

    repeated: str


def _object(properties: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(properties)
    if len(found) == len(properties):
        return found
    repeating = _Repeating(found)
    seen: set[str] = set()
    for name, _ in properties:
        if name in seen:
            repeating.repeated = name
            break
        seen.add(name)
    return repeating


def _check_names(path: str, value: Any) -> None:
    if isinstance(value, _Repeating):
        name = value.repeated
        rule = "stands under a name that the same object has already used"
        raise broken(member(path, name), value[name], rule, "Data 2.2")
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "extensions" and not isinstance(inner, _Repeating):
                continue
            _check_names(member(path, name), inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _check_names(f"{path}[{place}]", inner)
