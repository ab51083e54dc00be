"""Which credentials were taken back: W3C's Bitstring Status List 1.0.

Each credential names a list and its place in it. A list is as long whatever is in it, so that who
fetches it does not tell which credential they ask about. It is signed like a credential, and holds
for a day: an older one cannot be shown to somebody for long.
"""

from __future__ import annotations

import datetime as dt
import gzip
import zlib
from collections.abc import Iterable
from typing import Any, Final

from lms_bridge.i18n import mark
from lms_bridge.openbadges import linked
from lms_bridge.openbadges.earned import Addresses
from lms_bridge.openbadges.encoding import base64url, from_base64url
from lms_bridge.openbadges.proofs import instant
from lms_bridge.openbadges.untrue import Untrue

LENGTH: Final = 131_072
"""places in a list, which is the least that the standard allows (section 2.2, herd privacy)"""
ENTRY: Final = "BitstringStatusListEntry"
PURPOSE: Final = "revocation"
_HOLDS: Final = dt.timedelta(days=1)
_MOST_BYTES: Final = 4 * 1024 * 1024


def place(status_index: int) -> tuple[int, int]:
    """In which list something is, and where in it.

    >>> place(131_073)
    (1, 1)
    """
    return divmod(status_index, LENGTH)


def entry(addresses: Addresses, status_index: int, *, ending: str = "") -> dict[str, Any]:
    """What a credential says of its place; `ending` is that of the list's address."""
    number, index = place(status_index)
    address = addresses.status_list(number) + ending
    return {
        "id": f"{address}#{index}",
        "type": ENTRY,
        "statusPurpose": PURPOSE,
        "statusListIndex": str(index),
        "statusListCredential": address,
    }


def listed(
    address: str, revoked: Iterable[int], *, issuer: str, now: dt.datetime
) -> dict[str, Any]:
    """The list at `address` as a credential, not yet signed.

    `revoked` are places in it. It is the same throughout an hour as long as they are.
    """
    begins = now.replace(minute=0, second=0, microsecond=0)
    return {
        "@context": [linked.CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": instant(begins),
        "validUntil": instant(begins + _HOLDS),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "encodedList": encoded(revoked),
        },
    }


def encoded(places: Iterable[int]) -> str:
    """A list with those `places` set; the first is the leftmost bit of the first byte."""
    bits = bytearray(LENGTH // 8)
    for each in places:
        bits[each // 8] |= 0x80 >> each % 8
    return "u" + base64url(gzip.compress(bytes(bits), mtime=0))


def is_set(encoded_list: str, index: int) -> bool:
    """Whether the place `index` is set. Raises :exc:`Untrue` for what is no such list."""
    if not encoded_list.startswith("u"):
        raise Untrue(mark("the status list cannot be read"))
    try:
        unpacking = zlib.decompressobj(wbits=31)
        bits = unpacking.decompress(from_base64url(encoded_list[1:]), _MOST_BYTES)
    except (zlib.error, ValueError) as error:
        raise Untrue(mark("the status list cannot be read")) from error
    if not unpacking.eof or not 0 <= index < len(bits) * 8:
        raise Untrue(mark("the status list is cut off, or too short"))
    return bool(bits[index // 8] & 0x80 >> index % 8)
