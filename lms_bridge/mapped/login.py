"""Logging in: having a token issued by a request that the configuration describes."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lms_bridge.http.client import Answer, HttpClient, NoAnswerError
from lms_bridge.http.surroundings import Issued
from lms_bridge.http.tokens import LIFETIME
from lms_bridge.http.trouble import (
    by_status,
    credentials_rejected,
    no_answer,
    shortened,
    unavailable,
    unreadable,
)
from lms_bridge.http.values import decimal, text
from lms_bridge.mapped.answers import Judgement, judge, rules_of
from lms_bridge.mapped.dates import moment
from lms_bridge.mapped.reading import first
from lms_bridge.mapped.requests import Prepared
from lms_bridge.mapped.settings import Described, Login, Path

NAME = "login"
_COOKIE = r"(?:^|, *){}=([^;,\s]+)"
"""in a ``Set-Cookie``, of which there may be several, one behind the other"""
_SINCE_1970 = 1e9
"""seconds that are no lifetime any more but a time, counted from 1970"""


def log_in(
    http: HttpClient,
    remote: str,
    settings: Described,
    request: Prepared,
    values: Mapping[str, Any],
    *,
    hidden: Sequence[str],
    credential: str,
    note: Callable[[Issued], None],
) -> tuple[str, float]:
    """Log in with `values`: the token, and how many seconds it lives.

    `credential` is the setting that is no good if the registry refuses; what is issued is told
    to `note`.
    """
    login = settings.auth.login
    assert login is not None, "the configuration was checked"
    asked = request.fill(values)
    try:
        answer = http.exchange(
            asked.method,
            asked.url,
            headers=asked.headers,
            json=asked.json,
            form=asked.form,
            body=asked.body,
            secret=True,
            hidden=hidden,
        )
    except NoAnswerError as failure:
        raise no_answer(remote, failure) from None
    judged = judge(answer, rules_of(login, settings.answers), settings.messages)
    token = _issued(login, answer, judged)
    if token and answer.status < 300:
        seconds = lifetime(judged.body, login.expires)
        note(Issued(NAME, credential, token, seconds))
        return token, seconds or LIFETIME
    # What it answers may repeat what was sent.
    answer, judged = answer.without(hidden), judged.without(hidden)
    if _is_refusal(judged, answer.status):
        raise credentials_rejected(remote, credential, shortened(judged.message))
    if judged.means in ("retry", "unanswered"):
        raise unavailable(remote, judged.message, retry_after=answer.retry_after())
    if judged.means == "success":
        error = f"the login brought no token at “{_shown(login.token)}” (auth.login.token)"
        raise unreadable(remote, error, remote_wide=True)
    raise by_status(remote, answer, setting=f"{remote}.auth.login.path")


def _issued(login: Login, answer: Answer, judged: Judgement) -> str:
    """The token in the answer; a cookie as it is sent back, ``name=value``."""
    if not (name := login.cookie):
        return text(first(judged.body, login.token))
    # Such systems set a cookie for everybody who comes by; it is the answer that says who is in.
    if judged.means != "success":
        return ""
    set_again = re.findall(_COOKIE.format(re.escape(name)), answer.headers.get("Set-Cookie", ""))
    return f"{name}={set_again[-1]}" if set_again else ""


def lifetime(body: Any, path: Path) -> float | None:
    """The seconds that a token lives, from what stands at `path`; None where that is unclear.

    >>> lifetime({"expires_in": "1800"}, "expires_in")
    1800.0
    """
    said = first(body, path) if path else None
    if isinstance(said, int | float) and not isinstance(said, bool):
        seconds: float | None = float(said)
    else:
        seconds = decimal(said)
    if seconds is not None and seconds > _SINCE_1970:
        seconds -= time.time()
    elif seconds is None and (until := moment(text(said))):
        seconds = (until - dt.datetime.now(dt.UTC)).total_seconds()
    return seconds if seconds is not None and 0 < seconds < _SINCE_1970 else None


def _is_refusal(judged: Judgement, status: int) -> bool:
    """Whether the registry does not let the bridge in. Where no rule knows its answer, 400 and
    the like say so: a password must not be tried again and again, which locks accounts."""
    if judged.means in ("credentials", "refused", "none"):
        return True
    return judged.means == "unclear" and bool(judged.body) and status in (400, 401, 403, 404, 422)


def _shown(path: Path) -> str:
    return path if isinstance(path, str) else " | ".join(path)
