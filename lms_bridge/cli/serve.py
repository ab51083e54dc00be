"""``serve`` and ``worker``: the processes that run for good."""

from __future__ import annotations

import signal
import sys
import time

import click
import structlog

from lms_bridge.cli.session import Session, pass_session
from lms_bridge.config.secrets import SecretMissing, secrets_in
from lms_bridge.config.settings import Settings
from lms_bridge.i18n import mark
from lms_bridge.memory import give_back, share_arenas
from lms_bridge.mendable import address, listen, wait_until_free
from lms_bridge.supervisor import Child, command, end_with_parent, supervise

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.2
_GIVE_BACK_SECONDS = 10.0


@click.command()
@click.option("--no-worker", is_flag=True, help="Only receive; workers run elsewhere.")
@pass_session
def serve(session: Session, no_worker: bool) -> None:
    """Receive statements, and carry out what they cause.

    Runs the web service and a worker, and starts either again if it dies. Ends, when it is
    told to, after finishing what is under way. SIGHUP has new processes take the place of
    these, with the configuration and the program as they are then, and nobody is refused.
    """
    end_with_parent()
    settings = session.bridge.settings
    senders = _usable_senders(settings)
    if settings.senders and not senders:
        session.fail(
            mark(
                "no sender has a password, so nobody could send statements; lms-bridge check"
                " names what is missing"
            )
        )
    web = settings.web
    wait_until_free(web.host, web.port)
    place = f"http://{address(web.host, web.port)}"
    log.info("serving", statements=f"{place}/xapi", senders=senders, page=f"{place}/")
    config = str(session.config)
    children = [
        Child("web", command("webhook", "--config", config), listener=listen(web.host, web.port))
    ]
    if not no_worker:
        children.append(Child("worker", command("lms_bridge", "--config", config, "worker")))
    session.close()
    supervise(children)


@click.command()
@pass_session
def worker(session: Session) -> None:
    """Judge what came in, and carry it out; receive nothing.

    Part of serve. On PostgreSQL any number of workers may run beside it.
    """
    share_arenas()
    from lms_bridge.jobs.scheduler import Scheduler  # all jobs, of which serve runs none itself

    # Most of what the threads do is to wait, but for the one that writes to the database: it gives
    # the interpreter up at each statement, and should not get it back only 5 ms later.
    sys.setswitchinterval(0.0005)
    scheduler = Scheduler(session.bridge)
    over = False

    def end(*_: object) -> None:
        nonlocal over
        over = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    end_with_parent(end)
    scheduler.start()
    log.info("worker started", owner=session.bridge.owner)
    given_back_at = time.monotonic()
    # Not a threading.Event: of two signals at once the second may interrupt the main thread while
    # it holds the lock in there, and wait for it forever.
    while not over:
        time.sleep(_LOOK_SECONDS)
        if time.monotonic() - given_back_at > _GIVE_BACK_SECONDS:
            give_back()
            given_back_at = time.monotonic()
    scheduler.stop()
    log.info("worker ended")


def _usable_senders(settings: Settings) -> list[str]:
    """The senders that can be admitted; every secret that is missing is told to the log.

    What is received is kept although it cannot be carried out yet, so a secret of an LMS or
    a registry that is missing keeps nothing from starting.
    """
    missing = set()
    for place, secret in secrets_in(settings):
        try:
            secret.read()
        except SecretMissing as error:
            missing.add(place)
            log.warning("a secret is missing", setting=place, reason=str(error))
    names = [sender.name for sender in settings.senders]
    return [name for name in names if f"senders.{name}.password" not in missing]
