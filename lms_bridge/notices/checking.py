"""What ``lms-bridge check`` proves of messages, sending none."""

from __future__ import annotations

from collections.abc import Iterator

from lms_bridge.checks import Check
from lms_bridge.config.secrets import SecretMissing
from lms_bridge.config.settings import Settings
from lms_bridge.errors import DeliveryError
from lms_bridge.i18n import mark
from lms_bridge.lms.hook import signing
from lms_bridge.notices.mail import Mailer
from lms_bridge.notices.settings import Notices


def checks(settings: Settings) -> Iterator[Check]:
    """That the mail server lets the bridge in, and that webhooks can be signed."""
    if settings.email:
        subject = f"email: {settings.email.host}"
        try:
            Mailer(settings.email).check()
        except DeliveryError as error:
            yield Check.that_failed(subject, error.reason)
        else:
            said = mark("It lets the bridge in. To have a message sent: lms-bridge notices test")
            yield Check(subject, "ok", said)
    for one in settings.notices:
        if one.webhook:
            yield _secret(one)


def _secret(one: Notices) -> Check:
    subject = f"notices.{one.name}: secret"
    try:
        for secret in (one.secret, one.former_secret):
            if secret is not None:
                signing.key_of(secret.read())
    except (SecretMissing, signing.BadSecret) as error:
        return Check(
            subject,
            "failed",
            "%(error)s",
            mark("Put it there; a restart is not needed for a file."),
            {"error": str(error)},
        )
    return Check(subject, "ok", mark("Webhooks can be signed with it."))
