"""The door of the console: from where ``[console] access`` lets anybody in to sign in."""

from __future__ import annotations

from flask import Response

from lms_bridge.config.settings import Console
from webhook.peer import is_from_here


class Door:
    """Lets in whoever is on this machine, or whoever comes, as configured."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def admit(self) -> Response | None:
        """None to let the request in, else the answer that keeps it out."""
        if self._console.access == "loopback" and not is_from_here():
            return _out(
                403,
                "The console is shown on this machine only, at http://127.0.0.1 or by a tunnel to"
                ' it; [console] access = "network" opens it to others.',
            )
        return None


def _out(status: int, message: str) -> Response:
    return Response(message + "\n", status, mimetype="text/plain")
