"""Program certificates of the Credentials service: what comes nearest to a badge in Open edX.

The badges of the Credentials service are issued by Credly or Accredible when an event of the LMS
meets their requirements, and no request has one issued (``apps/badges``). A program certificate is
awarded by one request, shown at an address of its own, and revoked by another.

Awarding is idempotent: there is one credential of a program for each username
(``credentials/issuers.py``). It asks nobody whether there is such an account; so that is looked up
first. Filtering by a program brings the certificates of its courses as well (``v2/filters.py``).
"""

from __future__ import annotations

from typing import Any

from lms_bridge.errors import DeliveryError
from lms_bridge.http.values import text
from lms_bridge.lms.base import BadgeAward, IssuedBadge
from lms_bridge.lms.openedx.learning import Learning
from lms_bridge.lms.openedx.service import Row, Service
from lms_bridge.mapped.dates import moment
from lms_bridge.reasons import Reason

CREDENTIALS = "/api/v2/credentials/"
AWARDED = "awarded"


class Awards:
    """The program certificates of one site."""

    def __init__(self, service: Service, learning: Learning) -> None:
        self._service = service
        self._learning = learning
        self._url = service.credentials + CREDENTIALS

    def find(self, username: str, award: BadgeAward) -> IssuedBadge | None:
        """The certificate of the program, if the account has it."""
        if not self._service.credentials or award.route != "direct":
            return None
        rows = self._service.rows(
            self._url, username=username, program_uuid=award.key, status=AWARDED
        )
        for row in rows:
            if _program_of(row) == _plain(award.key) and row.get("username") == username:
                return self._issued(row, award.name)
        return None

    def award(self, username: str, award: BadgeAward, note: str) -> IssuedBadge | None:
        """Award it."""
        self._make_sure(award)
        if not self._learning.find("id", [username]):
            reason = Reason("lms_account_gone", remote=self._service.remote, account=username)
            raise DeliveryError(reason, retryable=False)
        row = self._service.write(
            "POST",
            self._url,
            {
                "username": username,
                "credential": {"program_uuid": award.key},
                "status": AWARDED,
                "attributes": [{"name": "lms-bridge", "value": note}],
            },
        )
        return self._issued(row, award.name) if row else None

    def find_issued(self, uuid: str) -> IssuedBadge | None:
        """The certificate with that id; None if it was revoked."""
        if not (self._service.credentials and uuid):
            return None
        row = self._service.ask(f"{self._url}{uuid}/")
        if not isinstance(row, dict) or row.get("status") != AWARDED:
            return None
        return self._issued(row, "")

    def revoke(self, username: str, award: BadgeAward, uuid: str) -> None:
        """Revoke it; one that is not there is none to revoke."""
        found = self.find(username, award)
        if which := (found.hash if found else uuid):
            # It deletes nothing: the credential stays there as a revoked one.
            self._service.write("DELETE", f"{self._url}{which}/")

    def _make_sure(self, award: BadgeAward) -> None:
        remote = self._service.remote
        if award.route != "direct":
            reason = Reason("badge_route_unknown", remote=remote, route=award.route)
            raise DeliveryError(reason, retryable=False)
        if not self._service.credentials:
            reason = Reason("badges_not_taken", remote=remote, badge=award.name)
            raise DeliveryError(reason, retryable=False)

    def _issued(self, row: Row, name: str) -> IssuedBadge:
        uuid = text(row.get("uuid"))
        return IssuedBadge(
            id=uuid,
            name=name or _program_of(row),
            hash=uuid,
            link=text(row.get("certificate_url")),
            issued_at=moment(text(row.get("modified"))),
            revoke_page=f"{self._service.credentials}/admin/credentials/usercredential/?q={uuid}",
        )


def _program_of(row: Row) -> str:
    credential: Any = row.get("credential")
    if not isinstance(credential, dict) or credential.get("type") != "program":
        return ""
    return _plain(text(credential.get("program_uuid")))


def _plain(uuid: str) -> str:
    return uuid.replace("-", "").casefold()
