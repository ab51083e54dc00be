"""The pictures that badges have of their own: files, PNG or SVG, beside the configuration."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

from lms_bridge.i18n import mark
from lms_bridge.openbadges import baking
from lms_bridge.openbadges.earned import Picture
from lms_bridge.openbadges.untrue import Untrue

_MOST_BYTES: Final = 1_000_000


def picture_at(path: Path) -> Picture:
    """The picture in the file at `path`. Raises :exc:`Untrue` if no credential fits into it."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        why = error.strerror or ""
        raise Untrue(mark("%(path)s cannot be read: %(why)s"), path=str(path), why=why) from error


@functools.lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> Picture:
    content = path.read_bytes()
    if len(content) > _MOST_BYTES:
        said = mark("%(path)s is larger than %(most)s bytes")
        raise Untrue(said, path=str(path), most=_MOST_BYTES)
    if content.startswith(baking.PNG):
        baking.into_png(content, "{}")
        return Picture("png", content)
    baking.into_svg(content, "{}")
    return Picture("svg", content)
