"""What a browser is told of content that talks to the LRS from a page of another site.

A browser asks first, without credentials, whether a page may (the *preflight*), and shows the
page only answers that name its origin. Which origins those are stands with each credential;
it is never ``*``, and each answer says that it depends on who asked.

This keeps pages from using a credential that is not meant for them, inside of a browser.
Outside of one anybody can claim to be any page; there it is the secret that counts.
"""

from __future__ import annotations

from werkzeug.datastructures import Headers

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS")
MAY_SEND = (
    "Authorization",
    "Content-Type",
    "X-Experience-API-Version",
    "If-Match",
    "If-None-Match",
    "If-Modified-Since",
    "Accept-Language",
    "Cache-Control",
    "Pragma",
    "X-Requested-With",
)
MAY_SEE = (
    "X-Experience-API-Version",
    "X-Experience-API-Consistent-Through",
    "ETag",
    "Last-Modified",
    "Content-Type",
    "Content-Length",
    "Retry-After",
)
_REMEMBERED_SECONDS = 600
"""how long a browser need not ask again"""


def is_preflight(method: str, headers: Headers) -> bool:
    """Whether a request with these headers is a browser's question whether it may ask."""
    return (
        method == "OPTIONS" and "Origin" in headers and "Access-Control-Request-Method" in headers
    )


def of_preflight(origin: str) -> dict[str, str]:
    """The headers that let a page of `origin` go on."""
    return {
        **of_answer(origin),
        "Access-Control-Allow-Methods": ", ".join(METHODS),
        "Access-Control-Allow-Headers": ", ".join(MAY_SEND),
        "Access-Control-Max-Age": str(_REMEMBERED_SECONDS),
    }


def of_answer(origin: str) -> dict[str, str]:
    """The headers that let a page of `origin` see the answer."""
    return {
        "Access-Control-Allow-Origin": origin,
        # Some content asks its browser to send along what it has, which is nothing here.
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": ", ".join(MAY_SEE),
    }
