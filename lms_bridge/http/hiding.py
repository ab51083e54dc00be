"""Making unseen what must not be seen, wherever in a call it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

from lms_bridge.config.secrets import SecretMissing, secrets_in

INSTEAD = "***"
_SHORTEST = 4
"""characters of a secret that is made unseen wherever it stands; a shorter one is no secret"""
_NIP = 18

Value = TypeVar("Value")


def without(value: Value, hidden: Sequence[str]) -> Value:
    """`value`, a text, bytes, or a structure of texts, with :data:`INSTEAD` for what is `hidden`.

    >>> without({"url": "https://simpeg.example/api/k3y/pegawai"}, ["k3y"])
    {'url': 'https://simpeg.example/api/***/pegawai'}
    """
    found: Any = _without(value, hidden) if hidden else value
    return found  # type: ignore[no-any-return]


def secrets_of(settings: Any) -> list[str]:
    """The secrets that `settings` name, as they may stand in a request; NIPs are masked elsewhere.

    Whatever holds another comes first.
    """
    return sorted(set(_values(settings)), key=len, reverse=True)


def _values(settings: Any) -> Iterator[str]:
    for _, secret in secrets_in(settings):
        try:
            value = secret.read()
        except (SecretMissing, UnicodeError):
            continue
        if len(value) >= _SHORTEST and not (len(value) == _NIP and value.isdecimal()):
            yield from forms(value)


def forms(secret: str) -> tuple[str, ...]:
    """`secret` as it may stand in a request: as it is, and as an address or a form has it."""
    return secret, quote(secret, safe=""), quote_plus(secret)


def _without(value: Any, hidden: Sequence[str]) -> Any:
    match value:
        case str():
            for one in hidden:
                value = value.replace(one, INSTEAD)
            return value
        case bytes():
            for one in hidden:
                value = value.replace(one.encode(), INSTEAD.encode())
            return value
        case Mapping():
            return {name: _without(item, hidden) for name, item in value.items()}
        case list() | tuple():
            return [_without(item, hidden) for item in value]
        case _:
            return value
