"""Asking the LMS who an account is, many at once, and telling the doubtful cases apart.

Two accounts that carry one NIP, a suspended account, an account without a NIP and an
empty answer that is really a missing permission each have their own reason. None of them
is guessed around; what HR links by hand (:mod:`lms_bridge.people.importing`) settles them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from lms_bridge.lms.base import Lms, LmsUser, UserField
from lms_bridge.people import nip as nips
from lms_bridge.people.identities import Ask
from lms_bridge.reasons import Reason


class Found(msgspec.Struct, frozen=True):
    """The account exists, is active, and its NIP is nobody else's."""

    nip: str
    user: LmsUser


def look_up(lms: Lms, asks: Sequence[Ask]) -> dict[str, Found | Reason]:
    """For each key of `asks`, whose account it is or why that cannot be said.

    Raises :exc:`~lms_bridge.errors.DeliveryError` when the LMS cannot be asked.
    """
    answers: dict[str, Found | Reason] = {}
    blind: bool | None = False
    fields: set[UserField] = {ask.field for ask in asks}
    for field in sorted(fields):
        wanted = [ask for ask in asks if ask.field == field]
        users = lms.find_users(field, sorted({ask.value for ask in wanted}))
        for ask in wanted:
            accounts = [user for user in users if _value(user, field) == ask.value.casefold()]
            answers[ask.key] = _judged(lms.name, ask, accounts)
        if len(users) == 0:
            blind = lms.sees_users() is False
        if blind:
            for ask in wanted:
                answers[ask.key] = Reason("lookup_blind", lms=lms.name, actor=ask.value)
    shared = _shared(lms, (answer for answer in answers.values() if isinstance(answer, Found)))
    for key, answer in answers.items():
        if isinstance(answer, Found) and answer.nip in shared:
            accounts = shared[answer.nip]
            answers[key] = Reason(
                "shared_nip",
                lms=lms.name,
                actor=answer.user.full_name,
                count=len(accounts),
                accounts=", ".join(f"{user.full_name} ({user.username})" for user in accounts),
            )
    return answers


def _judged(lms: str, ask: Ask, accounts: list[LmsUser]) -> Found | Reason:
    if not accounts:
        return Reason("account_missing", lms=lms, actor=ask.value)
    active = [user for user in accounts if not user.suspended]
    if not active:
        return Reason("suspended_account", lms=lms, actor=_label(accounts[0]))
    if len(active) > 1:  # an e-mail address that several accounts have
        return Reason(
            "accounts_ambiguous",
            lms=lms,
            actor=ask.value,
            count=len(active),
            accounts=", ".join(user.username for user in active),
        )
    user = active[0]
    for text in (user.number, user.username):
        if nip := nips.normalise(text):
            return Found(nip, user)
    if user.number.strip():
        return Reason("invalid_nip", actor=_label(user), value=user.number)
    return Reason("account_without_nip", lms=lms, actor=_label(user))


def _shared(lms: Lms, found: Iterable[Found]) -> dict[str, list[LmsUser]]:
    """By NIP, the active accounts that carry it, where that is more than one."""
    carriers: dict[str, dict[str, LmsUser]] = {}
    numbers: set[str] = set()
    for one in found:
        carriers.setdefault(one.nip, {})[one.user.id] = one.user
        # The LMS compares letter by letter: ask for the NIP as it is typed there, and as digits.
        numbers |= {one.nip, one.user.number} - {""}
    for user in lms.find_users("number", sorted(numbers)) if numbers else ():
        nip = nips.normalise(user.number)
        if nip in carriers and not user.suspended:
            carriers[nip][user.id] = user
    return {nip: list(users.values()) for nip, users in carriers.items() if len(users) > 1}


def _value(user: LmsUser, field: UserField) -> str:
    value = {"id": user.id, "username": user.username, "number": user.number, "email": user.email}
    return value[field].casefold()


def _label(user: LmsUser) -> str:
    return f"{user.full_name} ({user.username})"
