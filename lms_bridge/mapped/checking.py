"""What ``lms-bridge check`` proves of any system that is described in TOML."""

from __future__ import annotations

from collections.abc import Iterator

from lms_bridge.checks import Check
from lms_bridge.http.client import NoAnswerError
from lms_bridge.i18n import mark
from lms_bridge.mapped.api import Api


def address(api: Api) -> Iterator[Check]:
    """Whether something answers at its address."""
    subject = f"{api.remote}: address"
    try:
        # Without credentials, so it may be refused; that there is an answer is all that is asked.
        answer = api.http.exchange("GET", api.url, hidden=api.signing.hidden())
    except NoAnswerError as failure:
        remedy = (
            mark("Give %(setting)s the certificate authority of this address.")
            if "TLS" in failure.what
            else mark("See that %(url)s is right, and that this server may reach it.")
        )
        details = {"url": api.url, "what": failure.what, "setting": f"{api.remote}.ca_bundle"}
        yield Check(subject, "failed", "%(url)s: %(what)s.", remedy, details)
        return
    yield Check(
        subject,
        "ok",
        mark("%(url)s answers (HTTP %(status)s)."),
        details={"url": api.url, "status": answer.status},
    )
