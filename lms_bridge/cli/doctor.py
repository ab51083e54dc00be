"""``doctor``: say in words what is wrong, and what to do about it."""

from __future__ import annotations

import click
from rich.text import Text

from lms_bridge.cli import output
from lms_bridge.cli.check import as_values, show
from lms_bridge.cli.session import Session, pass_session
from lms_bridge.i18n import mark


@click.command()
@click.option("--no-outside", is_flag=True, help="Connect to no other system.")
@output.json_option
@pass_session
def doctor(session: Session, no_outside: bool, as_json: bool) -> None:
    """Say what is wrong, and what to do about it.

    Configuration and secrets, room, database, clock, worker, jobs, tokens, and whether other
    systems can be reached. Changes nothing; lms-bridge check proves in addition what they permit.
    Exit status 0: all is well, or needs somebody to look some time; 1: something fails.
    """
    from lms_bridge.operation.doctor import examined  # loads what check does not need

    found = []
    for one in examined(session.config, outside=not no_outside):
        found.append(one)
        if not as_json:
            show(session, one)
    failed = sum(one.verdict == "failed" for one in found)
    warned = sum(one.verdict == "warning" for one in found)
    if as_json:
        output.print_json(as_values(found))
    elif failed or warned:
        says = mark("Fails: %(failed)s. To be looked at: %(warned)s. Begin at the top.")
        text = session.say(says, failed=failed, warned=warned)
        session.console.print(Text("\n" + text, style="bold red" if failed else "bold yellow"))
    else:
        text = session.say(mark("All is well."))
        session.console.print(Text("\n" + text, style="green"))
    raise SystemExit(1 if failed else 0)
