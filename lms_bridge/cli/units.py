"""``employees units``: the work units, and how many people each has."""

from __future__ import annotations

import click
from rich.text import Text

from lms_bridge.cli import output
from lms_bridge.cli.session import Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.people import units as work_units


@click.command()
@click.option("--registry", default="", help="Of this registry only.")
@output.json_option
@pass_session
def units(session: Session, registry: str, as_json: bool) -> None:
    """Show the work units as a tree, with how many people each has.

    Counted are those in service whom the bridge has met.
    """
    if registry and registry not in session.bridge.settings.registry:
        session.fail(mark("there is no registry %(name)s"), name=registry, code=2)
    names = [registry] if registry else list(session.bridge.settings.registry)
    with session.bridge.store.reading() as db:
        trees = {name: work_units.tree(db, name) for name in names}
    if as_json:
        output.print_json(trees)
        return
    say = session.say
    shown = {name: lines for name, lines in trees.items() if lines}
    for name, lines in shown.items():
        title = name if len(names) > 1 else ""
        made = output.table(
            title, say(mark("unit")), say(mark("people")), say(mark("with units below"))
        )
        made.leading = 0
        made.columns[1].justify = made.columns[2].justify = "right"
        for line in lines:
            unit = Text("  " * line.depth + (line.name or line.id))
            if line.gone_at:
                gone = say(mark("gone since %(day)s"), day=session.when(line.gone_at)[:10])
                unit.append(f"  ({gone})", style="yellow")
            made.add_row(unit, str(line.people), str(line.people_in_all))
        session.console.print(made)
    if not shown:
        session.tell(mark("No work units. lms-bridge jobs run refresh_employees reads them."))
