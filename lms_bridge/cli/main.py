"""The entry point and the order of the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lms_bridge import __version__
from lms_bridge.cli.session import InOrder, Session, fail
from lms_bridge.config.loading import ConfigError
from lms_bridge.mendable import sentence_of

_HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Program(InOrder):
    """All commands. An error that is the user's to mend ends each with a sentence.

    The exit status is then 2 for a configuration that cannot be used, and 1 otherwise.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            if (sentence := sentence_of(error)) is None:
                raise
            fail(sentence, code=2 if isinstance(error, ConfigError) else 1)


@click.group(
    cls=Program,
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


def _add_commands() -> None:
    from lms_bridge.cli import (
        check,
        completions,
        courses,
        credentials,
        deliveries,
        demo,
        employees,
        forward,
        init,
        jobs,
        reconcile,
        registry,
        sandbox,
        serve,
        statements,
        status,
        tokens,
    )

    for command in (
        demo.demo,
        init.init,
        check.check,
        serve.serve,
        serve.worker,
        status.status,
        status.attention,
        completions.completions,
        deliveries.deliveries,
        registry.registry,
        reconcile.reconcile,
        statements.statements,
        courses.courses,
        employees.employees,
        credentials.credentials,
        forward.forward,
        jobs.jobs,
        sandbox.sandbox,
    ):
        main.add_command(command)
    registry.registry.add_command(tokens.tokens)
    registry.registry.add_command(tokens.token)


_add_commands()
