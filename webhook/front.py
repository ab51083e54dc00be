"""What the server calls: most requests go to a thread, and those that come all the time to none.

A request to store statements about which nothing has to be thought over
(:mod:`webhook.storing`) is read here, in the one thread that speaks to all connections, handed in
to be stored, and answered when it is. To hand it to a thread, and that one's answer back, takes
several times as long as all that is done about it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

import msgspec
import structlog
from flask import Flask

from lms_bridge.bridge import Bridge
from lms_bridge.intake import Request
from lms_bridge.store.group_commit import Closed
from webhook.arriving import in_turn
from webhook.exchange import Asked, Receive, Scope, Send, asked_in, environ_of
from webhook.in_threads import Body, InThreads
from webhook.meter import Meter
from webhook.storing import PATH, Plain, ShortWay, answer
from webhook.tally import Tally
from webhook.tracing import HEADER, name_of

log = structlog.get_logger(__name__)
_is_enabled = logging.getLogger(__name__).isEnabledFor

_Over: TypeAlias = Callable[[BaseException | None], None]
_PATH: Final = PATH.encode()
_MANY: Final = 64
"""requests that need not wait for others any more"""


class Front:
    """`app` as an application of ASGI, which some requests need not be begun of."""

    def __init__(self, bridge: Bridge, app: Flask) -> None:
        web = bridge.settings.web
        self._intake = bridge.intake
        self._short: ShortWay = app.extensions["short way"]
        self._meter: Meter = app.extensions["meter"]
        self._tally: Tally = app.extensions["tally"]
        self._told = _Told()
        self._handed: list[_Handed] = []
        turns = in_turn(app, threads=web.threads, patience_seconds=web.patience_seconds)
        self._in_threads = InThreads(turns, threads=web.threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request in a thread."""
        environ = environ_of(scope)
        has_body = "HTTP_TRANSFER_ENCODING" in environ or "CONTENT_LENGTH" in environ
        body = Body(scope, receive, has_more=has_body)
        # What is there already needs no thread to wait for it. Whoever asks first whether to send
        # it is to be told by the application.
        if has_body and "HTTP_EXPECT" not in environ:
            await body.go_on()
        await self._in_threads(environ, body, receive, send)

    def at_once(self, asked: Asked) -> bool:
        """Whether this request is answered by a call of its ``reply``.

        That is done later and by the loop. If it comes to nothing, it is passed on.
        """
        if asked.raw_path != _PATH or asked.method not in ("POST", "PUT"):
            return False
        begun = time.perf_counter()
        environ = asked_in(asked.method, _PATH, asked.query, asked.headers)
        plain = self._short.plain(environ)
        if plain is None:
            return False
        try:
            received = self._short.read(plain, bytes(asked.body))
        except Exception:  # whatever it is: it comes up once more where it is answered
            return False
        ids, rows = self._intake.request(plain.origin, received, under=plain.put_under)
        self._meter.begin()
        if not self._handed:
            asyncio.get_running_loop().call_soon(self._hand_in, 0)
        self._handed.append(_Handed(asked, plain, ids, rows, name_of(environ), begun))
        return True

    def _hand_in(self, before: int) -> None:
        """Hand in what has come at the same time, so that it is written together.

        As long as more come each time that the loop looks, which it does without waiting, they
        belong to it.
        """
        if before < len(self._handed) < _MANY:
            asyncio.get_running_loop().call_soon(self._hand_in, len(self._handed))
            return
        handed, self._handed = self._handed, []
        overs = [partial(self._over, each) for each in handed]
        requests = [each.rows for each in handed]
        if self._intake.stored_promptly(requests):
            for over in overs:
                _tell(over, None)
            return
        try:
            self._intake.hand_in(zip(requests, map(self._told.by, overs), strict=True))
        except Closed as error:
            for over in overs:
                _tell(over, error)

    def _over(self, handed: _Handed, error: BaseException | None) -> None:
        """Answer a request of which the statements are stored, or not because of an `error`."""
        asked, plain, ids, name = handed.asked, handed.plain, handed.ids, handed.name
        if error is not None:  # as above
            self._meter.leave()
            asked.pass_on()
            return
        sender = plain.origin.sender
        if _is_enabled(logging.DEBUG):
            log.debug("statements stored", sender=sender, statement=ids, request=name)
        self._tally.took(sender)
        status, headers, body = answer(ids, plain)
        self._meter.end(PATH, asked.method, status[:3], time.perf_counter() - handed.begun)
        asked.reply(int(status[:3]), [*headers, (HEADER, name)], body)


class _Handed(msgspec.Struct, frozen=True, gc=False):
    """A request whose statements are being stored."""

    asked: Asked
    plain: Plain
    ids: list[str]
    rows: Request
    name: str
    begun: float


class _Told:
    """What other threads tell the loop, which wakes up once for all that they have told."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[_Over, BaseException | None]] = deque()
        self._is_awake = False

    def by(self, over: _Over) -> _Over:
        """Whoever is told something by another thread, to have `over` told it by this loop."""
        loop = asyncio.get_running_loop()

        def told(error: BaseException | None) -> None:
            self._waiting.append((over, error))
            if not self._is_awake:
                self._is_awake = True
                loop.call_soon_threadsafe(self._tell)

        return told

    def _tell(self) -> None:
        self._is_awake = False  # first: what is told from now on wakes it up again
        while self._waiting:
            _tell(*self._waiting.popleft())


def _tell(over: _Over, error: BaseException | None) -> None:
    try:
        over(error)
    except Exception:
        log.exception("an answer could not be given")
