"""What ``lms-bridge check`` proves of any registry, without writing anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lms_bridge.checks import Check
from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError, NotNow
from lms_bridge.http.trouble import read_secret
from lms_bridge.i18n import mark
from lms_bridge.reasons import SENTENCES
from lms_bridge.redaction import mask_nip
from lms_bridge.registries.base import Registry

NOBODY = "0" * 18
"""an NIP that nobody has: looking it up proves the way in and touches no one's data"""


def in_turn(remote: str, steps: Mapping[str, Iterator[Check]]) -> Iterator[Check]:
    """The lines of `steps` by subject; what rests on a step that failed is not tried."""
    for subject, lines in steps.items():
        try:
            for line in lines:
                yield line
                if line.verdict == "failed":
                    return
        except NotNow as error:
            sentence = SENTENCES[error.reason.code]
            details = error.reason.details
            yield Check(f"{remote}: {subject}", "warning", sentence.what, details=details)
            return
        except DeliveryError as error:
            yield Check.that_failed(f"{remote}: {subject}", error.reason)
            return


def look_up(registry: Registry, remote: str, secret: Secret | None) -> Iterator[Check]:
    """Whether somebody who is known is found; `secret` says where their NIP is kept."""
    subject = f"{remote}: employee look-up"
    nip = known_nip(remote, secret)
    if nip is None:
        yield Check(
            subject,
            "warning",
            mark("No known employee is configured, so nobody was looked up."),
            mark("Set %(setting)s to where the NIP of somebody who agrees to it is kept."),
            {"setting": f"{remote}.check_nip"},
        )
        return
    employee = registry.find_employee(nip)
    if employee is None:
        yield Check(
            subject,
            "failed",
            mark("The registry knows nobody with the NIP %(nip)s."),
            mark("Correct %(setting)s; if it is right, the SSO account may not see this employee."),
            {"nip": mask_nip(nip), "setting": f"{remote}.check_nip"},
        )
        return
    yield Check(
        subject,
        "ok",
        mark("%(nip)s was found: %(about)s."),
        details={
            "nip": mask_nip(nip),
            "about": ", ".join(filter(None, (employee.status, employee.unit_name))) or "–",
        },
    )


def known_nip(remote: str, secret: Secret | None) -> str | None:
    """The NIP by which the look-up is proven, if one is configured."""
    if secret is None:
        return None
    return "".join(read_secret(secret, remote, f"{remote}.check_nip").split())
