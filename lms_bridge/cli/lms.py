"""``lms``: what an LMS has to be set up with."""

from __future__ import annotations

import click
from rich.text import Text

from lms_bridge.cli import output
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.config.problems import nearest
from lms_bridge.i18n import mark
from lms_bridge.lms.base import AccessPlan, Permission, PlansAccess


@click.group(cls=InOrder)
def lms() -> None:
    """See what the LMS has to be set up with."""


@lms.command("plan")
@click.argument("name", required=False)
@click.option("--xml", "as_xml", is_flag=True, help="Print the role as a file that Moodle imports.")
@click.option("--functions", "only_functions", is_flag=True, help="Print the functions only.")
@click.option("--extras", is_flag=True, help="Let the role file allow what only some need, too.")
@output.json_option
@pass_session
def plan(
    session: Session,
    name: str | None,
    as_xml: bool,
    only_functions: bool,
    extras: bool,
    as_json: bool,
) -> None:
    """Print what the account in the LMS NAME needs.

    That is all of it, and nothing else. What is configured counts: the badges of the catalogue,
    the jobs, the certificates. After the catalogue has changed it may be more, or less;
    lms-bridge check says so.
    """
    name = name or _only(session)
    if name not in session.bridge.lms:
        session.fail(
            mark("there is no [lms.%(name)s]%(hint)s"),
            name=name,
            hint=nearest(name, session.bridge.lms),
            code=2,
        )
    platform = session.bridge.lms[name]
    if not isinstance(platform, PlansAccess):
        session.fail(mark("lms.%(name)s is none that is given single permissions"), name=name)
    access = platform.access(extras=extras)
    if as_json:
        output.print_json(access)
    elif as_xml:
        click.echo(access.role_file, nl=False)
    elif only_functions:
        click.echo("\n".join(one.name for one in access.functions))
    else:
        _print(session, name, access)


def _only(session: Session) -> str:
    names = list(session.bridge.lms)
    if len(names) != 1:
        session.fail(mark("name one of: %(names)s"), names=", ".join(names) or "–", code=2)
    return names[0]


def _print(session: Session, name: str, access: AccessPlan) -> None:
    say = session.say
    _list(
        session,
        say(mark("The role of the account in lms.%(name)s allows, in the system:"), name=name),
        access.capabilities,
    )
    _list(session, say(mark("Besides, in some cases:")), access.extras)
    _list(session, say(mark("The external service lists these functions:")), access.functions)
    session.tell(
        mark(
            "As a file for “Use role preset”: lms-bridge lms plan --xml; the functions alone:"
            " lms-bridge lms plan --functions"
        )
    )


def _list(session: Session, title: str, permissions: tuple[Permission, ...]) -> None:
    session.console.print(Text(title, style="bold"))
    made = output.table("")
    made.add_column("", no_wrap=True)
    made.add_column("", style="dim", overflow="fold")
    made.show_header, made.leading = False, 0
    for one in permissions:
        made.add_row(one.name, session.say(one.why))
    session.console.print(made)
