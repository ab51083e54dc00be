"""The learning platforms that the bridge works with, one folder each.

To add one: write a class with the verbs of :class:`lms_bridge.lms.base.Lms` and a settings
struct derived from :class:`lms_bridge.lms.base.LmsSettings` whose tag is the kind, in a
folder of its own, and name both in :data:`KINDS`. A kind "ilias" is then configured as
``[lms.NAME]`` with ``type = "ilias"``; nothing else changes.

The class is imported when the first one is made, for it brings an HTTP client along, and whoever
reads the configuration needs the settings only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from lms_bridge.http.gate import OPEN, Gate
from lms_bridge.lms.base import Lms, LmsSettings, Use
from lms_bridge.lms.hook.settings import HookSettings
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.lms.openedx.settings import OpenEdxSettings
from lms_bridge.lms.rest.settings import RestSettings


class Around(NamedTuple):
    """What an LMS is given of the bridge around it; by default there is nothing."""

    gate: Gate = OPEN
    """what each call passes"""
    zone: dt.tzinfo = ZoneInfo("Asia/Jakarta")
    """of the days that it tells as moments"""
    use: Callable[[], Use] = Use
    """says what it is used for"""


ALONE = Around()


class Kind(NamedTuple):
    """A kind of LMS: what is configured of it, and what makes one."""

    settings: type[LmsSettings]
    adapter: Callable[[str, Any, Around], Lms]


def _moodle(name: str, settings: MoodleSettings, around: Around) -> Lms:
    from lms_bridge.lms.moodle.client import Moodle

    return Moodle(name, settings, gate=around.gate, zone=around.zone, use=around.use)


def _rest(name: str, settings: RestSettings, around: Around) -> Lms:
    from lms_bridge.lms.rest.client import Rest

    return Rest(name, settings, gate=around.gate, zone=around.zone)


def _hook(name: str, settings: HookSettings, around: Around) -> Lms:
    from lms_bridge.lms.hook.client import Hooked

    return Hooked(name, settings, gate=around.gate)


def _openedx(name: str, settings: OpenEdxSettings, around: Around) -> Lms:
    from lms_bridge.lms.openedx.client import OpenEdx

    return OpenEdx(name, settings, gate=around.gate)


KINDS: dict[str, Kind] = {
    "moodle": Kind(MoodleSettings, _moodle),
    "rest": Kind(RestSettings, _rest),
    "hook": Kind(HookSettings, _hook),
    "openedx": Kind(OpenEdxSettings, _openedx),
}


def make(name: str, settings: LmsSettings, around: Around = ALONE) -> Lms:
    """The LMS ``[lms.NAME]`` of the kind that `settings` belong to."""
    for kind in KINDS.values():
        if type(settings) is kind.settings:
            return kind.adapter(name, settings, around)
    raise TypeError(f"{type(settings).__name__} are not the settings of an LMS")
