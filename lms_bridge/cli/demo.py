"""``demo``: the main job from end to end, on this machine."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import click
from rich.panel import Panel
from rich.status import Status
from rich.text import Text

from lms_bridge.cli import shared
from lms_bridge.cli.completions import completion_table
from lms_bridge.cli.shared import Session, pass_session
from lms_bridge.demo.play import Facts, PlayError, play
from lms_bridge.demo.stage import Stage, StageError, set_up
from lms_bridge.i18n import mark

_DOING = {
    "start": mark("Starting the bridge, a Moodle-like LMS and a SIASN-like registry"),
    "send": mark("The LMS sends its statements"),
    "deliver": mark("Recording in the registry, issuing badges"),
    "pull": mark("Asking the LMS for completions that no statement told"),
}


@click.command()
@click.option("--once", is_flag=True, help="End when all is settled, instead of staying up.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
@click.option("--faults", "faulty", is_flag=True, help="Let the LMS and the registry misbehave.")
@click.option("--seed", default=1, show_default=True, help="Of the faults.")
@click.option("--port", default=0, help="Of the bridge; any free one if left out.")
@pass_session
def demo(session: Session, once: bool, as_json: bool, faulty: bool, seed: int, port: int) -> None:
    """Do the main job once, end to end, with statements captured from a real Moodle.

    Starts the bridge and two sandboxes on this machine, sends the statements as an LMS
    would, and shows where each completion ended up. Nothing outside is touched, and nothing
    is left behind.

    Exit status with --once: 0 if everything that should arrive did.
    """
    shared.quiet()
    with tempfile.TemporaryDirectory(prefix="lms-bridge-demo-") as folder:
        tell = _teller(session, quiet=as_json)
        tell("start", "")
        try:
            with set_up(
                Path(folder), port=port, faulty=faulty, seed=seed, language=session.language
            ) as stage:
                facts = play(stage, tell)
                tell("", "")
                if as_json:
                    shared.print_json(facts)
                else:
                    _print(session, stage, facts)
                if not once:
                    _stay(session, stage, quiet=as_json)
        except (StageError, PlayError) as error:
            tell("", "")
            shared.fail(str(error))
    raise SystemExit(1 if facts.problems else 0)


def _teller(session: Session, *, quiet: bool) -> Callable[[str, str], None]:
    """Shows what is being done: a line that changes on a terminal, a line each elsewhere."""
    status: list[Status] = []
    told: list[str] = []

    def tell(doing: str, how_far: str) -> None:
        if quiet:
            return
        if not doing:
            for one in status:
                one.stop()
            return
        text = session.say(_DOING[doing])
        if not session.console.is_terminal:
            if doing not in told:
                told.append(doing)
                session.console.print(f"{text} …")
            return
        if not status:
            status.append(session.console.status(text))
            status[0].start()
        status[0].update(f"{text} … {how_far}")

    return tell


def _print(session: Session, stage: Stage, facts: Facts) -> None:
    say, console = session.say, session.console
    counts = facts.statements
    console.print()
    console.print(
        say(
            mark(
                "%(stored)s statements received: %(recognised)s tell of a completion,"
                " %(none)s of none, %(attention)s wait for a person."
            ),
            **{name: counts.get(name, 0) for name in ("stored", "recognised", "none", "attention")},
        )
    )
    made = completion_table(session, facts.completions)
    made.title = say(mark("Completions"))
    console.print(made)
    if facts.attention:
        waiting = shared.table(
            say(mark("Not gone through")),
            say(mark("person")),
            say(mark("course")),
            say(mark("why, and what to do")),
        )
        for line in facts.attention:
            waiting.add_row(line.person, line.course, session.reason(line.reason))
        console.print(waiting)
    console.print(
        say(
            mark(
                "The registry holds %(rows)s rows of them, %(duplicates)s twice;"
                " the LMS shows %(badges)s badges. %(seconds)s seconds."
            ),
            rows=facts.registry_rows,
            duplicates=facts.registry_duplicates,
            badges=facts.badges,
            seconds=facts.seconds,
        )
    )
    if facts.faults:
        shown = ", ".join(f"{name} ×{count}" for name, count in sorted(facts.faults.items()))
        console.print(say(mark("Faults that it went through: %(faults)s"), faults=shown))
    for problem in facts.problems:
        console.print(Text(problem, style="bold red"))
    if not facts.problems:
        console.print(say(mark("Everything that should arrive did.")), style="green")


def _stay(session: Session, stage: Stage, *, quiet: bool) -> None:
    if not quiet:
        config = stage.folder / "lms-bridge.toml"
        lines = [
            f"{session.say(mark('Look at it:'))} {stage.address}/",
            f"{session.say(mark('Ask it:'))} lms-bridge -c {config} completions",
            session.say(mark("Ctrl-C ends it and removes everything.")),
        ]
        session.console.print(Panel("\n".join(lines), expand=False))
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        session.console.print()
