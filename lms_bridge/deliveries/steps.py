"""The steps of one bridge: what is done at each outside system, by its name and that of the step.

Apart from :mod:`lms_bridge.bridge` because every process has a bridge, but only those that carry
something out load all this.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from lms_bridge.config.settings import Settings
from lms_bridge.deliveries.after_step import AfterStep, FirstStep
from lms_bridge.deliveries.badge_step import BadgeStep
from lms_bridge.deliveries.correct_step import ByHandStep, CorrectStep
from lms_bridge.deliveries.document_step import DocumentStep
from lms_bridge.deliveries.record_step import RecordStep
from lms_bridge.deliveries.revoke_step import RevokeStep
from lms_bridge.deliveries.step import Clock, Step
from lms_bridge.deliveries.tell_step import TellStep
from lms_bridge.deliveries.undouble_step import UndoubleStep
from lms_bridge.deliveries.unrecord_step import UnrecordStep
from lms_bridge.lms.base import IsTold, Lms
from lms_bridge.registries.base import Registry, TakesDocuments, TakesDocumentsAtOnce
from lms_bridge.registries.files.layout import Layout
from lms_bridge.store.engine import Store
from lms_bridge.uploads.steps import ListStep, UnlistStep

if TYPE_CHECKING:
    from lms_bridge.certificates.papers import Papers

Steps = dict[tuple[str, str], Step]


class Remotes(NamedTuple):
    """The outside systems, each kind by name."""

    registries: Mapping[str, Registry]
    forms: Mapping[str, Layout]
    """of the registries that take files"""
    lms: Mapping[str, Lms]
    documented: Collection[str]
    """the registries, as remotes, that get the certificate of each row"""


class _Manner(TypedDict):
    """What every step at a registry is told."""

    clock: Clock
    settle_seconds: float


def steps_of(
    settings: Settings,
    store: Store,
    remotes: Remotes,
    papers: Callable[[], Papers | None],
    *,
    clock: Clock,
) -> Steps:
    """All steps. `papers` is asked only where something goes with a certificate."""
    steps: Steps = {}
    for name, registry in remotes.registries.items():
        remote = f"registry.{name}"
        manner = _Manner(clock=clock, settle_seconds=settings.registry[name].settle_seconds)
        documented = remote in remotes.documented
        for step, does in _at_registry(registry, store, manner, papers, documented=documented):
            steps[remote, step] = does
    for name, form in remotes.forms.items():
        remote = f"registry.{name}"
        steps[remote, "record"] = ListStep(name, form, store, clock=clock)
        steps[remote, "unrecord"] = UnlistStep(name, form, store, clock=clock)
        steps[remote, "correct"] = ByHandStep()
    told = {name: each.told_of for name, each in settings.lms.items() if each.told_of}
    _put_in_order(steps, settings, set(told.values()), store, clock)
    for name, platform in remotes.lms.items():
        delivery = settings.delivery
        steps[f"lms.{name}", "badge"] = BadgeStep(
            platform, clock=clock, patience_hours=delivery.badge_patience_hours
        )
        steps[f"lms.{name}", "revoke"] = RevokeStep(
            platform, store, clock=clock, look_after_minutes=delivery.look_after_minutes
        )
        if (first := told.get(name)) and isinstance(platform, IsTold):
            tell = TellStep(platform, first, store, clock=clock)
            steps[f"lms.{name}", "tell"] = AfterStep(tell, f"registry.{first}", store, clock=clock)
            steps[f"lms.{name}", "untell"] = tell
    return steps


def _at_registry(
    registry: Registry,
    store: Store,
    manner: _Manner,
    papers: Callable[[], Papers | None],
    *,
    documented: bool,
) -> Iterator[tuple[str, Step]]:
    with_rows = papers() if isinstance(registry, TakesDocumentsAtOnce) else None
    yield (
        "record",
        RecordStep(registry, store, **manner, documented=documented, papers=with_rows),
    )
    if documented:
        kept = papers()
        assert kept is not None
        assert isinstance(registry, TakesDocuments)
        yield "document", DocumentStep(registry, registry, kept, store, **manner)
    yield (
        "correct",
        CorrectStep(registry, store, **manner, documented=documented, papers=with_rows),
    )
    yield "undouble", UndoubleStep(registry, store, **manner, documented=documented)
    yield "unrecord", UnrecordStep(registry, store, **manner)


def _put_in_order(
    steps: Steps, settings: Settings, told: Collection[str], store: Store, clock: Clock
) -> None:
    """Have the registries that come after others wait for them.

    Those of which somebody is `told` let them go on as well.
    """
    after = {name: each.after for name, each in settings.registry.items() if each.after}
    for name, first in after.items():
        place = f"registry.{name}", "record"
        steps[place] = AfterStep(steps[place], f"registry.{first}", store, clock=clock)
    for first in {*after.values(), *told}:
        place = f"registry.{first}", "record"
        steps[place] = FirstStep(steps[place], clock=clock)
