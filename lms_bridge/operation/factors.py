"""Whether there is a key for each second factor of the console's accounts."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from lms_bridge.accounts import totp, users
from lms_bridge.accounts.rekeying import Kept, kept
from lms_bridge.bridge import Bridge
from lms_bridge.checks import Check
from lms_bridge.i18n import mark

_SUBJECT = mark("Second factors")


def checks(bridge: Bridge, db: Connection) -> Iterator[Check]:
    """Nothing where nobody has one."""
    settings = bridge.settings.console
    having = [one.username for one in users.every(db) if one.has_totp]
    vault = totp.vault_of(settings) if having else None
    if having and vault is None:
        yield Check(
            _SUBJECT,
            "failed",
            mark(
                "%(count)s accounts cannot sign in: the [console] key that opens theirs is missing."
            ),
            mark("Put the key back. Where it is lost: lms-bridge users reset, for each of them."),
            {"count": len(having)},
        )
        return
    found = kept(db, vault) if vault else Kept()
    if found.none:
        yield Check(
            _SUBJECT,
            "failed",
            mark("no key opens that of %(accounts)s, who cannot sign in."),
            mark(
                "Name the key that was there before as [console] old_key. Where it is lost:"
                " lms-bridge users reset, for each of them."
            ),
            {"accounts": ", ".join(found.none[:10])},
        )
    if found.old:
        yield Check(
            _SUBJECT,
            "warning",
            mark("encrypted with the old key: those of %(count)s accounts."),
            mark("lms-bridge users rekey encrypts them with the new one."),
            {"count": len(found.old)},
        )
    elif settings.old_key and not found.none:
        yield Check(
            _SUBJECT,
            "warning",
            mark("nothing needs the old key any more."),
            mark("Take [console] old_key out of the configuration, and delete the key."),
        )
    elif found.new and not found.none:
        yield Check(_SUBJECT, "ok", mark("[console] key opens each of them."))
