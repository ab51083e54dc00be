"""A small WSGI server for the sandboxes, which can do what a good server never would.

It keeps connections alive (HTTP/1.1), as the remote systems do and clients rely on; it lets
an application refuse to answer (:exc:`NoAnswerError`) or wait until the client has given up
(:data:`CLIENT_GONE`); and it can be stopped in mid-sentence and started again on the same
port, like a remote that goes down, while the application keeps its state.

The servers that come with Flask and the standard library close each connection after one
answer or send it in several small packets, which would make every benchmark a measurement
of theirs.
"""

from __future__ import annotations

import io
import logging
import select
import socket
import socketserver
import struct
import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

CLIENT_GONE = "lms_bridge.client_gone"
"""key of the environ: a function that waits so many seconds at most for the client to hang up,
and says whether it did"""

log = logging.getLogger(__name__)


class NoAnswerError(Exception):
    """Raised by an application: the connection is reset without an answer."""


class Server:
    """Serves `app` on `host`:`port` in background threads; port 0 takes any free one.

    >>> def hello(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain")])
    ...     return [b"hello"]
    >>> with Server(hello) as server:
    ...     server.url  # doctest: +ELLIPSIS
    'http://127.0.0.1:...'
    """

    def __init__(self, app: WSGIApplication, port: int = 0, host: str = "127.0.0.1") -> None:
        self.app = app
        self.host = host
        self.port = port
        self._listener: _Listener | None = None

    @property
    def url(self) -> str:
        """Address of the server, without a slash at the end; known once it was started."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Self:
        """Listen; after :meth:`stop` on the same port as before."""
        if self._listener is None:
            listener = _Listener((self.host, self.port), self.app)
            self.port = listener.server_address[1]
            threading.Thread(
                target=listener.serve_forever,
                kwargs={"poll_interval": 0.02},
                name=f"sandbox-{self.port}",
                daemon=True,
            ).start()
            self._listener = listener
        return self

    def stop(self) -> None:
        """Go down at once: refuse new connections and cut those that are open."""
        listener, self._listener = self._listener, None
        if listener is not None:
            _shut(listener.socket)  # wakes the thread that waits for connections
            listener.shutdown()
            listener.server_close()
            listener.cut()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    server_address: tuple[str, int]

    def __init__(self, address: tuple[str, int], app: WSGIApplication) -> None:
        self.app = app
        self.open: set[socket.socket] = set()
        self.open_lock = threading.Lock()
        self.down = False
        super().__init__(address, _Connection)

    def cut(self) -> None:
        """End the connections that clients keep open; `down` catches those just accepted."""
        with self.open_lock:
            self.down = True
            connections = list(self.open)
        for connection in connections:
            _shut(connection)

    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)  # no FIN beforehand, which would spoil a reset

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # a client that hangs up is no news
            log.exception("The sandbox's connection failed")


class _Connection(socketserver.StreamRequestHandler):
    """One client's connection: request after request, until either side ends it."""

    server: _Listener
    connection: socket.socket
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        with self.server.open_lock:
            self.server.open.add(self.connection)
            down = self.server.down
        if down:
            _shut(self.connection)

    def finish(self) -> None:
        with self.server.open_lock:
            self.server.open.discard(self.connection)
        super().finish()

    def handle(self) -> None:
        while (environ := self._read()) is not None:
            try:
                answer = _run(self.server.app, environ)
            except NoAnswerError:
                _reset(self.connection)
                return
            last = environ.get("HTTP_CONNECTION", "").lower() == "close"
            self.connection.sendall(answer.encode(last))
            if last:
                return

    def _read(self) -> dict[str, Any] | None:
        """The next request as a WSGI environ, with its body read; None at the end."""
        line = self.rfile.readline(65536).decode("latin-1").split()
        if len(line) != 3:
            return None
        method, target, protocol = line
        path, _, query = target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": self.server.server_address[0],
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": protocol,
            "REMOTE_ADDR": self.client_address[0],
            "REMOTE_PORT": str(self.client_address[1]),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            CLIENT_GONE: self._client_gone,
        }
        while header := self.rfile.readline(65536).decode("latin-1").strip():
            name, _, value = header.partition(":")
            key = name.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            environ[key] = value.strip()
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = io.BytesIO(self.rfile.read(length))
        return environ

    def _client_gone(self, seconds: float) -> bool:
        """Wait `seconds` at most for the client to close the connection; whether it did."""
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            if not poll.poll(left * 1000):
                continue
            try:
                if self.connection.recv(1, socket.MSG_PEEK):
                    time.sleep(0.01)  # the client sends on instead of hanging up
                    continue
            except OSError:
                pass
            return True
        return False


class _Answer:
    """Collects what the application says, to be sent in one piece."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Any:
        self.status, self.headers = status, headers
        return None

    def encode(self, last: bool) -> bytes:
        headers = [header for header in self.headers if header[0].lower() != "content-length"]
        headers.append(("Content-Length", str(len(self.body))))
        headers.append(("Connection", "close" if last else "keep-alive"))
        lines = [f"HTTP/1.1 {self.status}", *(f"{name}: {value}" for name, value in headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def _run(app: WSGIApplication, environ: dict[str, Any]) -> _Answer:
    answer = _Answer()
    try:
        answer.body = b"".join(app(environ, answer.start_response))
    except NoAnswerError:
        raise
    except Exception:
        log.exception(
            "The sandbox failed at %s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"]
        )
        answer.status, answer.headers = "500 Sandbox Bug", [("Content-Type", "text/plain")]
        answer.body = b"The sandbox itself failed; its log says why."
    return answer


def _reset(connection: socket.socket) -> None:
    """Make the close that follows a "connection reset by peer", not an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already closed by its own thread
