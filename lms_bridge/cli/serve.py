"""``serve`` and ``worker``: the processes that run for good."""

from __future__ import annotations

import signal
import sys
import threading

import click
import structlog

from lms_bridge.cli.shared import Session, pass_session
from lms_bridge.jobs.scheduler import Scheduler
from lms_bridge.supervisor import Child, command, end_with_parent, supervise

log = structlog.get_logger(__name__)


@click.command()
@click.option("--no-worker", is_flag=True, help="Only receive; workers run elsewhere.")
@pass_session
def serve(session: Session, no_worker: bool) -> None:
    """Receive statements, and carry out what they cause.

    Runs the web service and a worker, and starts either again if it dies. Ends, when it is
    told to, after finishing what is under way.
    """
    web = session.bridge.settings.web
    log.info("serving", address=f"http://{web.host}:{web.port}/xapi")
    config = str(session.config)
    children = [Child("web", command("webhook", "--config", config))]
    if not no_worker:
        children.append(Child("worker", command("lms_bridge", "--config", config, "worker")))
    session.close()
    supervise(children)


@click.command()
@pass_session
def worker(session: Session) -> None:
    """Judge statements, deliver, and run the sync jobs; receive nothing.

    Part of serve. On PostgreSQL any number of workers may run beside it.
    """
    # Most of what the threads do is to wait, but for the one that writes to the database: it gives
    # the interpreter up at each statement, and should not get it back only 5 ms later.
    sys.setswitchinterval(0.0005)
    scheduler = Scheduler(session.bridge)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    end_with_parent(over.set)
    scheduler.start()
    log.info("worker started", owner=session.bridge.owner)
    over.wait()
    scheduler.stop()
    log.info("worker ended")
