"""``python -m webhook --config FILE``: serve the web application.

Run by ``lms-bridge serve``, which starts it again when it ends. One process, which speaks HTTP in
one thread (:mod:`webhook.serving`, :mod:`webhook.front`) and does the rest in others.
"""

from __future__ import annotations

import gc
import logging
import os
import resource
import socket
from pathlib import Path

import click
import structlog

from lms_bridge import logs
from lms_bridge.bridge import Bridge
from lms_bridge.config.loading import load
from lms_bridge.config.settings import Log, Web
from lms_bridge.memory import share_arenas
from lms_bridge.mendable import listen, sentence_of, wait_until_free
from lms_bridge.supervisor import LISTENER, end_with_parent
from webhook.headway import Headway

log = structlog.get_logger(__name__)

_MOST_CONNECTIONS = 4096


@click.command()
@click.option("--config", type=click.Path(path_type=Path), required=True)
def main(config: Path) -> None:
    """Serve the xAPI endpoint and the pages."""
    share_arenas()
    logs.set_up(Log())
    end_with_parent()
    try:
        settings = load(config)
        logs.set_up(settings.log)
        listener = _listener(settings.web)
    except Exception as error:
        if (sentence := sentence_of(error)) is None:
            raise
        raise SystemExit(f"lms-bridge: {sentence}") from None
    try:
        bridge = Bridge.open(config)
    except Exception as error:
        if (sentence := sentence_of(error)) is None:
            raise
        log.error("cannot serve", reason=sentence)
        raise SystemExit(1) from None  # and be started again, when it may have been mended
    _serve(bridge, listener)


def _serve(bridge: Bridge, listener: socket.socket) -> None:
    """Serve `bridge` until a signal says to end; does not return."""
    # They read much, for which nobody has to wait who made a mistake in the configuration.
    from webhook.app import create_app
    from webhook.front import Front
    from webhook.serving import HEADERS_SECONDS, Server

    app, web = create_app(bridge), bridge.settings.web
    Headway(port=web.port, seconds=web.patience_seconds).watch()
    server = Server(
        Front(bridge, app),
        connections=_room_for_connections(),
        # Less than a connection without headway has, which is told of.
        seconds=min(HEADERS_SECONDS, web.patience_seconds / 2),
    )
    # What has come until now stays. To look through all of it for what is not used any more would
    # keep a request waiting for a tenth of a second, every now and then.
    gc.collect()
    gc.freeze()
    server.serve_on(listener)
    app.extensions["tally"].flush()
    app.extensions["readers"].flush()
    logging.shutdown()
    os._exit(0)  # a thread that hangs would be waited for


def _listener(web: Web) -> socket.socket:
    """The socket to serve: the one that was handed to us, or one of our own."""
    handed = os.environ.get(LISTENER, "")
    if handed.isdecimal():
        return socket.socket(fileno=int(handed))
    wait_until_free(web.host, web.port)
    return listen(web.host, web.port)


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
