"""The entry point and the order of the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lms_bridge import __version__
from lms_bridge.cli.imported import Imported
from lms_bridge.cli.session import InOrder, Session, fail

_HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

_COMMANDS = {
    "demo": "lms_bridge.cli.demo:demo",
    "init": "lms_bridge.cli.init:init",
    "check": "lms_bridge.cli.check:check",
    "doctor": "lms_bridge.cli.doctor:doctor",
    "serve": "lms_bridge.cli.serve:serve",
    "worker": "lms_bridge.cli.serve:worker",
    "status": "lms_bridge.cli.status:status",
    "attention": "lms_bridge.cli.attending:attention",
    "completions": "lms_bridge.cli.completions:completions",
    "deliveries": "lms_bridge.cli.deliveries:deliveries",
    "registry": "lms_bridge.cli.registry:registry",
    "lms": "lms_bridge.cli.lms:lms",
    "reconcile": "lms_bridge.cli.reconcile:reconcile",
    "statements": "lms_bridge.cli.statements:statements",
    "courses": "lms_bridge.cli.courses:courses",
    "badges": "lms_bridge.cli.badges:badges",
    "competencies": "lms_bridge.cli.competencies:competencies",
    "backfill": "lms_bridge.cli.backfill:backfill",
    "employees": "lms_bridge.cli.employees:employees",
    "reports": "lms_bridge.cli.reports:reports",
    "notices": "lms_bridge.cli.notices:notices",
    "credentials": "lms_bridge.cli.credentials:credentials",
    "openbadges": "lms_bridge.cli.openbadges:openbadges",
    "lti": "lms_bridge.cli.lti:lti",
    "api-tokens": "lms_bridge.cli.api_tokens:api_tokens_",
    "users": "lms_bridge.cli.users:users_",
    "events": "lms_bridge.cli.events:events",
    "forward": "lms_bridge.cli.forward:forward",
    "jobs": "lms_bridge.cli.jobs:jobs",
    "backup": "lms_bridge.cli.backup:backup",
    "restore": "lms_bridge.cli.backup:restore",
    "sandbox": "lms_bridge.cli.sandbox:sandbox",
}
"""in the order in which they are listed"""


class Program(InOrder):
    """All commands. An error that is the user's to mend ends each with a sentence.

    The exit status is then 2 for a configuration that cannot be used, and 1 otherwise.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            # Here, because it knows the errors of everything and so loads most of it.
            from lms_bridge.config.problems import ConfigError
            from lms_bridge.mendable import sentence_of

            language = ctx.obj.language if ctx.obj else "en"  # no command was found yet
            if (sentence := sentence_of(error, language)) is None:
                raise
            fail(sentence, code=2 if isinstance(error, ConfigError) else 1)


@click.group(
    cls=Program,
    commands=Imported(_COMMANDS),
    context_settings=_HELP,
    epilog="First steps: lms-bridge demo shows all of it on made-up data; then init, check, serve.",
)
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    default=Path("lms-bridge.toml"),
    envvar="LMS_BRIDGE_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)
@click.option(
    "--language",
    type=click.Choice(["id", "en"]),
    envvar="LMS_BRIDGE_LANGUAGE",
    help="Language of what is printed; the configured one if left out.",
)
@click.version_option(__version__, prog_name="lms-bridge")
@click.pass_context
def main(ctx: click.Context, config: Path, language: str | None) -> None:
    """Course completions from the LMS into the personnel registry, and badges back.

    The bridge receives xAPI statements from an LMS, recognises course completions, records
    them in the registry (SIASN or a SIMPEG), and has the LMS issue the badges.
    """
    session = Session(config, language)
    ctx.obj = session
    ctx.call_on_close(session.close)
