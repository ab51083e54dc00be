"""Certificates of Moodle's activity "Custom certificate" (the plugin mod_customcert).

Since 4.4.7 and 5.0.1 it has a web service that lists what was issued, with the PDF of each.
It knows the activity by the id of its instance, which is another than that in its address
(``view.php?id=57``), so that is looked up first. It makes the PDF anew each time; one that it
cannot make is null, or empty if the template has no page. All read in its source, and not tried.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from lms_bridge.http.trouble import unreadable
from lms_bridge.lms.moodle import values as v
from lms_bridge.lms.moodle.refusals import MoodleError
from lms_bridge.lms.moodle.webservice import WebService
from lms_bridge.reasons import Reason

FIND_ACTIVITY = "core_course_get_course_module"
LIST_ISSUES = "mod_customcert_list_issues"

_GUEST = "1"
"""id of the account that every site has and nobody is issued anything as"""
_NO_RECORD = "invalidrecord"


class Certificates:
    """The certificates that one site has issued."""

    def __init__(self, service: WebService) -> None:
        self._service = service
        self._instances: dict[str, str] = {}

    def of(self, user_id: str, activity: str) -> bytes | None:
        """The latest that the activity with that id has issued to the account."""
        instance = self._instances.get(activity) or self._instance(activity)
        self._instances[activity] = instance
        try:
            rows = self._service.rows(
                LIST_ISSUES,
                # Without a user or an instance it would list everybody's.
                userid=user_id or _GUEST,
                customcertid=instance,
                includepdf=bool(user_id),
                limit=1,
            )
        except MoodleError as error:
            if error.errorcode.startswith(_NO_RECORD):
                raise self._unknown_function() from None
            raise
        if not user_id or not rows:
            return None
        row = rows[0]
        if (_at(row, "user", "id"), _at(row, "issue", "customcertid")) != (user_id, instance):
            raise self._unreadable("brought the certificate of somebody else")
        try:
            content = base64.b64decode(_at(row, "pdf", "content"), validate=True)
        except (ValueError, binascii.Error):
            raise self._unreadable("brought a certificate that is not in base64") from None
        if not content.startswith(b"%PDF-"):
            raise self._unreadable("brought a certificate without its PDF")
        return content

    def _instance(self, activity: str) -> str:
        if not (activity.isascii() and activity.isdigit()):
            raise self._no_such(activity)
        try:
            answer = self._service.call(FIND_ACTIVITY, cmid=activity)
        except MoodleError as error:
            if error.errorcode.startswith((_NO_RECORD, "invalidcoursemodule")):
                raise self._no_such(activity) from None
            raise
        module = answer.get("cm") if isinstance(answer, dict) else None
        if not isinstance(module, dict):
            raise unreadable(self._service.remote, f"{FIND_ACTIVITY} brought no activity")
        instance = v.text(module.get("instance"))
        if v.text(module.get("modname")) != "customcert" or not instance.isdigit():
            raise self._no_such(activity)
        return instance

    def _no_such(self, activity: str) -> MoodleError:
        reason = Reason("lms_certificate_unknown", remote=self._service.remote, activity=activity)
        return MoodleError(reason, retryable=False)

    def _unknown_function(self) -> MoodleError:
        reason = Reason("lms_function_unknown", remote=self._service.remote, function=LIST_ISSUES)
        return MoodleError(reason, retryable=False)

    def _unreadable(self, what: str) -> Exception:
        return unreadable(self._service.remote, f"{LIST_ISSUES} {what}")


def _at(row: dict[str, Any], *path: str) -> str:
    value: Any = row
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return v.text(value)
