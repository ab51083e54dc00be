"""Who acts: an Agent or a Group, each known by one identifier (Data 2.4.2).

>>> actor_key(Agent(account=Account(home_page="https://lms.example", name="4")))
'account:https://lms.example|4'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from xapi.errors import broken
from xapi.identifiers import canonical_mailto, is_iri, is_mailto, is_sha1, is_uri
from xapi.outline import Who
from xapi.part import ByObjectType, Part, not_an_iri


class Account(Part, frozen=True):
    """An account on a system such as an LMS (Data 2.4.2.4)."""

    home_page: str
    """the system"""
    name: str
    """the account's id or name in that system"""

    def __post_init__(self) -> None:
        if not is_iri(self.home_page):
            raise not_an_iri("$.homePage", self.home_page, "Data 2.4.2.4")


class _AnyActor(ByObjectType):
    """An Agent or a Group, to the decoder."""

    __slots__ = ()


class _Identified(Part, _AnyActor, frozen=True, kw_only=True):
    """The properties that Agents and Groups share: a name and the identifiers."""

    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    """a mailto IRI"""
    mbox_sha1sum: str | UnsetType = msgspec.field(default=UNSET, name="mbox_sha1sum")
    """the SHA-1 hash of a mailto IRI"""
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET

    def identified(self) -> bool:
        """Whether there is an identifier; refuses a second one and a wrong form (Data 2.4.2.3)."""
        given = 0 if self.account is UNSET else 1
        if self.mbox is not UNSET:
            given += 1
            if not is_mailto(self.mbox):
                raise broken("$.mbox", self.mbox, "is not a mailto IRI", "Data 2.4.2.3")
        if self.mbox_sha1sum is not UNSET:
            given += 1
            if not is_sha1(self.mbox_sha1sum):
                rule = "is not a SHA-1 hash (40 hexadecimal digits)"
                raise broken("$.mbox_sha1sum", self.mbox_sha1sum, rule, "Data 2.4.2.3")
        if self.openid is not UNSET:
            given += 1
            if not is_uri(self.openid):
                raise broken("$.openid", self.openid, "is not an absolute URI", "Data 2.4.2.3")
        if given > 1:
            rule = f"has more than one identifier ({_ANY_IDENTIFIER})"
            raise broken("$", self, rule, "Data 2.4.2.3")
        return given == 1


IDENTIFIERS: Final = frozenset({"mbox", "mbox_sha1sum", "openid", "account"})
"""the properties of which an Agent has exactly one"""

_ANY_IDENTIFIER = "mbox, mbox_sha1sum, openid or account"


class Agent(_Identified, frozen=True, kw_only=True):
    """A person or a system, known by exactly one identifier (Data 2.4.2.1)."""

    object_type: Literal["Agent"] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not self.identified():
            raise broken("$", self, f"has no identifier ({_ANY_IDENTIFIER})", "Data 2.4.2.1")


class Group(_Identified, frozen=True, kw_only=True):
    """Several Agents, identified as one or told by their members (Data 2.4.2.2)."""

    object_type: Literal["Group"]
    member: tuple[Agent, ...] | UnsetType = UNSET
    """an unordered list; an anonymous group has it"""

    def __post_init__(self) -> None:
        if not self.identified() and self.member is UNSET:
            rule = f'has neither "member" nor an identifier ({_ANY_IDENTIFIER})'
            raise broken("$", self, rule, "Data 2.4.2.2")

    @property
    def is_anonymous(self) -> bool:
        """Whether the group has no identifier, and so is no other statement's group."""
        return actor_key(self) is None


if TYPE_CHECKING:
    Actor: TypeAlias = Agent | Group
else:
    Actor = _AnyActor
"""whoever acts: an Agent, or a Group that says that it is one (Data 2.4.2)"""


def actor_key(actor: Actor | Who) -> str | None:
    """The identity of `actor` as one text, or None for an anonymous group, which has none.

    Actors whose keys are equal are one and the same, whatever their names: an identifier
    refers to one Agent or Group only (Data 2.4.2.3). What has no case (the domain of an
    address, the digits of a hash) is in lower case; an account's key is unambiguous because
    no IRI contains ``|``.
    """
    if actor.account:
        return f"account:{actor.account.home_page}|{actor.account.name}"
    if actor.mbox:
        return f"mbox:{canonical_mailto(actor.mbox)}"
    if actor.mbox_sha1sum:
        return f"mbox_sha1sum:{actor.mbox_sha1sum.lower()}"
    if actor.openid:
        return f"openid:{actor.openid}"
    return None
