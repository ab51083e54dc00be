"""The personnel registries that the bridge can record in, one folder each.

To add one: write a class with the verbs of :class:`lms_bridge.registries.base.Registry`
and a settings struct derived from :class:`lms_bridge.config.remote.RemoteSettings` whose
tag is the kind, in a folder of its own, and name both in :data:`KINDS`. A kind "sapk" is then
configured as ``[registry.NAME]`` with ``type = "sapk"``; nothing else changes. Most need no
code: :mod:`lms_bridge.registries.simpeg` is any registry that can be described in TOML, and
:mod:`lms_bridge.registries.files` any that takes files.

The classes are imported when the first one is made, for they bring an HTTP client along, and
whoever reads the configuration needs the settings only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lms_bridge.config.remote import RemoteSettings
from lms_bridge.http.surroundings import ALONE, Surroundings
from lms_bridge.registries.base import Registry
from lms_bridge.registries.files.settings import FileSettings
from lms_bridge.registries.siasn.settings import SiasnSettings
from lms_bridge.registries.simpeg.settings import SimpegSettings


class Kind(NamedTuple):
    """A kind of registry: what is configured of it, and what makes one."""

    settings: type[RemoteSettings]
    adapter: Callable[[str, Any, Surroundings], Registry] | None
    """None: nothing can be asked of it; what is carried there goes by :mod:`lms_bridge.uploads`"""


def _siasn(name: str, settings: SiasnSettings, surroundings: Surroundings) -> Registry:
    from lms_bridge.registries.siasn.client import Siasn

    return Siasn(name, settings, surroundings)


def _simpeg(name: str, settings: SimpegSettings, surroundings: Surroundings) -> Registry:
    from lms_bridge.registries.simpeg.client import Simpeg

    return Simpeg(name, settings, surroundings)


KINDS: dict[str, Kind] = {
    "siasn": Kind(SiasnSettings, _siasn),
    "simpeg": Kind(SimpegSettings, _simpeg),
    "file": Kind(FileSettings, None),
}


def make(name: str, settings: RemoteSettings, surroundings: Surroundings = ALONE) -> Registry:
    """The registry ``[registry.NAME]`` of the kind that `settings` belong to."""
    for kind in KINDS.values():
        if type(settings) is kind.settings and kind.adapter:
            return kind.adapter(name, settings, surroundings)
    raise TypeError(f"{type(settings).__name__} are not the settings of a registry")


def takes_files(settings: RemoteSettings) -> bool:
    """Whether the registry that `settings` belong to has no API and takes files."""
    return isinstance(settings, FileSettings)
