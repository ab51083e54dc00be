"""What a server that speaks ASGI does, for an application of ours and without a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from webhook.exchange import CUT_OFF, Headers, Message, Receive, Scope, Send

Result = TypeVar("Result")
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def scope(method: str = "GET", path: str = "/", query: str = "", **more: Any) -> Scope:
    """A request without its body; `more` is as ASGI calls it."""
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [],
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 40000),
        "state": {},
    } | more


class Exchange:
    """One request to `application`, of which the body comes in `pieces`, and its answer.

    With `gone` the other side goes away when so many messages of the answer were sent; with
    `cut_off` it stops to send before the request is whole, and still takes the answer.
    """

    def __init__(
        self, *pieces: bytes, gone: int | None = None, cut_off: bool = False, **asked: Any
    ) -> None:
        self.scope = scope(**asked)
        self.sent: list[Message] = []
        self._pieces = list(pieces) or [b""]
        self._gone = gone
        self._cut_off = cut_off
        self._has_gone = asyncio.Event()

    async def receive(self) -> Message:
        if self._pieces:
            piece = self._pieces.pop(0)
            if self._cut_off and not self._pieces:
                self.scope["state"][CUT_OFF] = True
            return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}
        await self._has_gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(dict(message))
        if self._gone is not None and len(self.sent) >= self._gone:
            self._has_gone.set()
        await asyncio.sleep(0)

    async def with_(self, application: Application) -> Exchange:
        """Have it answered, at once if it can be."""
        at_once = getattr(application, "at_once", None)
        if at_once is not None and len(self._pieces) == 1 and not self._cut_off:
            over: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            taken = at_once(_Asked(self, over))
            if taken and await asyncio.wait_for(over, 30):
                return self
        await asyncio.wait_for(application(self.scope, self.receive, self.send), 30)
        return self

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name.decode(), value.decode()) for name, value in self.sent[0]["headers"]]

    @property
    def body(self) -> bytes:
        *before, last = self.sent[1:]
        assert all(each["more_body"] for each in before)
        assert not last.get("more_body")
        return b"".join(each["body"] for each in self.sent[1:])


class _Asked:
    """The request of an exchange, as a connection has it that is there as a whole."""

    def __init__(self, exchange: Exchange, over: asyncio.Future[bool]) -> None:
        scope = exchange.scope
        self.method: str = scope["method"]
        self.raw_path: bytes = scope["raw_path"]
        self.query: bytes = scope["query_string"]
        self.headers: Headers = scope["headers"]
        self.body = exchange._pieces[0]
        self._exchange = exchange
        self._over = over

    def reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        lines = [(name.lower().encode(), value.encode()) for name, value in headers]
        start = {"type": "http.response.start", "status": status, "headers": lines}
        self._exchange.sent += [start, {"type": "http.response.body", "body": body}]
        self._over.set_result(True)

    def pass_on(self) -> None:
        self._over.set_result(False)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """What comes of `work`, in a loop of its own; this thread may have one that runs."""
    with ThreadPoolExecutor(1, thread_name_prefix="loop") as thread:
        return thread.submit(asyncio.run, work).result()


def fronted(application: Application) -> Any:
    """`application`, as a WSGI application for a client that tests those."""

    def call(environ: Any, start_response: Any) -> Iterable[bytes]:
        names = {name: name.removeprefix("HTTP_") for name in environ if name.startswith("HTTP_")}
        names |= {name: name for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
        body = environ["wsgi.input"].read()
        exchange = Exchange(
            body,
            cut_off=len(body) < int(environ.get("CONTENT_LENGTH") or 0),
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            query=environ["QUERY_STRING"],
            headers=[
                (name.replace("_", "-").lower().encode(), environ[variable].encode("latin-1"))
                for variable, name in names.items()
            ],
        )
        run(exchange.with_(application))
        # Names of headers are written as everywhere, so that two ways can be compared.
        headers = [(name.title(), value) for name, value in exchange.headers]
        start_response(f"{exchange.status} STATUS", headers)
        return [exchange.body]

    return call
