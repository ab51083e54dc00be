"""Proving the way to a registry in TOML step by step, without writing anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lms_bridge.checks import Check
from lms_bridge.errors import DeliveryError
from lms_bridge.i18n import mark
from lms_bridge.mapped import checking
from lms_bridge.mapped.api import Api
from lms_bridge.registries.base import Registry
from lms_bridge.registries.checking import NOBODY, in_turn, known_nip, look_up
from lms_bridge.registries.simpeg.settings import SimpegSettings


def checks(
    registry: Registry, api: Api, settings: SimpegSettings, kinds: Mapping[str, int]
) -> Iterator[Check]:
    """The lines of ``lms-bridge check``; `kinds` has a kind of each history, by its name."""
    return in_turn(
        api.remote,
        {
            "address": checking.address(api),
            "credentials": _credentials(registry, api),
            "employee look-up": look_up(registry, api.remote, settings.check_nip),
            "training history": _histories(registry, api, settings, kinds),
        },
    )


def _credentials(registry: Registry, api: Api) -> Iterator[Check]:
    try:
        registry.find_employee(NOBODY)
    except DeliveryError as error:
        if error.reason.code != "registry_refused":  # a refusal of the NIP, not of the bridge
            raise
    yield Check(
        f"{api.remote}: credentials", "ok", mark("The registry let the bridge look somebody up.")
    )


def _histories(
    registry: Registry, api: Api, settings: SimpegSettings, kinds: Mapping[str, int]
) -> Iterator[Check]:
    nip = known_nip(api.remote, settings.check_nip)
    employee = registry.find_employee(nip) if nip else None
    if employee is None:
        return
    for name, kind in kinds.items():
        rows = registry.trainings_of(employee, kind)
        subject = f"{api.remote}: training history"
        if rows and not any(row.name or row.certificate_number for row in rows):
            yield Check(
                subject,
                "failed",
                mark("None of the %(count)s rows of %(history)s has a name or a number."),
                mark("Correct the paths in %(setting)s."),
                {
                    "count": len(rows),
                    "history": name,
                    "setting": f"{api.remote}.histories.{name}.read.fields",
                },
            )
            return
        is_dated = bool(settings.histories[name].read.fields.starts)
        if rows and is_dated and not any(row.starts for row in rows):
            # Then nothing tells two courses of one name apart, and no correction of a date is seen.
            yield Check(
                subject,
                "warning",
                mark("None of the %(count)s rows of %(history)s has a date that can be read."),
                mark("See that %(setting)s leads to it, and %(dates)s has its form."),
                {
                    "count": len(rows),
                    "history": name,
                    "setting": f"{api.remote}.histories.{name}.read.fields.starts",
                    "dates": f"{api.remote}.dates",
                },
            )
            continue
        yield Check(
            subject,
            "ok",
            mark("%(history)s can be read: %(count)s rows, %(dated)s of them with a date."),
            details={
                "history": name,
                "count": len(rows),
                "dated": sum(row.starts is not None for row in rows),
            },
        )
