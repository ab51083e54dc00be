"""Where a process can be killed so that it matters, and being killed there.

A *commit point* is a place in the code at which a transaction is committed. They are read from the
source (:func:`commit_points`), so that none is forgotten, and met while the code runs
(:class:`Watch`), without a line of the product for it: what commits is replaced by what does the
same and looks up who called. What is delivered shares its commits, so there the points are what
the transaction holds: that a delivery was claimed, noted, done, put off. A call to an outside
system that changes something there is a point as well. Each has two moments: before and after.
"""

from __future__ import annotations

import ast
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, wraps
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGES = ("lms_bridge", "webhook")
BEFORE, AFTER = "before", "after"

Met = Callable[[list[str], str], None]
"""called with what points are met at once, and at which moment"""


def commit_points() -> set[str]:
    """Every block ``with ….writing()`` of the source, and what else commits, by name.

    >>> sorted(commit_points())[0]
    'lms_bridge/announcing/announcer.py: Announcer.run'
    """
    found: set[str] = set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith("lms_bridge/store/"):
                found |= set(_lines(name).values())
    return found | {"intake: at once", "intake: one by one", *DELIVERIES}


DELIVERIES = [f"deliveries: {what}" for what in ("claim", "save_progress", "succeed", "fail")]
"""what shares the commits of deliveries; of each, the step follows. That one is put back, or its
lease kept, is met as well, but not in every life."""


@cache
def _lines(name: str) -> dict[int, str]:
    """The commit points of a file, by the line in which each begins."""
    tree = ast.parse((ROOT / name).read_text("utf-8"))
    found: dict[int, str] = {}

    def walk(node: ast.AST, within: str) -> None:
        here = [
            call.lineno
            for item in getattr(node, "items", [])
            for call in ast.walk(item.context_expr)
            if isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in ("writing", "begin")
        ]
        for line in here:
            number = sum(one.split(" #")[0] == f"{name}: {within}" for one in found.values()) + 1
            found[line] = f"{name}: {within}" + (f" #{number}" if number > 1 else "")
        for child in ast.iter_child_nodes(node):
            inner = within
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = f"{within}.{child.name}".lstrip(".")
            walk(child, inner)

    walk(tree, "")
    return found


class Watch:
    """Tells `met` of each point that this process comes to, from now on and for good."""

    def __init__(self, met: Met) -> None:
        self._met = met
        self._lock = threading.Lock()
        self._shared = threading.local()
        self._store()
        self._intake()
        self._deliveries()
        self._calls()

    def _at(self, names: list[str], moment: str) -> None:
        with self._lock:
            self._met(names, moment)

    def _store(self) -> None:
        from lms_bridge.store.engine import Store

        original = Store.writing

        @contextmanager
        def watched(block: AbstractContextManager[Any], name: str) -> Iterator[Any]:
            self._shared.parts = []
            with block as db:
                yield db
                names = self._names(name)
                self._at(names, BEFORE)
            self._at(names, AFTER)

        def writing(store: Store) -> AbstractContextManager[Any]:
            return watched(original(store), _caller(sys._getframe(1)))

        Store.writing = writing  # type: ignore[method-assign, assignment]

    def _names(self, name: str) -> list[str]:
        """What a transaction is called that is known by who began it or by what is in it."""
        if name:
            return [name]
        intake = threading.current_thread().name.startswith("intake")
        return self._shared.parts or ["intake: one by one" if intake else "deliveries: nothing"]

    def _intake(self) -> None:
        from lms_bridge.store.at_once import Appender

        original = Appender.append

        def append(appender: Appender, *args: Any, **kwargs: Any) -> bool:
            self._at(["intake: at once"], BEFORE)
            done = original(appender, *args, **kwargs)
            self._at(["intake: at once"], AFTER)
            return done

        Appender.append = append  # type: ignore[method-assign]

    def _deliveries(self) -> None:
        from lms_bridge.deliveries import queue

        def noted(what: str) -> None:
            original = getattr(queue, what)

            @wraps(original)
            def call(db: Any, first: Any, *args: Any, **kwargs: Any) -> Any:
                answer = original(db, first, *args, **kwargs)
                work = answer if what == "claim" else first
                if work is not None:
                    self._shared.parts.append(f"deliveries: {what} {work.step}")
                return answer

            setattr(queue, what, call)

        for one in ("claim", "save_progress", "succeed", "fail", "put_back", "keep"):
            noted(one)

    def _calls(self) -> None:
        from lms_bridge.http.client import HttpClient
        from lms_bridge.notices.mail import Mailer

        exchange, send = HttpClient.exchange, Mailer.send

        def watched_exchange(client: Any, method: str, url: str, **kwargs: Any) -> Any:
            name = _call_of(method, url, kwargs)
            if name:
                self._at([name], BEFORE)
            answer = exchange(client, method, url, **kwargs)
            if name:
                self._at([name], AFTER)
            return answer

        def watched_send(mailer: Any, *args: Any) -> None:
            self._at(["call: a letter is sent"], BEFORE)
            send(mailer, *args)
            self._at(["call: a letter is sent"], AFTER)

        HttpClient.exchange = watched_exchange  # type: ignore[method-assign]
        Mailer.send = watched_send  # type: ignore[method-assign]


def _caller(frame: FrameType | None) -> str:
    """The commit point at which that frame stands; empty for the one that many share."""
    assert frame is not None
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(ROOT):
        return f"elsewhere: {path.name}"
    name = path.relative_to(ROOT).as_posix()
    if name.startswith("lms_bridge/store/"):
        return "" if name.endswith("group_commit.py") else name
    return _lines(name).get(frame.f_lineno, f"{name}: line {frame.f_lineno}, which was not found")


def _call_of(method: str, url: str, options: dict[str, Any]) -> str:
    """The name of a call that changes something elsewhere; empty for any other."""
    function = (options.get("form") or {}).get("wsfunction", "")
    changes = options.get("writes") or (method != "GET" and not options.get("secret"))
    if function:
        changes = any(word in function for word in ("grade", "add_", "delete_", "create"))
    if not changes:
        return ""
    return f"call: {function or method + ' ' + '/'.join(url.split('?')[0].split('/')[3:6])}"


def die() -> None:
    """End at once, as by kill -9: nothing is unwound, nothing is said, nothing is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()
