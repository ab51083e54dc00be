"""``python -m lms_bridge.sandbox``: the systems in the foreground of a process of their own.

Crash tests need that: what the bridge had under way when it was killed goes on over there.
"""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack

import click


@click.command()
@click.option("--registry-port", default=9001, show_default=True, help="0 takes any free port.")
@click.option("--moodle-port", default=9002, show_default=True, help="0 takes any free port.")
@click.option("--simpeg-port", type=int, help="Run a SIMPEG as well; 0 takes any free port.")
@click.option("--latency", default=0.0, show_default=True, help="Seconds added to each answer.")
@click.option("--faults", "faulty", is_flag=True, help="Let things go wrong, by lot.")
@click.option("--seed", default=0, show_default=True, help="Of the lots.")
@click.option("--hang-seconds", default=30.0, show_default=True, help="How long a hang lasts.")
@click.option("--late-seconds", default=1.0, show_default=True, help="How late a late commit is.")
@click.option("--people", default=0, show_default=True, help="Employees besides the named ones.")
@click.option("--as-captured", is_flag=True, help="Complete what the captured statements say.")
def main(
    registry_port: int,
    moodle_port: int,
    simpeg_port: int | None,
    latency: float,
    faulty: bool,
    seed: int,
    hang_seconds: float,
    late_seconds: float,
    people: int,
    as_captured: bool,
) -> None:
    """Run a Moodle and a SIASN, both made up, until a signal comes.

    With --simpeg-port there is a SIMPEG as well that an agency could have made for itself.
    """
    # Whoever has the commands listed need not wait for all this.
    from lms_bridge.sandbox.city import demo_city
    from lms_bridge.sandbox.control import Controlled
    from lms_bridge.sandbox.faults import Faults
    from lms_bridge.sandbox.server import Server
    from lms_bridge.sandbox.siasn import app as siasn
    from lms_bridge.sandbox.simpeg import API, TOKEN, SimpegSandbox

    faults = Faults(seed, hang_seconds=hang_seconds, late_seconds=late_seconds)
    faults.enabled = faulty
    city = demo_city(people=people, as_captured=as_captured, latency=latency, faults=faults)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    registry = Server(Controlled(city.registry, city), registry_port)
    moodle = Server(Controlled(city.moodle, city), moodle_port)
    with ExitStack() as stack:
        for one in (registry, moodle):
            stack.enter_context(one)
        # One "name value" a line, the address of a system first; a test reads until "ready".
        click.echo(f"registry {registry.url}")
        click.echo(f"moodle {moodle.url}")
        click.echo(f"registry-api {registry.url}{siasn.API}")
        click.echo(f"moodle-token {city.moodle.site.token}")
        click.echo(f"control {registry.url}/_sandbox/state")
        if simpeg_port is not None:
            made = SimpegSandbox(city.registry.people(), latency=latency)
            simpeg = stack.enter_context(Server(made, simpeg_port))
            click.echo(f"simpeg {simpeg.url}{API}")
            click.echo(f"simpeg-token {TOKEN}")
        click.echo("ready")
        over.wait()


if __name__ == "__main__":
    main()
