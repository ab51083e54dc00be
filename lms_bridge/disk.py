"""What has to be on disk, and not only on its way there, before anything relies on it."""

from __future__ import annotations

import os
from pathlib import Path


def settle(path: Path) -> None:
    """Have what was written to the file `path` on disk, or the names that are in that folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
