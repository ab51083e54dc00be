"""What an answer of WS SIASN means, judged by its body.

The status helps little: 200 carries refusals, 404 says that a list is empty, and at least
four envelopes are in use (registry facts, section 2). :func:`judge` knows them all, and the
faults of the two systems in front of the API, WSO2 (APIM) and Keycloak (SSO).

>>> judge(Answer(404, {}, b'{"code":0,"data":"Data tidak ditemukan"}')).kind
'none'
"""

from __future__ import annotations

import html
import re
from typing import Any, Literal

import msgspec

from lms_bridge.http import phrases
from lms_bridge.http.client import Answer
from lms_bridge.http.trouble import excerpt, shortened
from lms_bridge.http.values import parsed

Kind = Literal[
    "success",
    "none",  # the registry has nothing of the kind
    "refused",  # a rule of the registry forbids it, now and later
    "busy",  # refused in the same form, but for a passing reason
    "token",  # a token was refused, see `token`
    "mismatch",  # the SSO token belongs to another instansi
    "suspended",  # the gateway has taken the backend out of use
    "throttled",
    "unavailable",
    "unreadable",
]
Token = Literal["", "apim", "sso", "either"]


class Verdict(msgspec.Struct, frozen=True):
    """What an answer means, and what it brought or said."""

    kind: Kind
    data: Any = None
    message: str = ""
    token: Token = ""
    proven: bool = True
    """whether it is certain that nothing was written (kinds "token" and "busy")"""
    count: int | None = None
    """how many rows there are in all, where `data` is a part of them"""


# Echo's answers to a bad JWT; the backend behind the gateway is Go (registry facts, section 1).
_BAD_JWT = ("invalid or expired jwt", "missing or malformed jwt")
# WSO2: 9008xx throttling; 900900 to 900905 and 900908 to 900910 authentication and subscription.
_APIM_REFUSALS = {*range(900900, 900906), *range(900908, 900911)}
_THROTTLING = range(900800, 900900)
_XML = re.compile(r"<(?:\w+:)?(code|message|description)>([^<]*)<")
_LONGEST_WORDS = 100
_NOTHING = "data tidak ditemukan"


def judge(answer: Answer) -> Verdict:
    """What `answer` means. Never fails, whatever the bytes."""
    text = answer.text().strip()
    body = parsed(text)
    if isinstance(body, dict):
        verdict = _fault(body) or _envelope(body, answer.status)
        if verdict and not (verdict.kind == "refused" and answer.status == 401):
            return verdict
    elif fault := _fault(_loose(text)):
        return fault
    if answer.status == 401:
        return Verdict("token", message=excerpt(answer), token="either")  # noqa: S106
    if answer.status == 429:
        return Verdict("throttled", message=excerpt(answer))
    # An empty body and a bare 0 are what clients see while SIASN is down (section 5).
    if answer.status >= 500 or (answer.status == 200 and text in ("", "0", "null", '""')):
        return Verdict("unavailable", message=excerpt(answer))
    return Verdict("unreadable", message=excerpt(answer))


def judge_upload(answer: Answer) -> Verdict | None:
    """What an answer to an upload means, if it is one of those that have no flag of success.

    It then tells of the document (registry facts, section 2, Documents).
    """
    body = parsed(answer.text())
    data = body.get("data") if isinstance(body, dict) else None
    if answer.status not in (200, 201) or not isinstance(data, dict):
        return None
    told = any(_text(data.get(name)) for name in ("dok_uri", "object", "dok_id"))
    return Verdict("success", data) if told else None


def readable(message: str) -> str:
    """A refusal in one line; Go's list of faults ("\\n\\t* X is required") becomes "X; Y".

    >>> readable("2 errors occurred:\\n\\t* UnorID is required\\n\\t* PnsOrangId is required\\n")
    '2 errors occurred: UnorID is required; PnsOrangId is required'
    """
    head, *faults = (part.strip() for part in message.split("\n\t* "))
    return shortened(f"{head} {'; '.join(faults)}" if faults else head)


def _loose(text: str) -> dict[str, Any]:
    """A fault that does not come as JSON: as XML, in which the gateway answers to whoever asks for
    a file, or as its bare words."""
    if "<" in text:
        found = {name: html.unescape(value).strip() for name, value in _XML.findall(text)}
        return found if "code" in found else {}
    return {"message": text.strip('" .!\r\n')} if len(text) < _LONGEST_WORDS else {}


def _fault(body: dict[str, Any]) -> Verdict | None:
    """The verdict, if a system in front of the API or its token check speaks."""
    inner = body.get("fault")  # older gateways wrap their fault once more
    fault = inner if isinstance(inner, dict) else body
    message, description = _text(fault.get("message")), _text(fault.get("description"))
    said = readable(f"{message}: {description}" if description else message)
    code = _number(fault.get("code"))
    if message.casefold() in _BAD_JWT:
        return Verdict("token", message=said, token="sso")  # noqa: S106
    if "token sso mismatch" in (_text(body.get("data")).casefold(), message.casefold()):
        return Verdict("mismatch", message="Token SSO mismatch")
    if message.casefold() == "invalid credentials" or code in _APIM_REFUSALS:
        return Verdict("token", message=said, token="apim")  # noqa: S106
    if message.casefold() == "runtime error":
        if "suspended" in description.casefold():
            return Verdict("suspended", message=said)
        # Clients renew the token at it, but it is also what the gateway says when the backend
        # did not answer in time; so it does not prove that nothing was done.
        return Verdict("token", message=said, token="apim", proven=False)  # noqa: S106
    if code in _THROTTLING:
        return Verdict("throttled", message=said)
    if _text(body.get("error")).casefold() == "invalid_token":
        return Verdict("token", message=_keycloak(body), token="either")  # noqa: S106
    return None


def _envelope(body: dict[str, Any], status: int) -> Verdict | None:
    """The verdict, if `body` is one of the API's own envelopes."""
    if "success" in body:
        if _yes(body["success"]):
            return Verdict("success", body.get("mapData", body.get("data")))
        return _refusal(body)
    code = _number(body.get("code"))
    if code == 1:
        return Verdict("success", body.get("data"), count=_number(body.get("count")))
    if code == 0:
        data = body.get("data")
        if isinstance(data, str) and "tidak ditemukan" in data.casefold():
            return Verdict("none", message=readable(data))
        if not _said(body):
            return Verdict("none") if status == 404 else None
        return _refusal(body)
    if "Error" in body or "Message" in body:
        if "Error" in body and not _yes(body["Error"]):
            return Verdict("success", body.get("Data", body.get("MapData")))
        return _refusal(body)
    return None


def _refusal(body: dict[str, Any]) -> Verdict:
    said = _said(body) or "no reason given"
    if said.casefold().strip(" .!") == _NOTHING:
        return Verdict("none", message=said)
    if phrases.UNANSWERED.search(said):
        return Verdict("busy", message=readable(said), proven=False)
    return Verdict("busy" if phrases.PASSING.search(said) else "refused", message=readable(said))


def _said(body: dict[str, Any]) -> str:
    """What the body says in words, wherever it says it."""
    for name in ("message", "Message", "data", "mapData", "Error", "error"):
        value = body.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _keycloak(body: dict[str, Any]) -> str:
    return shortened(f"{_text(body.get('error'))}: {_text(body.get('error_description'))}")


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _yes(value: Any) -> bool:
    """A flag, however it is spelled: true, "true", 1, "1"; a text that is no flag is a yes."""
    if isinstance(value, str):
        return value.strip().casefold() not in ("", "false", "0", "null", "no", "tidak")
    return bool(value)
