"""What all parts of a statement share: how they are decoded, and the two kinds of map.

A part is a frozen :class:`msgspec.Struct`. Its fields are the properties that the standard
lists for it (:attr:`Definition.more_info` is ``moreInfo``), their types the types that the
standard gives, and whatever types cannot say stands in its ``__post_init__``. Decoding is
therefore validating: a part that exists follows the rules.

A property that is absent is :data:`msgspec.UNSET`, which is false, so that
``if statement.result and statement.result.score:`` reads on. ``null`` is refused everywhere
but inside extensions, as Data 2.2 has it.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

import msgspec

from xapi.errors import InvalidStatement, RequestTooLarge, broken, member, shown
from xapi.identifiers import is_iri, is_language_tag

LanguageMap: TypeAlias = dict[str, str]
"""texts by their language tag (Data 4.2)"""

Extensions: TypeAlias = dict[str, Any]
"""whatever else a sender knows, by IRI; the values are anything JSON can say (Data 4.1)"""


DEEPEST: Final = 100
"""how many arrays and objects may stand within each other in an extension or in a document that
is merged; each is a level"""


class Part(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename="camel",
    repr_omit_defaults=True,
    # A decoded part cannot be in a cycle, and the collector need not look at each of them.
    gc=False,
):
    """The base of everything that a statement is made of."""


class ByObjectType:
    """What an ``objectType`` may say that it is: a type that only the decoder uses.

    :data:`xapi.Actor` and :data:`xapi.StatementObject` are unions to whoever reads a statement,
    and to the decoder subclasses of this one, for which it asks :mod:`xapi.reading` to choose:
    the standard lets the ``objectType`` be left out, which no tagged union can.
    """

    __slots__ = ()


def check_language_map(path: str, texts: LanguageMap) -> None:
    """Refuse a language map with a key that is no language tag (Data 2.2 and 4.2)."""
    for tag in texts:
        if not is_language_tag(tag):
            rule = f"stands under {shown(tag)}, which is no RFC 5646 language tag"
            raise broken(member(path, tag), texts[tag], rule, "Data 4.2")


def check_extensions(path: str, extensions: Extensions) -> None:
    """Refuse extensions with a key that is no IRI; the values are free (Data 4.1).

    Free, but for the depth to which they nest: JSON sets no limit, every reader has one, and
    a statement that was once accepted must be readable everywhere and forever.
    """
    for key, value in extensions.items():
        if not is_iri(key):
            rule = f"stands under {shown(key)}, which is no absolute IRI"
            raise broken(member(path, key), value, rule, "Data 4.1")
        if type(value) in _CONTAINERS and nests_deeper(value, DEEPEST):
            raise RequestTooLarge(None, member(path, key), value, TOO_DEEP, "Communication 3.2")


TOO_DEEP: Final = f"nests deeper than the {DEEPEST} levels that this LRS follows"
_CONTAINERS: Final = (dict, list)


def nests_deeper(value: Any, levels: int) -> bool:
    """Whether more than `levels` arrays and objects stand within each other in `value`, one."""
    if levels == 0:
        return True
    for inner in value.values() if type(value) is dict else value:
        if type(inner) in _CONTAINERS and nests_deeper(inner, levels - 1):
            return True
    return False


def not_an_iri(path: str, value: str, clause: str) -> InvalidStatement:
    """The error about a text that should be an IRI, with what is most likely wrong with it."""
    if not _SCHEME.match(value):
        rule = 'is not an absolute IRI: it has no scheme such as "https:"'
    elif unfit := _UNFIT.search(value):
        rule = f'is not an IRI: {shown(unfit[0])} may only stand in one escaped, e.g. as "%20"'
    else:
        rule = "is not an IRI as RFC 3987 writes it"
    return broken(path, value, rule, clause)


_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_UNFIT: Final = re.compile(r'[\x00-\x20<>"{}|\\^`]')


def not_a_uuid(path: str, value: str, clause: str) -> InvalidStatement:
    """The error about a text that should be a UUID."""
    rule = "is not a UUID in its standard form (8-4-4-4-12 hexadecimal digits)"
    return broken(path, value, rule, clause)
