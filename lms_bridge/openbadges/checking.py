"""Whether badges can be signed, and be verified by others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from lms_bridge.badges.badge import Badge
from lms_bridge.checks import Check
from lms_bridge.i18n import mark
from lms_bridge.openbadges import identity
from lms_bridge.openbadges.issuing import Issuing
from lms_bridge.openbadges.keys import KeyTrouble
from lms_bridge.openbadges.pictures import picture_at
from lms_bridge.openbadges.untrue import Untrue
from lms_bridge.openbadges.verifying import Fetch

_SUBJECT = "openbadges"


def pictures(badges: Iterable[Badge], base: Path) -> Iterator[Check]:
    """Whether a credential fits into the pictures that `badges` have; paths start from `base`."""
    for badge in badges:
        if not badge.image:
            continue
        subject = f"badges.{badge.key}.image"
        try:
            picture_at(base / badge.image)
        except Untrue as error:
            advice = mark("Give a PNG or SVG; until then the badge is drawn.")
            yield Check(subject, "warning", error.message, advice, error.details)
        else:
            yield Check(
                subject, "ok", mark("it can be used: %(place)s"), "", {"place": badge.image}
            )


def checks(issuing: Issuing, fetch: Fetch) -> Iterator[Check]:
    """The lines of ``lms-bridge check`` on who signs Open Badges."""
    did = issuing.issuer.did
    try:
        key = issuing.keys.signing()
        exposed = issuing.keys.exposed()
        ours = json.loads(issuing.did_document())
    except KeyTrouble as trouble:
        yield Check(_SUBJECT, "failed", trouble.message, "", trouble.details)
        return
    told = {"did": did, "key": key.name}
    yield Check(_SUBJECT, "ok", mark("%(did)s signs with the key %(key)s"), details=told)
    for path in exposed:
        yield Check(
            f"{_SUBJECT}.keys",
            "warning",
            mark("others on this machine may read %(path)s"),
            mark("Take that right away with chmod go= and the path."),
            {"path": str(path)},
        )
    address = identity.address_of(did)
    subject = f"{_SUBJECT}: did.json"
    advice = mark("Nobody can verify a badge without it: have the reverse proxy pass it on.")
    try:
        published = json.loads(fetch(address))
    except Untrue as error:
        yield Check(subject, "warning", error.message, advice, error.details)
    except ValueError:
        there = {"address": address}
        yield Check(subject, "warning", mark("%(address)s does not give JSON"), advice, there)
    else:
        same = {"address": address}
        if published == ours:
            yield Check(subject, "ok", mark("%(address)s gives our keys"), details=same)
        else:
            said = mark("%(address)s gives other keys than ours")
            yield Check(subject, "warning", said, advice, same)
