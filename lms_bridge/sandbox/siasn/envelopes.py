"""The forms in which SIASN, its gateway and its login answer (registry facts, section 2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from werkzeug.wrappers import Response

NOT_FOUND = "Data tidak ditemukan"


def answer(body: Any, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status=status, content_type="application/json; charset=UTF-8")


def found(data: Any, **more: Any) -> Response:
    """Envelope 1: there is something."""
    return answer({"code": 1, "data": data, **more})


def not_found() -> Response:
    """Envelope 2: nobody, nothing, or an empty list; `data` is a sentence then."""
    return answer({"code": 0, "data": NOT_FOUND}, 404)


def saved(map_data: dict[str, str] | None) -> Response:
    """Envelope 3."""
    return answer({"success": True, "mapData": map_data, "message": "success"})


def refused(message: str) -> Response:
    """Envelope 3 again, with HTTP 200: a refusal is told by its body only."""
    return answer({"success": False, "mapData": None, "message": message})


def incomplete(faults: Sequence[str]) -> Response:
    """What is wrong with the fields, in the words of Go's multierror (200 is a guess)."""
    count = "1 error" if len(faults) == 1 else f"{len(faults)} errors"
    lines = "".join(f"\n\t* {fault}" for fault in faults)
    return answer({"code": 0, "data": None, "message": f"{count} occurred:{lines}\n\n"})


def capital(message: str) -> Response:
    """Envelope 4: capital keys."""
    return answer({"Error": "true", "Message": message})


def gateway(status: int, code: str, message: str, description: str) -> Response:
    """A fault of the WSO2 gateway in front of the API."""
    fault = {
        "code": code,
        "type": "Status report",
        "message": message,
        "description": description,
    }
    return answer(fault, status)


def keycloak(status: int, error: str, description: str) -> Response:
    """A fault of a login."""
    return answer({"error": error, "error_description": description}, status)


def apim_rejected() -> Response:
    """The gateway's token is missing, wrong or expired."""
    return gateway(
        401,
        "900901",
        "Invalid Credentials",
        "Access failure for API: /apisiasn/1.0, version: 1.0 status: (900901) - Invalid"
        " Credentials. Make sure you have provided the correct security credentials",
    )


def sso_rejected() -> Response:
    """The operator's token is missing, wrong or expired: the words of Go's Echo."""
    return answer({"message": "invalid or expired jwt"}, 401)


def sso_mismatch() -> Response:
    """The operator belongs to another instansi than the consumer key."""
    return answer({"code": 0, "data": "Token SSO mismatch"}, 401)


def runtime_error() -> Response:
    """A gateway fault that clients take for a bad token, as it says nothing of SUSPENDED."""
    return gateway(
        500, "101503", "Runtime Error", "Error connecting to the back end: authentication failure"
    )


def suspended() -> Response:
    """The same words for something else: the gateway gave up on the backend for a while."""
    return gateway(
        503,
        "303001",
        "Runtime Error",
        "Currently , Address endpoint : [ Name : apisiasn--v1.0_APIproductionEndpoint ]"
        " [ State : SUSPENDED ]",
    )
