"""Who vouches for a statement: whoever's credentials it came with (Data 2.4.9)."""

from __future__ import annotations

from typing import Final

import msgspec

BRIDGE: Final = "lms-bridge"
"""the sender of what the bridge says itself; nobody else may be called so"""


def authority(home_page: str, name: str) -> bytes:
    """The Agent, as JSON, that `name` is at the bridge whose address is `home_page`.

    >>> authority("https://bridge.example", "moodle")
    b'{"objectType":"Agent","account":{"homePage":"https://bridge.example","name":"moodle"}}'
    """
    account = {"homePage": home_page, "name": name}
    return msgspec.json.encode({"objectType": "Agent", "account": account})
