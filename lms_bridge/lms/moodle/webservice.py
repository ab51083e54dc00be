"""One call of a Moodle web-service function over REST.

The call is a POST of form fields with PHP's brackets, the token among them: Moodle
understands neither JSON bodies nor an Authorization header, and a token in the URL would
end up in access logs (Moodle facts, section 3).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError
from lms_bridge.http.client import Answer, HttpClient, NoAnswerError
from lms_bridge.http.gate import OPEN, Gate
from lms_bridge.http.trouble import (
    by_status,
    excerpt,
    no_answer,
    read_secret,
    unavailable,
    unreadable,
)
from lms_bridge.lms.moodle.refusals import MoodleError, feature_off, refusal, token_rejected
from lms_bridge.lms.moodle.settings import MoodleSettings

SITE_INFO = "core_webservice_get_site_info"
MOST_VALUES = 900
"""of an array in one call: PHP cuts what exceeds ``max_input_vars`` (1000), and says nothing"""

_WRITING = frozenset(
    {
        "core_competency_grade_competency",
        "core_competency_grade_competency_in_course",
        "core_competency_grade_competency_in_plan",
        "core_cohort_add_cohort_members",
        "core_cohort_delete_cohort_members",
    }
)
_XML_ERRORCODE = re.compile(r"<ERRORCODE>([^<]*)</ERRORCODE>")


class WebService:
    """The web services of one site. Threads may share it."""

    def __init__(self, name: str, settings: MoodleSettings, gate: Gate = OPEN) -> None:
        self.remote = f"lms.{name}"
        self.url = settings.url.rstrip("/")
        self._token: Secret = settings.token
        self._http = HttpClient(settings, gate)

    def call(self, function: str, /, **params: Any) -> Any:
        """What `function` answers to `params`, which may be nested.

        >>> service.call("core_user_get_users_by_field", field="id", values=["4", "5"])
        [{'id': 4, ...}, {'id': 5, ...}]

        Raises :exc:`~lms_bridge.errors.DeliveryError`.
        """
        try:
            return self._call(function, params)
        except MoodleError as error:
            if error.errorcode != "accessexception":
                raise
            raise self._access_refused(function, error) from None

    def rows(self, function: str, /, **params: Any) -> list[dict[str, Any]]:
        """What `function` answers where the answer is a list of objects."""
        return self.listed(self.call(function, **params), function)

    def assertion(self, badge_hash: str) -> dict[str, Any] | None:
        """The public page of a badge that was issued, as data; None if it was revoked."""
        try:
            answer = self._http.exchange(
                "GET", f"{self.url}/badges/assertion.php?{urlencode({'b': badge_hash})}"
            )
        except NoAnswerError as failure:
            raise no_answer(self.remote, failure) from None
        if answer.status == 410:
            return None
        found = read_answer(self.remote, "badges/assertion.php", answer)
        if isinstance(found, dict):
            return found
        raise unreadable(self.remote, "badges/assertion.php brought no badge")

    def listed(self, value: Any, function: str) -> list[dict[str, Any]]:
        """`value`, which must be a list of objects."""
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        raise unreadable(self.remote, f"{function} brought no list")

    def _access_refused(self, function: str, error: MoodleError) -> MoodleError:
        """Whose fault an ``accessexception`` is, the function's or the token's.

        Moodle says the same for a function that the service lacks, and for a token that has
        just expired, is bound to another address or whose account may not use the service.
        The one function that every service should have tells them apart.
        """
        if function != SITE_INFO:
            try:
                self._call(SITE_INFO, {})
            except MoodleError as same:
                if same.errorcode != "accessexception":  # an expired token, from now on
                    return same
            else:
                return error
        return token_rejected(
            self.remote,
            "Access control exception (it has expired, it is bound to another address, or its"
            " account may not use the service)",
        )

    def _call(self, function: str, params: Mapping[str, Any]) -> Any:
        form = {
            "wstoken": read_secret(self._token, self.remote, f"{self.remote}.token"),
            "wsfunction": function,
            "moodlewsrestformat": "json",
            **dict(php_fields(params)),
        }
        try:
            answer = self._http.exchange(
                "POST",
                f"{self.url}/webservice/rest/server.php",
                form=form,
                noted={"wsfunction": function, **params},
            )
        except NoAnswerError as failure:
            raise no_answer(self.remote, failure, writing=function in _WRITING) from None
        return read_answer(self.remote, function, answer)


def php_fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """`value` as PHP's form fields; what is None is left out.

    >>> dict(php_fields({"field": "id", "values": ["4", "5"]}))
    {'field': 'id', 'values[0]': '4', 'values[1]': '5'}
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from php_fields(item, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from php_fields(item, f"{name}[{number}]")
    elif isinstance(value, bool):
        yield name, str(int(value))
    elif value is not None:
        yield name, str(value)


def read_answer(remote: str, function: str, answer: Answer) -> Any:
    """What the answer brought (None too is an answer), or the error that it means."""
    text = answer.text().strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise _no_json(remote, function, answer, text) from None
    if isinstance(value, dict) and ("exception" in value or "errorcode" in value):
        code, message = value.get("errorcode"), value.get("message")
        raise refusal(
            remote,
            function,
            code if isinstance(code, str) else "",
            message if isinstance(message, str) else "no message",
        )
    if answer.status != 200:
        raise _no_json(remote, function, answer, text)
    return value


def _no_json(remote: str, function: str, answer: Answer, text: str) -> DeliveryError:
    """The error for an answer that is not a web service's (Moodle facts, section 3)."""
    if answer.status == 403 and not text:
        message = "HTTP 403 without a word"
        return feature_off(remote, "The web-service or REST protocol", message, remote_wide=True)
    if answer.status == 503:  # the page of the maintenance mode, before anything is done
        return unavailable(remote, excerpt(answer), retry_after=answer.retry_after())
    if errorcode := _XML_ERRORCODE.search(text):
        # XML is for callers that ask for no format: the form fields were lost on the way.
        error = f"XML with {errorcode[1]}, so the fields of the request did not reach it"
        return unreadable(remote, error, remote_wide=True)
    writing = function in _WRITING
    return by_status(remote, answer, setting=f"{remote}.url", writing=writing)
