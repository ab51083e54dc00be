"""What every outside system can suffer from, as delivery errors.

The adapters judge what a remote *says*; here is what is the same for all of them: no
answer, an answer that is not the API's, an address that has moved, a secret that is not
there. `remote` is the remote as deliveries call it: ``lms.moodle``, ``registry.siasn``.
"""

from __future__ import annotations

import html
import json
import re

from lms_bridge.config.secrets import Secret, SecretMissing
from lms_bridge.errors import DeliveryError
from lms_bridge.http.client import Answer, NoAnswerError
from lms_bridge.http.notes import shown
from lms_bridge.reasons import Reason
from lms_bridge.redaction import redact
from lms_bridge.text import storable

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def shortened(text: str, limit: int = 300) -> str:
    """What a remote said, fit for a sentence: in one line, redacted, cut."""
    line = " ".join(redact(storable(text[: 20 * limit])).split())
    return line if len(line) <= limit else line[:limit].rstrip() + "…"


def excerpt(answer: Answer) -> str:
    """A few words of an answer that is not as it should be: its status, and what it shows.

    Of a page the title, or else its words; of JSON the values that may be seen.
    """
    text = answer.text().strip()
    if text.startswith(("{", "[")):
        text = json.dumps(shown(text), ensure_ascii=False)
    elif "<" in text:
        text = text[:20_000]
        title = _TITLE.search(text)
        text = html.unescape(title[1] if title else _UNSEEN.sub(" ", text))
    words = shortened(text, 120)
    return f"HTTP {answer.status}, “{words}”" if words else f"HTTP {answer.status}, empty"


def no_answer(remote: str, failure: NoAnswerError, *, writing: bool = False) -> DeliveryError:
    """The error for a call that brought no whole answer."""
    if failure.maybe_sent and writing:
        return outcome_unknown(remote, failure.what)
    return unavailable(remote, failure.what)


def by_status(remote: str, answer: Answer, *, setting: str, writing: bool = False) -> DeliveryError:
    """The error for an answer whose body does not say what is wrong.

    `setting` names the address in the configuration, for the case that it is not right.
    """
    if 300 <= answer.status < 400:
        return moved(remote, setting, answer.headers.get("Location", "another address"))
    if answer.status != 429 and writing:
        return outcome_unknown(remote, excerpt(answer))
    if answer.status == 429 or answer.status >= 500:
        return unavailable(remote, excerpt(answer), retry_after=answer.retry_after())
    return unreadable(remote, excerpt(answer), remote_wide=True)


def credentials_rejected(
    remote: str, credential: str, message: str, *, setting: str = "", retryable: bool = False
) -> DeliveryError:
    """The remote does not let the bridge in.

    `credential` is what it was offered, and `setting` where that stands below `remote`, if it is
    not called the same. Not `retryable`: it is certain at once.
    """
    return DeliveryError(
        Reason(
            "credentials_rejected",
            remote=remote,
            credential=credential,
            message=message,
            setting=f"{remote}.{setting or credential}",
        ),
        retryable=retryable,
        remote_wide=True,
    )


def unavailable(remote: str, error: str, *, retry_after: float | None = None) -> DeliveryError:
    """The remote cannot be used now, and nothing was done."""
    return DeliveryError(
        Reason("remote_unavailable", remote=remote, error=error),
        retryable=True,
        remote_wide=True,
        retry_after=retry_after,
    )


def unreadable(remote: str, error: str, *, remote_wide: bool = False) -> DeliveryError:
    """The answer to a question is not in the API's form; `remote_wide` if it is nobody's answer."""
    return DeliveryError(
        Reason("unreadable_answer", remote=remote, error=error),
        retryable=True,
        remote_wide=remote_wide,
    )


def outcome_unknown(remote: str, error: str) -> DeliveryError:
    """The write may have taken effect; it is to be looked up before it is sent again."""
    return DeliveryError(
        Reason("outcome_unknown", remote=remote, error=error),
        retryable=True,
        remote_wide=True,
        outcome_unknown=True,
    )


def moved(remote: str, setting: str, location: str) -> DeliveryError:
    """The address sends callers on to another one, which is not followed."""
    return DeliveryError(
        Reason("remote_moved", remote=remote, location=shortened(location), setting=setting),
        retryable=False,
        remote_wide=True,
    )


def read_secret(secret: Secret, remote: str, setting: str) -> str:
    """The value of `secret`; the error, when it is not there, names `setting`."""
    try:
        return secret.read().strip()
    except (SecretMissing, UnicodeError) as error:
        raise DeliveryError(
            Reason("secret_missing", remote=remote, setting=setting, error=error),
            retryable=False,
            remote_wide=True,
        ) from None
