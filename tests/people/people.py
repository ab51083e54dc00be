"""Rows of the table that HR imports, without a file."""

from __future__ import annotations

from lms_bridge.people import keys
from lms_bridge.people.importing import Person


def person(
    nip: str,
    *,
    account: tuple[str, str] | None = None,
    email: str = "",
    former: tuple[str, ...] = (),
    lms: tuple[str, str] = ("", ""),
    name: str = "",
) -> Person:
    """A person with the keys by which they are named."""
    named = [keys.of_account(*account)] if account else []
    if email:
        named += [keys.of_address(email), *sorted(keys.of_hashed_addresses(email))]
    if lms[0]:
        named.append(keys.of_lms_account(*lms))
    return Person(
        nip=nip,
        name=name,
        former_nips=former,
        keys=tuple(named),
        lms=lms[0],
        lms_user_id=lms[1],
    )
