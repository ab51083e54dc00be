"""Who holds a lease, and whether that process can still be alive."""

from __future__ import annotations

import functools
import os
import secrets
import socket
from pathlib import Path

_KERNEL = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")


def new_owner() -> str:
    """A name for this process: where it runs, its process id, and something that is only its own.

    >>> new_owner()
    'siantar-1/8b1d…/4026531836:4711:9f86d081'
    """
    return f"{socket.gethostname()[:40]}/{_place()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_certainly_dead(owner: str) -> bool:
    """Whether `owner` was a process of this very place and is no more.

    Saves waiting for the lease of a worker that was killed: whoever starts after it on the
    same machine can tell. A process anywhere else may be alive, whatever it looks like.
    """
    where, _, number = owner.rpartition(":")[0].rpartition(":")
    place = where.partition("/")[2]
    if not place or place != _place() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


@functools.cache
def _place() -> str:
    """Where process ids mean the same as here; empty if that cannot be told.

    Neither the name of a host nor its PID namespace says it: clones of one machine share the
    name, and every machine calls its first namespace the same. The running kernel has a name
    that is only its own.
    """
    try:
        return f"{_KERNEL.read_text().strip()}/{_NAMESPACE.stat().st_ino}"
    except OSError:
        return ""
