"""Loaded by each process of a bridge in :mod:`tests.chaos.storm`: what those cannot rely on.

Python loads a module of this name from its path before anything else. The environment names two
files. While ``CHAOS_NAMES_FAIL`` is there, nothing is known of any host but by its number.
``CHAOS_CLOCK`` holds by how many seconds the clock of the bridge is wrong.
"""

import datetime as dt
import importlib.machinery
import os
import socket
import sys
from pathlib import Path
from typing import Any

_resolve = socket.getaddrinfo
_flag, _clock = os.environ.get("CHAOS_NAMES_FAIL", ""), os.environ.get("CHAOS_CLOCK", "")


def _perhaps(host: Any, *args: Any, **kwargs: Any) -> Any:
    if os.path.exists(_flag) and host and not str(host)[0].isdigit():
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return _resolve(host, *args, **kwargs)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=float(Path(_clock).read_text() or 0))


class _Finder:
    """Gives the module that has the clock another one, before anybody takes it from there."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        if name != "lms_bridge.bridge":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        assert spec is not None
        assert spec.loader is not None
        load = spec.loader.exec_module

        def loaded(module: Any) -> None:
            load(module)
            module.utc_now = _now

        spec.loader.exec_module = loaded  # type: ignore[method-assign]
        return spec


if _flag:
    socket.getaddrinfo = _perhaps
if _clock:
    sys.meta_path.insert(0, _Finder)  # type: ignore[arg-type]
