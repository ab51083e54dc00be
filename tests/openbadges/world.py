"""One who issues badges, what somebody has earned, and the network as a verifier sees it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec

from lms_bridge.openbadges import issuing
from lms_bridge.openbadges.earned import Badge, Competency, Earned, Evidence
from lms_bridge.openbadges.untrue import Untrue

HOME = "https://bridge.example"
DID = "did:web:bridge.example"
FRAMEWORK = "Permen PANRB 38/2017"
THEN = dt.datetime(2026, 3, 20, 2, 30, 15, tzinfo=dt.UTC)
TODAY = dt.datetime(2026, 11, 26, 9, 41, tzinfo=dt.UTC)

BADGE = Badge(
    key="kerja-sama/3",
    name="Kerja Sama & Komunikasi",
    description="Membangun kerja sama antarunit.",
    criteria="Menyelesaikan tiga pelatihan.",
    competencies=(
        Competency(name="Kerja Sama", level=3, framework=FRAMEWORK, code="KS"),
        Competency(name="Komunikasi", level=3, framework=FRAMEWORK),
    ),
)
EARNED = Earned(
    public_id="Zk3v0b2mQ1eY7uWc9xTqLA",
    status_index=94_567,
    name="SITI RAHMAWATI, S.E. – ]]>",
    badge=BADGE,
    earned_at=THEN,
    evidence=(
        Evidence(course="Lokakarya", organiser="BKPSDM", hours=10, day=dt.date(2026, 3, 2)),
        Evidence(course="Mentoring", organiser="Diskominfo", hours=5, day=dt.date(2026, 3, 20)),
    ),
)


def earned(**changes: Any) -> Earned:
    return msgspec.structs.replace(EARNED, **changes)


class World:
    """An issuer with keys in `folder`, and what is fetched from it."""

    def __init__(self, folder: Path, home: str = HOME) -> None:
        self.issuing = issuing.at(
            home, folder / "keys", name="BKPSDM", url="https://bkpsdm.example", email="b@example"
        )
        self.home = home
        self.revoked: set[int] = set()
        self.now = dt.datetime.now(dt.UTC)
        self.asked: list[str] = []
        self.lists_as_jwt = False
        """whether all status lists are JWTs, as openbadgeslib wants them"""

    def fetch(self, address: str, *_: Any, **__: Any) -> bytes:
        self.asked.append(address)
        if address.endswith("/did.json"):
            return self.issuing.did_document()
        if address == f"{self.home}/badges/status/0" and not self.lists_as_jwt:
            return self.issuing.status_list(0, self.revoked, self.now)
        if address.startswith(f"{self.home}/badges/status/0"):
            return self.issuing.status_jwt(0, self.revoked, self.now).encode()
        raise Untrue("%(address)s cannot be reached", address=address)
