"""``attention groups`` and its acts: what the console can do about a cause, by command."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from lms_bridge.store.schema import employees
from tests.cli.conftest import Terminal
from tests.scene import Scene, by_mail, completed


def group(terminal: Terminal, kind: str) -> Any:
    return next(
        one for one in terminal.json("attention", "groups") if one["group"].startswith(f"{kind}:")
    )


def test_each_group_is_listed_with_the_commands_that_mend_it(terminal: Terminal) -> None:
    course = group(terminal, "course")
    assert course["commands"] == [
        "lms-bridge courses import FILE",
        f"lms-bridge attention judge {course['group']}",
        f"lms-bridge attention dismiss {course['group']} --why …",
    ]
    assert course["group"] in terminal.read("attention", "groups")
    assert "lms-bridge attention judge" in terminal.read("attention", "groups", language="id")


def test_a_group_is_judged_again_and_dismissed(terminal: Terminal) -> None:
    name = group(terminal, "course")["group"]
    assert "Judged again: 1." in terminal.read("attention", "judge", name)
    assert "Dismissed: 1." in terminal.read("attention", "dismiss", name, "--why", "uji coba")
    assert "nothing waits for" in terminal.refused("attention", "judge", name)


def test_what_cannot_be_done_is_said(terminal: Terminal) -> None:
    name = group(terminal, "course")["group"]
    assert "that cannot be done about" in terminal.refused("attention", "retry", name)
    assert "a group is called as in" in terminal.refused("attention", "retry", "x", code=2)


def test_what_a_registry_refused_is_sent_again_or_given_up(terminal: Terminal) -> None:
    name = group(terminal, "delivery")["group"]
    assert "tried again: 1." in terminal.read("attention", "retry", name)
    assert "nothing waits for" in terminal.refused("attention", "cancel", name, "--why", "x")


def test_an_account_is_said_to_be_somebodys(terminal: Terminal, scene: Scene) -> None:
    scene.tell(completed(by_mail("siapa@gmail.example")))
    scene.recognise()
    name = group(terminal, "person")["group"]
    with scene.store.reading() as db:
        nip = db.scalars(select(employees.c.nip).order_by(employees.c.id)).first()
    told = terminal.read("attention", "link", name, str(nip))
    assert "The account is linked" in told
    assert "nothing waits for" in terminal.refused("attention", "judge", name)
