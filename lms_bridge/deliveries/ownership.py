"""Who holds a lease, and whether that process can still be alive."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket


def new_owner() -> str:
    """A name for this process: where it runs, its process id, and something that is only its own.

    The place is the host and the PID namespace: two containers may share a host name, and
    each has a process 1.
    """
    return f"{_place()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_certainly_dead(owner: str) -> bool:
    """Whether `owner` was a process of this very place and is no more.

    Saves waiting for the lease of a worker that was killed: whoever starts after it on the
    same host can tell. A process anywhere else may be alive, whatever it looks like.
    """
    place, _, rest = owner.rpartition(":")[0].rpartition(":")
    if place != _place() or not rest.isdecimal():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _place() -> str:
    namespace = 0
    with contextlib.suppress(OSError):
        namespace = os.stat("/proc/self/ns/pid").st_ino
    return f"{socket.gethostname()[:60]}/{namespace}"
