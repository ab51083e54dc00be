"""A portal that takes webhooks with the lines of Python that docs/lms.md shows, over real HTTP."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

from flask import Flask

from tests.simpeg.office import Office

PAGE = (Path(__file__).parents[2] / "docs" / "lms.md").read_text("utf-8")
(RECEIVER,) = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)


class Portal(Office):
    """What it was told, and the badges that it awarded; see :meth:`Office.order`."""

    def __init__(self) -> None:
        self.badges: list[dict[str, Any]] = []
        self.revoked: list[dict[str, Any]] = []
        super().__init__()
        shown: dict[str, Any] = {"__name__": __name__, "award": self._award, "revoke": self._revoke}
        exec(RECEIVER, shown)
        self.app = shown["app"]

    def routes(self, app: Flask) -> None:
        """Those of the page's own app."""

    def _award(self, db: sqlite3.Connection, data: dict[str, Any]) -> None:
        self.badges.append(data)

    def _revoke(self, db: sqlite3.Connection, data: dict[str, Any]) -> None:
        self.revoked.append(data)

    def headers(self) -> list[dict[str, str]]:
        """Those of each webhook that came, without their prefix."""
        return [
            {
                name.removeprefix("HTTP_WEBHOOK_").lower(): value
                for name, value in headers.items()
                if name.startswith("HTTP_WEBHOOK_")
            }
            for _, _, headers, _ in self.told
        ]
