"""Asking the LMS who an account is, many at once, and telling the doubtful cases apart.

Two accounts that carry one NIP, a suspended account, an account without a NIP and an
empty answer that is really a missing permission each have their own reason. None of them
is guessed around; what HR links by hand (:mod:`lms_bridge.people.importing`) settles them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeAlias

import msgspec
import structlog

from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import Lms, LmsUser, UserField
from lms_bridge.people import nip as nips
from lms_bridge.reasons import Reason

log = structlog.get_logger(__name__)

_ENOUGH = 2
"""accounts in a row that the LMS refuses one by one: it would refuse the rest as well"""


class Ask(msgspec.Struct, frozen=True):
    """The LMS `lms` must be asked for the account whose `field` is `value`."""

    key: str
    """by which the account is known here; see :mod:`lms_bridge.people.keys`"""
    lms: str
    field: UserField
    value: str


class Found(msgspec.Struct, frozen=True):
    """The account exists, is active, and its NIP is nobody else's."""

    user: LmsUser
    nip: str


class Unclear(msgspec.Struct, frozen=True):
    """The LMS answered, and whose account it is cannot be told from the answer."""

    reason: Reason
    user: LmsUser | None = None
    """the account, where there is exactly one"""


Answers: TypeAlias = dict[Ask, Found | Unclear]


def in_parts(
    look: Callable[[Sequence[Ask]], Answers], asks: Sequence[Ask]
) -> Iterator[tuple[Sequence[Ask], Answers | DeliveryError]]:
    """What `look` finds for `asks`, together; where that fails, for each half, and so on.

    One account that the LMS fails over so keeps no other waiting. An error of the LMS as a
    whole, or one that meets account after account, ends it.
    """
    parts, refused = [list(asks)] if asks else [], 0
    while parts:
        part = parts.pop()
        answer = _tried(look, part)
        if not isinstance(answer, DeliveryError):
            refused = 0
        elif answer.remote_wide or refused == _ENOUGH:
            part += [ask for rest in parts for ask in rest]
            parts.clear()
        elif len(part) > 1:
            half = len(part) // 2
            parts += [part[half:], part[:half]]
            continue
        else:
            refused += 1
        yield part, answer


def look_up(lms: Lms, asks: Sequence[Ask], told: Collection[LmsUser] = ()) -> Answers:
    """For each of `asks`, whose account it is or why that cannot be said.

    `told` are accounts that the LMS has told of; of those which it cannot look up by their id, that
    has to do. Raises :exc:`~lms_bridge.errors.DeliveryError` when the LMS cannot be asked.
    """
    answers: Answers = {}
    fields: set[UserField] = {ask.field for ask in asks}
    for field in sorted(fields):
        wanted = [ask for ask in asks if ask.field == field]
        if field in lms.abilities.finds_users_by:
            accounts = _accounts(lms, field, {ask.value for ask in wanted})
        elif field == "id" and told:
            accounts = _gathered((user.id.casefold(), user) for user in told)
        else:
            for ask in wanted:
                reason = Reason("lookup_impossible", lms=lms.name, actor=ask.value)
                answers[ask] = Unclear(reason)
            continue
        blind = not accounts and lms.sees_users() is False
        for ask in wanted:
            answers[ask] = (
                Unclear(Reason("lookup_blind", lms=lms.name, actor=ask.value))
                if blind
                else _judged(lms.name, ask, accounts.get(ask.value.casefold(), []))
            )
    found = {ask: answer for ask, answer in answers.items() if isinstance(answer, Found)}
    shared = _shared(lms, found.values()) if found else {}
    for ask, answer in found.items():
        if carriers := shared.get(answer.nip):
            reason = Reason(
                "shared_nip",
                lms=lms.name,
                actor=answer.user.full_name,
                count=len(carriers),
                accounts=", ".join(map(_label, carriers)),
            )
            answers[ask] = Unclear(reason, answer.user)
    return answers


def nip_of(user: LmsUser) -> str | None:
    """The NIP that the account carries: in the field that is meant for it, else as its name."""
    return nips.normalise(user.number) or nips.normalise(user.username)


def _tried(
    look: Callable[[Sequence[Ask]], Answers], asks: Sequence[Ask]
) -> Answers | DeliveryError:
    try:
        return look(asks)
    except DeliveryError as error:
        return error
    except Exception:
        log.exception("a look-up failed", lms=asks[0].lms)
        why = Reason("other", text="The bridge itself failed; the log has why.")
        return DeliveryError(why, retryable=False)


def _accounts(lms: Lms, field: UserField, values: Collection[str]) -> dict[str, list[LmsUser]]:
    """The accounts for each of `values`, by the value without its case.

    An LMS compares letter by letter, and Moodle keeps usernames in lower case, so each value
    is asked for as it is written and in lower case.
    """
    users = lms.find_users(field, sorted({form for value in values for form in _forms(value)}))
    if all(_value(user, field) for user in users):
        return _gathered((_value(user, field), user) for user in users)
    # The LMS finds by the field and does not show it: without moodle/site:viewuseridentity a
    # Moodle so treats e-mail addresses. Then only asking one by one tells whose is which.
    return _gathered(
        (value.casefold(), user)
        for value in sorted(values)
        for user in lms.find_users(field, _forms(value))
    )


def _gathered(pairs: Iterable[tuple[str, LmsUser]]) -> dict[str, list[LmsUser]]:
    by_value: dict[str, dict[str, LmsUser]] = {}
    for value, user in pairs:
        by_value.setdefault(value, {})[user.id] = user
    return {value: list(users.values()) for value, users in by_value.items()}


def _judged(lms: str, ask: Ask, accounts: Sequence[LmsUser]) -> Found | Unclear:
    if not accounts:
        return Unclear(Reason("account_missing", lms=lms, actor=ask.value))
    active = [user for user in accounts if not user.suspended]
    if not active:
        reason = Reason("suspended_account", lms=lms, actor=_label(accounts[0]))
        return Unclear(reason, accounts[0] if len(accounts) == 1 else None)
    if len(active) > 1:  # an e-mail address that several accounts have
        names = ", ".join(user.username for user in active)
        return Unclear(
            Reason(
                "accounts_ambiguous", lms=lms, actor=ask.value, count=len(active), accounts=names
            )
        )
    user = active[0]
    if nip := nip_of(user):
        return Found(user, nip)
    if user.number.strip():
        return Unclear(Reason("invalid_nip", actor=_label(user), value=user.number), user)
    return Unclear(Reason("account_without_nip", lms=lms, actor=_label(user)), user)


def _shared(lms: Lms, found: Iterable[Found]) -> dict[str, list[LmsUser]]:
    """By NIP, the active accounts that carry it, where that is more than one."""
    carriers: dict[str, dict[str, LmsUser]] = {}
    numbers: set[str] = set()
    for one in found:
        carriers.setdefault(one.nip, {})[one.user.id] = one.user
        # The LMS knows a number only as it was typed: as digits, as printed, or as in this account.
        numbers |= {one.nip, nips.printed(one.nip), one.user.number} - {""}
    others = lms.find_users("number", sorted(numbers))
    others += lms.find_users("username", sorted(carriers))
    for user in others:
        nip = nip_of(user)
        if nip in carriers and not user.suspended:
            carriers[nip][user.id] = user
    return {nip: list(users.values()) for nip, users in carriers.items() if len(users) > 1}


def _forms(value: str) -> list[str]:
    return sorted({value, value.lower()})


def _value(user: LmsUser, field: UserField) -> str:
    value = {"id": user.id, "username": user.username, "number": user.number, "email": user.email}
    return value[field].casefold()


def _label(user: LmsUser) -> str:
    return f"{user.full_name} ({user.username})"
