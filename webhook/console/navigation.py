"""What the menu of the console shows, in its order; to each only what they may see."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.users import User
from lms_bridge.i18n import mark


class Item(NamedTuple):
    """A page in the menu."""

    endpoint: str
    """``console.NAME``; a page that is not there is not shown"""
    label: str
    needs: Permission

    def covers(self, endpoint: str) -> bool:
        """Whether a page belongs to this one: ``console.course_edit`` to ``console.courses``."""
        return endpoint.startswith(self.endpoint.removesuffix("s"))


class Group(NamedTuple):
    """Pages that belong together."""

    label: str
    items: tuple[Item, ...]


_MENU = (
    Group(
        mark("Learning"),
        (
            Item("console.overview", mark("Overview"), Permission.PEOPLE),
            Item("console.attention", mark("Needs attention"), Permission.PEOPLE),
            Item("console.completions", mark("Completions"), Permission.PEOPLE),
            Item("console.employees", mark("Employees"), Permission.PEOPLE),
            Item("console.courses", mark("Courses"), Permission.PEOPLE),
            Item("console.reports", mark("Reports"), Permission.PEOPLE),
        ),
    ),
    Group(
        mark("Operation"),
        (
            Item("console.health", mark("Health"), Permission.SYSTEM),
            Item("console.jobs", mark("Sync jobs"), Permission.SYSTEM),
            Item("console.deliveries", mark("Deliveries"), Permission.SYSTEM),
            Item("console.senders", mark("Senders"), Permission.SYSTEM),
            Item("console.statements", mark("Statements"), Permission.SYSTEM),
            Item("console.notices", mark("Notices"), Permission.NOTICES),
        ),
    ),
    Group(
        mark("Administration"),
        (
            Item("console.accounts", mark("Accounts"), Permission.ACCOUNTS),
            Item("console.tokens", mark("API tokens"), Permission.ACCOUNTS),
            Item("console.audit", mark("Audit log"), Permission.AUDIT),
        ),
    ),
)


def menu_of(user: User, there: Container[str]) -> list[Group]:
    """What `user` may see of the pages that are `there`."""
    found = [
        Group(
            group.label,
            tuple(one for one in group.items if one.endpoint in there and user.may(one.needs)),
        )
        for group in _MENU
    ]
    return [group for group in found if group.items]
