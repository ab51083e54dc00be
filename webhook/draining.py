"""Leaving the place to another process without anybody being refused.

Whoever ends simply closes the connections on which no request has begun, also those that were
taken a moment ago, or on which one is just being sent. So before it ends a process takes no more
connections and says to those that it has that each answer is the last one. The other process
listens on the same socket and takes all that are new.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lms_bridge.supervisor import DRAIN

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_OPEN = "/proc/self/fd"


def draining(application: WSGIApplication) -> WSGIApplication:
    """`application`, whose answers are the last of their connections once this is asked for."""
    asked = os.environ.get(DRAIN, "")
    if not asked.isdecimal():
        return application
    is_over = threading.Event()
    threading.Thread(target=_wait, args=(int(asked), is_over), name="drain", daemon=True).start()

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            if is_over.is_set() and not any(name.lower() == "connection" for name, _ in headers):
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *more)

        return application(environ, start)

    return call


def _wait(asked: int, is_over: threading.Event) -> None:
    with suppress(OSError):
        if os.read(asked, 1):
            is_over.set()
            take_no_more()


def take_no_more() -> None:
    """Have this process take no connection any more; others that share the socket still do.

    The number of the socket becomes that of another one, to which nobody connects. The socket
    itself cannot be shut down, for then nobody could take from it.
    """
    with socket.create_server(("127.0.0.1", 0)) as nowhere:
        nowhere.setblocking(False)
        for name in os.listdir(_OPEN):
            number = int(name)
            with suppress(OSError):
                if number != nowhere.fileno() and _listens(number):
                    os.dup2(nowhere.fileno(), number)


def _listens(number: int) -> bool:
    with socket.socket(fileno=os.dup(number)) as copy:
        return bool(copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
