"""JSON objects whose values stay the bytes that they are.

An LRS returns a statement as it was sent, and a number such as ``1.50e+1`` or an extension of
any form does not survive being decoded and encoded again. So where a few properties of an
object have to change, only its frame is made anew and all other values are passed through:

>>> changed(b'{"a": 1.50e+1, "b": [ ]}', {"b": lambda value: b"2"})
b'{"a":1.50e+1,"b":2}'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

Change: TypeAlias = Callable[[bytes], bytes]
"""what becomes of the value of a property, as JSON"""

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ENCODER: Final = msgspec.json.Encoder()


def members(raw: bytes) -> dict[str, msgspec.Raw]:
    """The properties of the object `raw`, in order; the last one of a name that repeats."""
    return _OBJECT.decode(raw)


def elements(raw: bytes) -> list[msgspec.Raw]:
    """The elements of the array `raw`."""
    return _ARRAY.decode(raw)


def framed(values: Mapping[str, msgspec.Raw] | list[msgspec.Raw]) -> bytes:
    """The object or array of `values`.

    >>> framed(members(b'{"x" : 1.0}')), framed([])
    (b'{"x":1.0}', b'[]')
    """
    return _ENCODER.encode(values)


def text(raw: bytes) -> str:
    """The string `raw`."""
    return msgspec.json.decode(raw, type=str)


def changed(raw: bytes, changes: Mapping[str, Change]) -> bytes:
    """The object `raw`, in which the properties named in `changes` have changed, if there."""
    values = members(raw)
    for name, change in changes.items():
        if name in values:
            values[name] = msgspec.Raw(change(bytes(values[name])))
    return framed(values)


def each(change: Change) -> Change:
    """The change of an array in which `change` happens to each element.

    >>> each(lambda value: value + b"0")(b"[1, 2]")
    b'[10,20]'
    """

    def change_each(raw: bytes) -> bytes:
        return framed([msgspec.Raw(change(bytes(element))) for element in elements(raw)])

    return change_each
