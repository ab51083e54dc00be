"""A WSGI application for a server that speaks ASGI: each request in a thread of a pool.

>>> application = InThreads(create_app(bridge), threads=512)
>>> await application(environ_of(scope), body, receive, send)

An answer that is there as a whole is handed over together with the end of the work, so that a
request costs two changes of threads. One that comes in pieces is passed on piece by piece, no
faster than it is taken; once nobody is there to take it no more of it is made.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from werkzeug.exceptions import ClientDisconnected

from webhook.exchange import CUT_OFF, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_BUFFER: Final = 1 << 16
_WITHOUT_BODY: Final = frozenset({"204", "304"})


class InThreads:
    """`application`, of which as many requests are worked on at once as there are `threads`."""

    def __init__(self, application: WSGIApplication, *, threads: int) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __call__(
        self, environ: WSGIEnvironment, body: Body, receive: Receive, send: Send
    ) -> None:
        """Answer a request that has that `body`."""
        loop = asyncio.get_running_loop()
        if body.has_more or body.is_cut_off:
            environ["wsgi.input"] = io.BufferedReader(_Coming(body, loop), _BUFFER)
        else:
            environ["wsgi.input"] = io.BytesIO(body.begun)
        answering = _Answering(None if body.has_more else receive, send, loop)
        work = loop.run_in_executor(self._threads, answering.work, self._application, environ)
        try:
            for message in await work:
                await send(message)
        except ConnectionAbortedError:
            pass  # what was not made any more is missed by nobody
        finally:
            answering.over()


class Body:
    """The body of a request, as far as it has come."""

    __slots__ = ("_receive", "_scope", "begun", "has_more", "is_cut_off")

    def __init__(self, scope: Scope, receive: Receive, *, has_more: bool) -> None:
        self._scope = scope
        self._receive = receive
        self.begun = b""
        """what has come and was not read yet"""
        self.has_more = has_more
        self.is_cut_off = False
        """whether it ended before its time, which nobody can tell by its length"""

    async def go_on(self) -> None:
        """Wait until more of it has come, or no more will."""
        message = await self._receive()
        self.begun += message.get("body", b"")
        self.has_more = message.get("more_body", False)
        is_over = message["type"] == "http.disconnect" or CUT_OFF in self._scope["state"]
        self.is_cut_off = is_over and not any(
            name == b"content-length" for name, _ in self._scope["headers"]
        )


class _Coming(io.RawIOBase):
    """A body for a thread that waits for it."""

    def __init__(self, body: Body, loop: asyncio.AbstractEventLoop) -> None:
        self._body = body
        self._loop = loop

    def readable(self) -> bool:
        """That is what it is for."""
        return True

    def readinto(self, into: WriteableBuffer) -> int:
        """Put there what has come; waits until there is something.

        Raises :exc:`werkzeug.exceptions.ClientDisconnected` at the end of a body that was cut off.
        """
        body, view = self._body, memoryview(into).cast("B")
        while not body.begun and body.has_more:
            asyncio.run_coroutine_threadsafe(body.go_on(), self._loop).result()
        if not body.begun and body.is_cut_off:
            raise ClientDisconnected
        count = min(len(view), len(body.begun))
        view[:count] = body.begun[:count]
        body.begun = body.begun[count:]
        return count


async def _end_of(receive: Receive) -> None:
    """Returns when the other side has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _Answering:
    """The answer to one request, made by a thread and sent by the loop."""

    def __init__(
        self, receive: Receive | None, send: Send, loop: asyncio.AbstractEventLoop
    ) -> None:
        """`receive` tells when the other side has gone, if nothing else is to come of it."""
        self._receive = receive
        self._send = send
        self._loop = loop
        self._messages: list[Message] = []
        """what is to be sent next"""
        self._left: int | None = None
        """how many bytes of the body are missing, as far as that was announced"""
        self._passing: Future[None] | None = None
        self._gone: asyncio.Task[None] | None = None

    def work(self, application: WSGIApplication, environ: WSGIEnvironment) -> list[Message]:
        """Have `application` answer; returns what is still to be sent in the end."""
        parts = application(environ, self._start)
        try:
            for part in parts:
                if part:
                    self._messages.append(_part(part))
                    if self._left is not None:
                        self._left -= len(part)
                    if self._left != 0:
                        self._pass_on()
        finally:
            if (close := getattr(parts, "close", None)) is not None:
                close()
        if self._passing is not None:
            self._passing.result()
        if self._messages and self._messages[-1]["type"] == "http.response.body":
            self._messages[-1]["more_body"] = False
        else:
            self._messages.append({"type": "http.response.body", "body": b"", "more_body": False})
        return self._messages

    def over(self) -> None:
        """Nobody waits any more for the other side to go away."""
        if self._gone is not None:
            self._gone.cancel()

    def _start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        if exc_info and self._passing is not None:
            raise exc_info[1].with_traceback(exc_info[2])
        code, told = status[:3], []
        self._left = None
        for name, value in headers:
            name = name.lower()
            if name == "date" or (name == "content-length" and code in _WITHOUT_BODY):
                continue  # the server says when it is, and what has no body has no length
            if name == "content-length":
                self._left = int(value)
            told.append((name.encode("latin-1"), value.encode("latin-1")))
        start = {"type": "http.response.start", "status": int(code), "headers": told}
        self._messages = [start]
        return self._write

    def _write(self, part: bytes) -> None:
        self._messages.append(_part(part))
        self._pass_on()

    def _pass_on(self) -> None:
        """Have the loop send what there is, once it has sent what there was before."""
        if self._passing is not None:
            self._passing.result()
            if self._gone is not None and self._gone.done():
                raise ConnectionAbortedError("nobody is there to take the answer")
        messages, self._messages = self._messages, []
        self._passing = asyncio.run_coroutine_threadsafe(self._send_all(messages), self._loop)

    async def _send_all(self, messages: Iterable[Message]) -> None:
        if self._gone is None and self._receive is not None:
            self._gone = asyncio.create_task(_end_of(self._receive))
        for message in messages:
            await self._send(message)


def _part(content: bytes) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": True}
