"""``python -m webhook --config FILE``: serve the web application.

Run by ``lms-bridge serve``. Granian speaks HTTP: it reads headers in Rust, so that a sender
that is slow to send them holds no thread of ours. A body that is slow to come, or an answer
that is slow to go, holds one, so that there are many, and :mod:`webhook.headway` frees them.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
from pathlib import Path
from typing import Any

import click
import structlog
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.mp import MPServer

from lms_bridge import logs
from lms_bridge.bridge import Bridge
from lms_bridge.config.loading import load
from lms_bridge.config.settings import Log, Web
from lms_bridge.memory import share_arenas
from lms_bridge.mendable import sentence_of, wait_until_free
from lms_bridge.supervisor import LISTENER, PARENT, end_with_parent, ready
from webhook.arriving import in_turn
from webhook.draining import draining
from webhook.headway import Headway

log = structlog.get_logger(__name__)

_CONFIG = "LMS_BRIDGE_CONFIG"
_MOST_CONNECTIONS = 4096
_HEADERS_SECONDS = 20
"""how long headers may take, and how long a connection is kept that waits for its next request"""
_GRACE_SECONDS = 20
"""less than the supervisor's, so that what hangs is ended here and by name"""


def application() -> object:
    """The WSGI application, made in the process that serves it."""
    share_arenas()
    from webhook.app import create_app

    # Ctrl-C reaches every process of the terminal, and the server then tells this one besides.
    # Granian's worker hangs when it hears of it twice, so it hears only the server.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    os.environ[PARENT] = str(os.getppid())
    end_with_parent(lambda: os._exit(1))
    logs.set_up(Log())
    try:
        bridge = Bridge.open(Path(os.environ[_CONFIG]))
    except Exception as error:
        if (sentence := sentence_of(error)) is None:
            raise
        log.error("cannot serve", reason=sentence)
        os._exit(1)  # and be started again a little later, when it may have been mended
    logs.set_up(bridge.settings.log)
    web = bridge.settings.web
    Headway(port=web.port, seconds=web.patience_seconds).watch()
    patience = web.patience_seconds
    served = in_turn(create_app(bridge), threads=web.threads, patience_seconds=patience)
    served = draining(served)
    # What has come until now stays. To look through all of it for what is not used any more would
    # keep a request waiting for a tenth of a second, every now and then.
    gc.collect()
    gc.freeze()
    ready()
    return served


def _held(number: int, backlog: int) -> SocketHolder:
    make: Any = SocketHolder
    holder: SocketHolder = make(number, False, backlog)
    return holder


class _Served(MPServer):
    """Granian, on the socket that it was handed, if it was.

    It would else have each process listen by itself, and what waits for one that ends is refused.
    """

    def _init_shared_socket(self) -> None:
        handed = os.environ.get(LISTENER, "")
        if not handed.isdecimal():
            super()._init_shared_socket()  # type: ignore[no-untyped-call]
            return
        number = int(handed)
        vars(self).update(_sfd=number, _shd=_held(number, self.backlog))
        self._sso = socket.socket(fileno=number)
        self._sso.set_inheritable(True)


@click.command()
@click.option("--config", type=click.Path(path_type=Path), required=True)
def main(config: Path) -> None:
    """Serve the xAPI endpoint and the pages."""
    try:
        settings = load(config)
        web = settings.web
        if LISTENER not in os.environ:
            wait_until_free(web.host, web.port)
    except Exception as error:
        if (sentence := sentence_of(error)) is None:
            raise
        raise SystemExit(f"lms-bridge: {sentence}") from None
    logs.set_up(settings.log)
    os.environ[_CONFIG] = str(config)
    end_with_parent()
    _forked_heed_the_end()
    _Served(
        "webhook.__main__:application",
        factory=True,
        address=web.host,
        port=web.port,
        interface=Interfaces.WSGI,
        # While it does not know yet whether HTTP/1 or 2 is spoken there is no time-out.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_headers_milliseconds(web)),
        workers=1,
        blocking_threads=web.threads,
        backpressure=_room_for_connections(),
        log_enabled=False,
        workers_kill_timeout=_GRACE_SECONDS,
        respawn_failed_workers=True,
    ).serve()


def _forked_heed_the_end() -> None:
    """Let a process that is forked from this one end when it is told to, from its first moment.

    It begins with the handlers of this one, on which being told would be lost, until Granian has
    set up its own.
    """

    def heed() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        hear()

    def hear() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}),
        after_in_child=heed,
        after_in_parent=hear,
    )


def _headers_milliseconds(web: Web) -> int:
    """How long headers may take: less than a connection without headway, which is told of."""
    return int(1000 * min(_HEADERS_SECONDS, web.patience_seconds / 2))


def _room_for_connections() -> int:
    """How many connections may be open at once; makes room for them among the open files.

    A connection costs little until its headers are there. Attachments that arrive, and the
    database, need files as well.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 2 * _MOST_CONNECTIONS
    files = most if hard == resource.RLIM_INFINITY else min(hard, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return files // 2


if __name__ == "__main__":
    main()
