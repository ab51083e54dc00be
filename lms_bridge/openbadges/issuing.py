"""What was earned, issued: signed, as JSON, as a JWT, and baked into pictures.

A credential is made each time that it is asked for, and not stored. It is the same each time, to
the byte, until what it says changes or another key signs.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lms_bridge.openbadges import baking, credential, drawing, identity, proofs, status
from lms_bridge.openbadges.credential import Issuer
from lms_bridge.openbadges.earned import Addresses, Badge, Earned
from lms_bridge.openbadges.keys import Key, KeyRing

_KEPT = 256


class Issuing:
    """Issues the credentials of one bridge. Threads may share it.

    >>> issuing = Issuing(issuer, addresses, KeyRing(Path("secrets/openbadges")))
    >>> issuing.json(earned)

    All that signs raises :exc:`~lms_bridge.openbadges.keys.KeyTrouble` if there is no key.
    """

    def __init__(self, issuer: Issuer, addresses: Addresses, keys: KeyRing) -> None:
        self.issuer = issuer
        self.addresses = addresses
        self.keys = keys
        # By the name of the key: when another signs, everything is made anew.
        self._json = functools.lru_cache(_KEPT)(self._made_json)
        self._png = functools.lru_cache(_KEPT)(drawing.png)
        self._svg = functools.lru_cache(_KEPT)(drawing.svg)

    def json(self, earned: Earned) -> bytes:
        """The credential with a Data Integrity proof in it."""
        return self._json(earned, self.keys.signing().name)

    def jwt(self, earned: Earned) -> str:
        """The credential as a JWT. So is the status list that it names."""
        said = credential.credential(earned, self.issuer, self.addresses)
        said["credentialStatus"] = status.entry(self.addresses, earned.status_index, ending=".jwt")
        return proofs.as_jwt(said, did=self.issuer.did, key=self.keys.signing())

    def png(self, earned: Earned) -> bytes:
        """The badge's picture with the credential in it."""
        return baking.into_png(self._png(earned.badge), self.json(earned).decode())

    def svg(self, earned: Earned) -> bytes:
        """The same as SVG. Raises :exc:`Untrue` if the badge's own picture is no SVG."""
        return baking.into_svg(self._svg(earned.badge), self.json(earned).decode())

    def picture(self, badge: Badge, kind: str) -> bytes:
        """The picture of `badge` alone, as "png" or "svg"."""
        return self._png(badge) if kind == "png" else self._svg(badge)

    def status_list(self, number: int, revoked: Iterable[int], now: dt.datetime) -> bytes:
        """The list with that `number`, in which those `revoked` places are set, as JSON."""
        address = self.addresses.status_list(number)
        said = status.listed(address, revoked, issuer=self.issuer.did, now=now)
        return _written(self._proved(said, self.keys.signing(), now.replace(minute=0, second=0)))

    def status_jwt(self, number: int, revoked: Iterable[int], now: dt.datetime) -> str:
        """The same as a JWT."""
        address = self.addresses.status_list(number) + ".jwt"
        said = status.listed(address, revoked, issuer=self.issuer.did, now=now)
        return proofs.as_jwt(said, did=self.issuer.did, key=self.keys.signing())

    def did_document(self) -> bytes:
        """Who signs, by which keys."""
        return _written(identity.document(self.issuer.did, self.keys.all()))

    def profile(self) -> bytes:
        """Who issues, in the words of the standard."""
        return _written(_in_context(credential.profile(self.issuer)))

    def achievement(self, badge: Badge) -> bytes:
        """What can be earned, in the words of the standard."""
        return _written(_in_context(credential.achievement(badge, self.addresses)))

    def _made_json(self, earned: Earned, key_name: str) -> bytes:
        said = credential.credential(earned, self.issuer, self.addresses)
        key = next(one for one in self.keys.all() if one.name == key_name)
        return _written(self._proved(said, key, earned.earned_at))

    def _proved(self, said: dict[str, Any], key: Key, moment: dt.datetime) -> dict[str, Any]:
        created = max(moment, key.created_at)  # no proof is older than its key
        return proofs.with_proof(said, did=self.issuer.did, key=key, created=created)


def at(home_page: str, keys: Path, *, name: str, **more: str) -> Issuing:
    """What issues in the name of `name` at the bridge whose address is `home_page`.

    Raises :exc:`ValueError` where that address can have no did.
    """
    issuer = Issuer(did=identity.did_of(home_page), name=name, **more)
    return Issuing(issuer, Addresses(home_page), KeyRing(keys))


def _in_context(said: dict[str, Any]) -> dict[str, Any]:
    from lms_bridge.openbadges import linked

    return {"@context": [linked.CREDENTIALS, linked.OPEN_BADGES], **said}


def _written(said: dict[str, Any]) -> bytes:
    return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode()
