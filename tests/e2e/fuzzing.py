"""``python -m tests.e2e.fuzzing``: send requests of all kinds, and look what comes of it.

A real server is asked by several at once, over connections that stay open, and is killed now and
then. What must hold all the while, and in the end:

- no answer is a 5xx, and none is missing while the server runs,
- every statement that was answered 200 is there, and says what it said,
- what is stored keeps to the standard, by its own code and by another look, and no id is twice,
- nothing is written to the log that was not foreseen.

What does not hold is written to a file, and ``--replay FILE`` sends it again.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import socket
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from lms_bridge import credentials
from lms_bridge.bridge import utc_now
from lms_bridge.config.settings import Settings
from lms_bridge.store import migrations
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import statements
from tests.e2e.crashing import own_database
from tests.e2e.strange import Request, Strange, basic
from tests.postgres import running_postgres
from tests.webhook.conftest import PASSWORD
from tests.webhook.serving import Served, serving
from xapi import parse_statement, parse_timestamp
from xapi.versions import Version

SENDERS = 4
HANGS_AFTER = 30
"""seconds"""
MOST_FINDINGS = 20
"""then it is over"""
_MORE = re.compile(rb'"more":"[^"]*more=([^"]+)"')


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Gone(Exception):
    """The connection ended before an answer had come as a whole."""


class Line:
    """A connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), timeout=HANGS_AFTER)
        self._rest = b""

    def ask(self, request: Request) -> Answer:
        """The answer to `request`. Raises TimeoutError, and :exc:`Gone`."""
        try:
            # What is refused early may be answered before it has been sent as a whole.
            with suppress(BrokenPipeError, ConnectionResetError):
                self._line.sendall(request.head + request.body)
            if _is_cut(request):
                with suppress(OSError):
                    self._line.shutdown(socket.SHUT_WR)
            return self._answer(request.head.startswith(b"HEAD "))
        except (ConnectionError, ValueError) as error:
            raise Gone(str(error)) from error

    def _answer(self, headless: bool) -> Answer:
        head = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ")[1])
        if status == 100:
            return self._answer(headless)
        headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        body = b""
        if headers.get("transfer-encoding") == "chunked" and not headless:
            while size := int(self._until(b"\r\n"), 16):
                body += self._take(size + 2)[:-2]
            self._take(2)
        elif not headless and status not in (204, 304):
            body = self._take(int(headers.get("content-length", "0")))
        return Answer(status, headers, body)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._more()
        found, _, self._rest = self._rest.partition(mark)
        return found

    def _take(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._more()
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def _more(self) -> None:
        part = self._line.recv(1 << 16)
        if not part:
            raise Gone("it was closed")
        self._rest += part

    def close(self) -> None:
        self._line.close()


class Fuzzing:
    """One run against one server."""

    def __init__(self, folder: Path, store: Store, auths: list[str], seed: int, keep: Path) -> None:
        self.folder = folder
        self._keep = keep
        self.counts: Counter[str] = Counter()
        self.findings: list[str] = []
        self.promised: dict[str, list[tuple[Any, str]]] = defaultdict(list)
        """what a statement may say that was answered 200, by its id, and its edition"""
        self.possible: dict[str, list[tuple[Any, str]]] = defaultdict(list)
        """the same of what was never answered"""
        self.over = threading.Event()
        self.all_sent = threading.Event()
        self._store = store
        self._auths = auths
        self._seed = seed
        self._port = 0
        self._up = threading.Event()
        self._lives = 0
        self._lock = threading.Lock()

    # --- the server --------------------------------------------------------------------------

    def serve(
        self, database: str, chance: random.Random, seconds: float, kill_every: float
    ) -> None:
        """Run the server for `seconds`, and kill it now and then.

        How long it takes to start is not counted.
        """
        try:
            self._serve(database, chance, seconds, kill_every)
        except Exception as error:
            self._found(f"the server could not be run: {error!r}")
            self.over.set()
            self._up.set()

    def _serve(
        self, database: str, chance: random.Random, seconds: float, kill_every: float
    ) -> None:
        left = seconds
        while True:
            life = chance.uniform(0.5, 1.5) * kill_every
            with serving(self.folder, database) as served:
                self._port = served.port
                self._lives += 1
                self._up.set()
                if self.over.wait(min(life, left)) or life >= left:
                    self.over.set()
                    self.all_sent.wait()
                    self._check_all(served)
                    return
                self._up.clear()
                served.kill()
                self.counts["kill -9"] += 1
                left -= life

    # --- the senders -------------------------------------------------------------------------

    def send(self, number: int) -> None:
        """Send until it is over."""
        strange = Strange(random.Random(f"{self._seed} {number}"), self._auths)
        line: Line | None = None
        fresh = True
        while not self.over.is_set():
            request = strange.request()
            if not self._up.wait(60):
                self._found("the server did not start again", request)
                return
            life = self._lives
            try:
                if line is None:
                    line = Line(self._port)
                    fresh = True
                answer = line.ask(request)
            except (TimeoutError, Gone, ConnectionError) as error:
                if line is not None:
                    line.close()
                line = None
                self._note_unanswered(request)
                was_killed = life != self._lives or not self._up.is_set()
                if isinstance(error, TimeoutError) and not was_killed:
                    self._found(f"no answer within {HANGS_AFTER} s", request)
                elif fresh and not was_killed and not _is_cut(request):
                    self._found(f"no answer: {error}", request)
                continue
            fresh = False
            self._look_at(request, answer, strange)
            if answer.headers.get("connection") == "close" or _is_cut(request):
                line.close()
                line = None

    def _look_at(self, request: Request, answer: Answer, strange: Strange) -> None:
        with self._lock:
            self.counts[f"{request.kind} {answer.status}"] += 1
        if answer.status >= 500:
            self._found(f"{answer.status}: {answer.body[:200]!r}", request)
        refused = answer.status in (400, 401, 403, 404, 409, 413) and answer.body[:1] == b"{"
        if refused and not json.loads(answer.body)["error"]:
            self._found("a refusal without a reason", request)
        if answer.status == 200 and (more := _MORE.search(answer.body)):
            strange.cursors.append(more[1].decode())
        if request.kind in ("statements", "attachments"):
            self._note_promises(request, answer)

    def _note_promises(self, request: Request, answer: Answer) -> None:
        if answer.status == 200 and request.head.startswith(b"POST"):
            ids = json.loads(answer.body)
            told = request.told if request.told is not None else [None] * len(ids)
            if len(ids) != len(told):
                self._found(f"{len(ids)} ids for {len(told)} statements", request)
        elif answer.status == 204 and request.told:
            told, ids = request.told, [request.told[0]["id"]]
        else:
            return
        with self._lock:
            for statement_id, one in zip(ids, told, strict=False):
                self.promised[statement_id].append((one, request.version))

    def _note_unanswered(self, request: Request) -> None:
        with self._lock:
            self.counts["unanswered"] += 1
            for one in request.told or ():
                if "id" in one:
                    self.possible[one["id"]].append((one, request.version))

    def _found(self, what: str, request: Request | None = None) -> None:
        with self._lock:
            self.findings.append(what)
            number = len(self.findings)
        if number >= MOST_FINDINGS:
            self.over.set()
        print(f"FOUND {number}: {what}", flush=True)
        if request is not None:
            path = self._keep / f"fuzzing-{self._seed}-{number}.http"
            path.write_bytes(request.head + request.body)
            print(f"  python -m tests.e2e.fuzzing --replay {path}", flush=True)

    # --- in the end --------------------------------------------------------------------------

    def _check_all(self, served: Served) -> None:
        for statement_id, candidates in self.promised.items():
            found = _read(served, statement_id)
            if found is None:
                self._found(f"{statement_id} was answered 200 and is not there")
                continue
            every = candidates + self.possible[statement_id]
            if not any(one is None or _says_the_same(one, found) for one, _ in every):
                self._found(f"{statement_id} is not what was sent: {found} {candidates}")
        self.counts["statements answered 200"] = len(self.promised)
        self._check_stored()
        log = (self.folder / "served.log").read_text("utf-8", "replace")
        for line in log.splitlines():
            if "Traceback" in line or "[error" in line:
                self._found(f"in the log: {line[:300]}")

    def _check_stored(self) -> None:
        seen: set[str] = set()
        with self._store.reading() as db:
            for row in db.execute(select(statements.c.id, statements.c.raw, statements.c.version)):
                self.counts["statements stored"] += 1
                if row.id.lower() in seen:
                    self._found(f"{row.id} is there twice")
                seen.add(row.id.lower())
                try:
                    parse_statement(row.raw, version=Version(row.version))
                    _look_again(json.loads(row.raw, object_pairs_hook=_once))
                except (ValueError, AssertionError) as error:
                    self._found(f"{row.id} should not be stored: {error!r} {row.raw[:500]!r}")


def _is_cut(request: Request) -> bool:
    """Whether the server may wait for more of it, or be left with some."""
    head = request.head.lower()
    length = re.search(rb"\r\ncontent-length: (\d+)\r\n", head)
    if b"\r\ntransfer-encoding:" in head:
        return not request.body.endswith(b"0\r\n\r\n")
    return int(length[1] if length else 0) != len(request.body)


def _read(served: Served, statement_id: str) -> dict[str, Any] | None:
    for parameter in ("statementId", "voidedStatementId"):
        answer = served.session.get(
            f"{served.address}/xapi/statements", params={parameter: statement_id}, timeout=30
        )
        if answer.status_code == 200:
            found: dict[str, Any] = answer.json()
            return found
    return None


def _says_the_same(sent: Any, found: Any, *, within: bool = False) -> bool:
    """Whether `found` is the statement `sent`, with nothing changed but what an LRS changes."""
    assigned = {} if within else {"id", "stored", "authority", "version", "timestamp"}
    for name in sent.keys() | found.keys():
        if name not in sent or name not in found:
            if name not in assigned or name in sent:
                return False
        elif name == "timestamp":
            if parse_timestamp(sent[name]) != parse_timestamp(found[name]):
                return False
        elif name == "context":
            if _in_arrays(sent[name]) != found[name]:
                return False
        elif name == "object" and sent[name].get("objectType") == "SubStatement":
            if not _says_the_same(sent[name], found[name], within=True):
                return False
        elif name not in ("stored", "authority") and sent[name] != found[name]:
            return False
    return True


def _in_arrays(context: dict[str, Any]) -> dict[str, Any]:
    if "contextActivities" not in context:
        return context
    around = context["contextActivities"]
    lists = {kind: one if isinstance(one, list) else [one] for kind, one in around.items()}
    return {**context, "contextActivities": lists}


# --- another look at what a statement may be ------------------------------------------------------


class _Twice(dict[str, Any]):
    """An object in which some name stands twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Twice(found)


_PROPERTIES = {
    "id": str, "actor": dict, "verb": dict, "object": dict, "result": dict, "context": dict,
    "timestamp": str, "stored": str, "authority": dict, "version": str, "attachments": list,
}  # fmt: skip
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"]*")


def _look_again(statement: dict[str, Any], *, within: bool = False) -> None:
    assert not isinstance(statement, _Twice)
    for name, value in statement.items():
        assert name in _PROPERTIES or (within and name == "objectType"), name
        assert isinstance(value, _PROPERTIES.get(name, str)), name
    assert {"actor", "verb", "object"} <= statement.keys()
    assert re.fullmatch("[0-9a-fA-F-]{36}", statement.get("id", "0" * 36))
    _look_at_actor(statement["actor"])
    assert _IRI.fullmatch(statement["verb"]["id"])
    assert statement["verb"].keys() <= {"id", "display"}
    thing = statement["object"]
    match thing.get("objectType", "Activity"):
        case "Activity":
            assert _IRI.fullmatch(thing["id"])
        case "SubStatement":
            assert not within
            assert not thing.keys() & {"id", "stored", "version", "authority"}
            _look_again(thing, within=True)
        case "StatementRef":
            assert thing.keys() == {"objectType", "id"}
        case kind:
            assert kind in ("Agent", "Group"), kind
            _look_at_actor(thing)
    _no_null(statement)


def _look_at_actor(actor: dict[str, Any]) -> None:
    identifiers = actor.keys() & {"mbox", "mbox_sha1sum", "openid", "account"}
    if actor.get("objectType") == "Group" and "member" in actor:
        assert len(identifiers) <= 1
        for member in actor["member"]:
            _look_at_actor(member)
    else:
        assert len(identifiers) == 1
    assert "mbox" not in actor or actor["mbox"].startswith("mailto:")


def _no_null(value: Any) -> None:
    assert value is not None
    assert not isinstance(value, _Twice)
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name != "extensions":
            _no_null(inner)
    for inner in value if isinstance(value, list) else ():
        _no_null(inner)


# --- a run ---------------------------------------------------------------------------------------


def fuzz(
    folder: Path,
    database: str,
    *,
    seconds: float,
    seed: int,
    kill_every: float = 20,
    keep: Path | None = None,
) -> Fuzzing:
    """Do it once; what was counted, and found. The requests at fault are left in `keep`."""
    store = open_store(database, folder)
    migrations.upgrade(store)
    with store.writing() as db:
        scopes = ["statements/write", "statements/read/mine", "state"]
        made = credentials.create(
            db,
            "konten",
            settings=Settings(),
            now=utc_now(),
            scopes=scopes,
            origins=["https://konten.example"],
        )
    sender = basic("moodle", PASSWORD)
    auths = [*[sender] * 8, basic(made.credential.username, made.secret), basic("x", "y"), "x"]
    run = Fuzzing(folder, store, auths, seed, keep or folder)
    chance = random.Random(f"{seed} kills")
    server = threading.Thread(target=run.serve, args=[database, chance, seconds, kill_every])
    senders = [threading.Thread(target=run.send, args=[number]) for number in range(SENDERS)]
    for thread in (server, *senders):
        thread.start()
    began = time.monotonic()
    while not run.over.wait(30):
        print(
            f"{time.monotonic() - began:5.0f} s: {sum(run.counts.values())} requests, "
            f"{len(run.promised)} statements, {len(run.findings)} findings",
            flush=True,
        )
    for sender in senders:
        sender.join()
    run.all_sent.set()
    server.join()
    store.close()
    return run


def replay(path: Path, folder: Path) -> None:
    """Send one request again, to a fresh server, and show what it answers."""
    database = f"sqlite:///{folder}/bridge.db"
    store = open_store(database)
    migrations.upgrade(store)
    store.close()
    head, mark, body = path.read_bytes().partition(b"\r\n\r\n")
    with serving(folder, database) as served:
        print(Line(served.port).ask(Request("replay", head + mark, body)))
    print((folder / "served.log").read_text("utf-8", "replace"))


def main() -> None:
    """Read the command line, do it, print what was counted and found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--replay", type=Path, help="a file with a request that was found")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        if options.replay:
            replay(options.replay, folder)
            return
        print(f"seed {options.seed}")
        database = f"sqlite:///{folder}/bridge.db"
        if options.database == "postgresql":
            database = own_database(stack.enter_context(running_postgres(folder)))
        seconds = 60 * options.minutes
        run = fuzz(folder, database, seconds=seconds, seed=options.seed, keep=Path())
    for what, count in sorted(run.counts.items()):
        print(f"{what}: {count}")
    sys.exit(f"{len(run.findings)} findings" if run.findings else 0)


if __name__ == "__main__":
    main()
