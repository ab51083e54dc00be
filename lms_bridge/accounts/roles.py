"""What each role may do: the one table of it."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """What somebody may be allowed to do; each page and each act needs one of them."""

    PEOPLE = "people"
    """see employees, completions, reports"""
    ACT = "act"
    """change what HR decides: link, correct, decide, dismiss, the catalogue"""
    SYSTEM = "system"
    """see health, jobs, deliveries, senders, statements, with NIPs masked"""
    NOTICES = "notices"
    """see what was mailed or told by webhook, as far as it is theirs"""
    OPERATE = "operate"
    """retry, pause, run, make credentials"""
    ACCOUNTS = "accounts"
    """make and change accounts"""
    AUDIT = "audit"
    """read who did what"""


class Role(StrEnum):
    """What somebody is, for the bridge."""

    HR = "hr"
    """of the whole city"""
    OFFICER = "officer"
    """personnel officer of one work unit: sees it and those below it"""
    IT = "it"
    AUDITOR = "auditor"
    """reads, and sees who did what"""


MAY: dict[Role, frozenset[Permission]] = {
    Role.HR: frozenset({Permission.PEOPLE, Permission.ACT, Permission.NOTICES}),
    Role.OFFICER: frozenset({Permission.PEOPLE, Permission.NOTICES}),
    Role.IT: frozenset(
        {Permission.SYSTEM, Permission.OPERATE, Permission.ACCOUNTS, Permission.NOTICES}
    ),
    Role.AUDITOR: frozenset(
        {Permission.PEOPLE, Permission.SYSTEM, Permission.AUDIT, Permission.NOTICES}
    ),
}
