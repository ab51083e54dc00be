"""Fetching what an issuer publishes, over HTTPS and from nowhere else.

Addresses come out of credentials, so from strangers: nothing but the public Internet is called, no
redirect is followed, and no more is read than could be of use.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from lms_bridge.i18n import mark
from lms_bridge.openbadges.untrue import Untrue

_SECONDS = 15.0
_MOST_BYTES = 1024 * 1024
_WANTED = "application/vc+ld+json, application/did+json, application/json;q=0.9, */*;q=0.1"


def fetched(address: str) -> bytes:
    """What is at `address`. Raises :exc:`Untrue`, saying why there is nothing."""
    import requests  # large, and only who verifies needs it

    from lms_bridge.http import public

    if urlsplit(address).scheme != "https":
        raise Untrue(mark("%(address)s does not begin with https://"), address=address[:200])
    try:
        with (
            public.session() as session,
            session.get(
                address,
                headers={"Accept": _WANTED},
                timeout=_SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            content: bytes = answer.raw.read(_MOST_BYTES + 1, decode_content=True)
            status = answer.status_code
    except (requests.RequestException, OSError, ValueError) as error:
        if public.is_not_public(error):
            said = mark("%(address)s is none of the public Internet, and is not called")
            raise Untrue(said, address=address[:200]) from None
        said = mark("%(address)s cannot be reached: %(why)s")
        raise Untrue(said, address=address[:200], why=type(error).__name__) from None
    if status != 200:
        said = mark("%(address)s answers with status %(status)s")
        raise Untrue(said, address=address[:200], status=status)
    if len(content) > _MOST_BYTES:
        raise Untrue(mark("%(address)s gives more than it should"), address=address[:200])
    return content
