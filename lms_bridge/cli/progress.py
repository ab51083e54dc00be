"""How far a command has come, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lms_bridge.cli.session import Session


@contextmanager
def progress_bar(
    session: Session, what: str, *, hidden: bool
) -> Iterator[Callable[[int, int | None], None]]:
    """A bar while the block runs; yields what is to be called with how much is done, and of what.

    It is shown on a terminal only, and gone when the block ends.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=session.console,
        disable=hidden or not session.console.is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
