"""``competencies``: the government's standard competencies."""

from __future__ import annotations

from pathlib import Path

import click

from lms_bridge.catalogue.competencies import standard
from lms_bridge.cli import output
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.i18n import mark


@click.group(cls=InOrder)
def competencies() -> None:
    """See the standard competencies, and bring them into an LMS."""


@competencies.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List them with their levels and ID numbers."""
    found = standard().values()
    if as_json:
        output.print_json(
            [
                {
                    "name": each.name,
                    "family": each.family,
                    "id_number": each.id_number(),
                    "levels": [
                        {"level": level, "id_number": each.id_number(level), "description": text}
                        for level, text in enumerate(each.levels, start=1)
                    ],
                }
                for each in found
            ]
        )
        return
    say = session.say
    made = output.table("", say(mark("competency")), say(mark("level")), say(mark("ID number")))
    for each in found:
        made.add_row(output.stacked(each.name, each.family), "", each.id_number())
        for level, text in enumerate(each.levels, start=1):
            made.add_row("", f"{level}  {text}", each.id_number(level))
    session.console.print(made)


@competencies.command("export")
@click.option("--moodle", is_flag=True, required=True, help="For Moodle's framework import.")
@click.option(
    "--output",
    "-o",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write it to this file instead of printing it.",
)
def export(moodle: bool, file: Path | None) -> None:
    """Write them as a file that an LMS imports.

    For Moodle it is CSV, which becomes a competency framework.

    In Moodle: Site administration, Competencies, Import competency framework. Each level becomes
    a competency of its own, so that a badge can stand for it.
    """
    from lms_bridge.catalogue.framework import moodle_csv

    if file is None:
        click.echo(moodle_csv(), nl=False)
    else:
        file.write_text(moodle_csv(), "utf-8", newline="")
