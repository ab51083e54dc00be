"""``employees link``: a link by which one employee comes to their own page."""

from __future__ import annotations

import datetime as dt

import click
from sqlalchemy import select

from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.person import employee_with
from lms_bridge.cli.session import Session, pass_session
from lms_bridge.config.secrets import SecretMissing
from lms_bridge.i18n import mark
from lms_bridge.store.schema import employees


@click.command()
@click.argument("nip")
@click.option(
    "--days",
    type=click.FloatRange(0, 90, min_open=True),
    help="How long it is good; as configured if left out.",
)
@output.json_option
@pass_session
def link(session: Session, nip: str, days: float | None, as_json: bool) -> None:
    """Print a link to the own page of the employee with that NIP.

    Whoever has it sees that page, so give it to that person alone. It is not kept: to withdraw it
    before its time, put another key in the place of [learner] key, which ends all links.
    """
    from lms_bridge.learner import passes

    settings = session.bridge.settings
    if settings.learner is None:
        session.fail(mark("there is no [learner] in the configuration"))
    employee_id = employee_with(session, nip)
    try:
        key = passes.key_of(settings.learner.key)
    except SecretMissing as error:
        session.fail(mark("[learner] key cannot be used: %(why)s"), why=str(error))
    query = select(employees.c.nip, employees.c.name).where(employees.c.id == employee_id)
    with session.bridge.store.reading() as db:
        row = db.execute(query).one()
    until = utc_now() + dt.timedelta(days=days or settings.learner.link_days)
    token = passes.issue("link", employee_id, row.nip, until, key)
    address = f"{settings.web.home_page}/learner/link?token={token}"
    if as_json:
        output.print_json({"link": address, "until": until, "name": row.name}, people=True)
        return
    click.echo(address)
    said = mark("It opens the page of %(name)s until %(until)s; give it to nobody else.")
    click.echo(session.say(said, name=row.name or "–", until=session.when(until)), err=True)
