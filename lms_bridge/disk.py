"""What has to be on disk, and not only on its way there, before anything relies on it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def settle(path: Path) -> None:
    """Have what was written to the file `path` on disk, or the names that are in that folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, content: bytes, *, owner: tuple[int, int] | None = None) -> None:
    """Put `content` into the file `path`, whole or not at all; only its owner can read it.

    `owner` are the numbers of a user and a group, if it is not to be whoever writes. Raises
    :exc:`OSError`.
    """
    path = path.absolute()
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # with 0600
    try:
        with os.fdopen(handle, "wb") as file:
            if owner:
                os.fchown(file.fileno(), *owner)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    settle(path.parent)
