"""``demo``: the main job from end to end, on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.status import Status
from rich.text import Text

from lms_bridge.cli import output
from lms_bridge.cli.completions import completion_table
from lms_bridge.cli.session import Session, fail, pass_session, quiet
from lms_bridge.cli.status import attention_table
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.i18n import mark
from lms_bridge.reports import Subject

if TYPE_CHECKING:
    from lms_bridge.demo.play import Facts
    from lms_bridge.demo.stage import Stage

_DOING = {
    "start": mark("Starting the bridge, a Moodle-like LMS and a SIASN-like registry"),
    "send": mark("The LMS sends its statements"),
    "deliver": mark("Recording in the registry, issuing badges"),
    "pull": mark("Asking the LMS for completions that no statement told"),
    "settle": mark("Recording those as well"),
}


@click.command()
@click.option("--once", is_flag=True, help="End when all is settled, instead of staying up.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
@click.option("--faults", "faulty", is_flag=True, help="Let the LMS and the registry misbehave.")
@click.option("--seed", default=1, show_default=True, help="Of the faults.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Of the bridge; any free one if left out.",
)
@pass_session
def demo(session: Session, once: bool, as_json: bool, faulty: bool, seed: int, port: int) -> None:
    """Do the main job once, end to end, on made-up people.

    Starts the bridge and two sandboxes on this machine, sends statements captured from a real
    Moodle as it would, and shows where each completion ended up. Nothing outside is touched,
    and nothing is left behind.

    Exit status with --once: 0 if everything that should arrive did.
    """
    # The sandboxes: whoever has the commands listed need not wait for them.
    from lms_bridge.demo.play import PlayError, play
    from lms_bridge.demo.stage import StageError, set_up

    quiet()
    progress = _Progress(session, silent=as_json)
    with _ending_on_signals(), tempfile.TemporaryDirectory(prefix="lms-bridge-demo-") as folder:
        progress.tell("start")
        try:
            with set_up(
                Path(folder), port=port, faulty=faulty, seed=seed, language=session.language
            ) as stage:
                facts = play(stage, progress.tell)
                progress.end()
                if as_json:
                    output.print_json(facts, people=True)
                else:
                    _print(session, facts)
                if not once:
                    _stay(session, stage, silent=as_json)
        except (StageError, PlayError) as error:
            progress.end(done=False)
            fail(str(error))
        except KeyboardInterrupt:
            progress.end(done=False)
            raise SystemExit(130) from None
    raise SystemExit(1 if facts.problems else 0)


class _Progress:
    """What is being done: a line that changes on a terminal, and one that stays when it is done."""

    def __init__(self, session: Session, *, silent: bool) -> None:
        self._session = session
        self._silent = silent
        self._status: Status | None = None
        self._doing = ""
        self._how_far = ""

    def tell(self, doing: str, how_far: str = "") -> None:
        """It is being done, and is so far."""
        if self._silent:
            return
        if doing != self._doing:
            self.end()
        self._doing, self._how_far = doing, how_far
        if self._session.console.is_terminal:
            text = f"{self._session.say(_DOING[doing])} … {how_far}"
            if self._status is None:
                self._status = self._session.console.status(text)
                self._status.start()
            self._status.update(text)

    def end(self, *, done: bool = True) -> None:
        """What was being done is over."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._doing and done:
            text = f"{self._session.say(_DOING[self._doing])}  "
            self._session.console.print(
                Text.assemble(("✓ ", "green"), text, (self._how_far, "dim"))
            )
        self._doing = ""


def _print(session: Session, facts: Facts) -> None:
    say, console = session.say, session.console
    counts = facts.statements
    console.print()
    console.print(
        say(
            mark(
                "Statements received: %(stored)s. Of these %(recognised)s tell of a completion,"
                " %(none)s of none, and %(attention)s wait for a person."
            ),
            **{name: counts.get(name, 0) for name in ("stored", "recognised", "none", "attention")},
        )
    )
    console.print()
    title = say(mark("Completions"))
    console.print(completion_table(session, facts.completions, title=title, reasons=False))
    stuck = {
        one.id: (line, one)
        for line in facts.completions
        for one in line.deliveries
        if one.state == State.BLOCKED
    }
    blocked = [one for _, one in stuck.values()]
    whose = {
        number: Subject(line.employee, line.nip, line.course) for number, (line, _) in stuck.items()
    }
    if facts.attention or blocked:
        title = say(mark("What did not go through, and what to do about it"))
        attention_table(session, facts.attention, blocked, whose, title=title)
    console.print(
        say(
            mark(
                "Rows that the registry holds of these completions: %(rows)s (twice: %(twice)s),"
                " with their certificate: %(certificates)s. Badges that the LMS shows: %(badges)s."
                " Seconds that it took: %(seconds)s."
            ),
            rows=facts.registry_rows,
            twice=facts.registry_duplicates,
            certificates=facts.certificates,
            badges=facts.badges,
            seconds=facts.seconds,
        )
    )
    for badge, people in facts.earned.items():
        told = say(
            mark("Earned by its rule: “%(badge)s”, by %(people)s."),
            badge=badge,
            people=", ".join(people),
        )
        console.print(told)
    if facts.faults:
        shown = ", ".join(f"{name} ×{count}" for name, count in sorted(facts.faults.items()))
        console.print(say(mark("Faults that it went through: %(faults)s"), faults=shown))
    for problem in facts.problems:
        console.print(Text(problem, style="bold red"))
    if not facts.problems:
        console.print(Text(say(mark("Everything that should arrive did.")), style="green"))


def _stay(session: Session, stage: Stage, *, silent: bool) -> None:
    """Keep everything up until somebody ends it."""
    if not silent:
        say, program = session.say, _program()
        config = stage.folder / "lms-bridge.toml"
        lines = [
            Text(say(mark("Look at it:"))),
            Text(f"    {stage.address}/\n", style="bold"),
            Text(say(mark("Sign in as hr, or as it; the password of both:"))),
            Text(f"    {stage.entry}\n", style="bold"),
            Text(say(mark("Or ask it, in another terminal:"))),
            Text(f"    export LMS_BRIDGE_CONFIG={config}", style="bold"),
            *(
                Text(f"    {program} {name}", style="bold")
                for name in ("status", "attention", "completions", "badges earned")
            ),
            Text("\n" + say(mark("Ctrl-C ends it and removes everything."))),
        ]
        # Not folded at the edge of the terminal, so that a long path can still be copied.
        session.console.print(Text("\n").join([Text(), *lines]), soft_wrap=True)
    threading.Event().wait()


def _program() -> str:
    """The command as it can be typed: the one on the PATH, or the one that runs now."""
    if shutil.which("lms-bridge"):
        return "lms-bridge"
    return min(sys.argv[0], os.path.relpath(sys.argv[0]), key=len)


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Being told to end, or losing the terminal, ends the demo as tidily as Ctrl-C does."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
