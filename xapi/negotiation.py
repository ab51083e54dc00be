"""Which edition of the standard a request speaks, and what its answer says (Communication 3.3).

Both editions are served at one endpoint, and a client names its own in a header:

>>> negotiated("1.0.1"), negotiated("2.0")
(<Version.V1_0: '1.0.3'>, <Version.V2_0: '2.0.0'>)
>>> answered("1.0.1"), answered("0.95"), answered(None, default=Version.V1_0)
('1.0.3', '2.0.0', '1.0.3')
"""

from __future__ import annotations

from typing import Final

from xapi.errors import UnsupportedVersion
from xapi.versions import Version, edition

HEADER: Final = "X-Experience-API-Version"
"""the header that every request has, but for those to the About resource, and every answer"""


def negotiated(header: str | None) -> Version:
    """The edition that a request with this version header speaks.

    Raises :exc:`UnsupportedVersion` for any other than 1.0, 1.0.x, 2.0 and 2.0.x, and for none.
    """
    if header is None:
        rule = "lacks a version, and the answer depends on which edition of the standard is spoken"
        raise UnsupportedVersion(f"header.{HEADER}", {}, rule, "Communication 3.3")
    version = edition(header.strip())
    if version is None:
        rule = "is none of the versions 1.0, 1.0.x, 2.0 and 2.0.x"
        raise UnsupportedVersion(f"header.{HEADER}", header, rule, "Communication 3.3")
    return version


def answered(header: str | None, *, default: Version = Version.V2_0) -> str:
    """What the answer to a request with this version header carries, whatever the answer is.

    It is the latest patch of the edition that was asked for. A request that speaks no edition
    is refused, and even then the answer names one: the `default`.
    """
    return ((header and edition(header.strip())) or default).value
