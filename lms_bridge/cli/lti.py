"""``lti``: what to type in an LMS, so that the learner's page can be opened from there."""

from __future__ import annotations

import click

from lms_bridge.cli import output
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.config.settings import Platform
from lms_bridge.i18n import mark

_TABLE = """[[lti]]
issuer = "{issuer}"
client_id = "…"
auth_url = "{issuer}/mod/lti/auth.php"
jwks_url = "{issuer}/mod/lti/certs.php"
deployments = ["…"]"""


@click.group(cls=InOrder)
def lti() -> None:
    """Have the learner's page opened from an LMS, by LTI 1.3."""


@lti.command()
@output.json_option
@pass_session
def show(session: Session, as_json: bool) -> None:
    """Print what to type in the LMS, and what to take over from there.

    In Moodle: Site administration, Plugins, External tool, Manage tools, configure a tool manually.
    """
    settings, say = session.bridge.settings, session.say
    if settings.learner is None:
        session.fail(mark("there is no [learner] in the configuration"))
    home = settings.web.home_page
    typed = {
        "tool_url": f"{home}/learner",
        "initiate_login_url": f"{home}/lti/login",
        "redirection_uri": f"{home}/lti/launch",
        "public_keyset_url": f"{home}/lti/jwks.json",
    }
    if as_json:
        platforms = [_plain(one, session) for one in settings.lti]
        output.print_json({**typed, "lti_version": "1.3.0", "platforms": platforms})
        return
    names = {
        "tool_url": mark("Tool URL"),
        "initiate_login_url": mark("Initiate login URL"),
        "redirection_uri": mark("Redirection URI(s)"),
        "public_keyset_url": mark("Public keyset (public key type: keyset URL)"),
    }
    click.echo(say(mark("To be typed in the LMS (LTI version: LTI 1.3):")))
    for name, value in typed.items():
        click.echo(f"  {say(names[name])}\n    {value}")
    for one in settings.lti:
        plain = _plain(one, session)
        text = mark("%(issuer)s is configured: client id %(client)s, deployments %(deployments)s.")
        places = ", ".join(one.deployments)
        said = say(text, issuer=one.issuer, client=one.client_id, deployments=places)
        click.echo(f"\n{said}\n  [lms.{plain['lms']}]  person = {one.person}")
    if not settings.lti:
        moodle = next((one.url for one in settings.lms.values()), "https://lms.example.go.id")
        said = mark(
            "To be taken over into the configuration, from the details that the LMS shows of the"
            " tool afterwards (here for a Moodle):"
        )
        click.echo(f"\n{say(said)}\n\n{_TABLE.format(issuer=moodle.rstrip('/'))}")


def _plain(platform: Platform, session: Session) -> dict[str, object]:
    return {
        "issuer": platform.issuer,
        "client_id": platform.client_id,
        "deployments": platform.deployments,
        "lms": platform.lms or session.bridge.settings.lms_of(""),
        "person": platform.person,
    }
