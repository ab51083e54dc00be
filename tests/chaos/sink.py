"""What statements are sent on to, what is told of events, and who gets the letters."""

from __future__ import annotations

import email
import email.policy
import json
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Sink:
    """What statements are sent on to, and what is told of events: it keeps everything, in order."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.events: list[tuple[str, str]] = []
        self.letters: list[str] = []
        self.refuses: Counter[str] = Counter()
        """how often each is still to say that it cannot"""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        answer = []
        if self._refuses(request.path):
            return Response(status=503)(environ, start_response)
        if request.path == "/events":
            said = json.loads(request.data)
            self.events.append((request.headers["webhook-id"], said["type"]))
        else:
            answer = [one["id"] for one in json.loads(_first_part(request))]
            self.statements += answer
        return Response(json.dumps(answer), content_type="application/json")(
            environ, start_response
        )

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self._refuses("mail"):
            return "451 later"
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.letters.append(str(letter["Message-ID"]))
        return "250 OK"

    def _refuses(self, what: str) -> bool:
        refused = self.refuses[what] > 0
        self.refuses[what] -= refused
        return refused


def _first_part(request: Request) -> bytes:
    """The statements of a request, without the data of their attachments."""
    boundary = request.mimetype_params.get("boundary")
    if boundary is None:
        return request.data
    part = request.data.split(f"--{boundary}".encode())[1]
    return part.partition(b"\r\n\r\n")[2]
