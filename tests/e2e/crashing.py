"""``python -m tests.e2e.crashing``: kill everything, again and again, and count in the end.

While completions come in and both outside systems misbehave, processes of the bridge are
killed at random moments. Half way a badge with a rule is put in force, so that some people have met
it long ago and others come to meet it. In the end every statement that was answered 200 must be
there, every completion in the registry once, everybody awarded the badge of the rule once, every
badge on its profile once, and the bridge must have said so of each once.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from sqlalchemy import create_engine, func, select, text

from lms_bridge import reports
from lms_bridge.bridge import utc_now
from lms_bridge.certificates import issued
from lms_bridge.certificates.rendering import Renderer
from lms_bridge.config.loading import load
from lms_bridge.config.settings import Settings
from lms_bridge.lrs.authority import BRIDGE
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import IS_UNANNOUNCED, awards, completions, deliveries, statements
from tests.e2e import town
from tests.postgres import running_postgres

FIRST_USER = 1001
BADGE, BY_RULE = "Badge Literasi Digital", "Badge Kohort Latsar"
RULE = f"""
[[badges]]
key = "digital"
name = "ASN Digital"
rule = {{ all = ["LITDIG-2026", {{ hours = 20, within = "year" }}] }}
issue = {{ route = "cohort", cohort = "BADGE-LATSAR-2026", name = "{BY_RULE}" }}
"""


def crash(
    folder: Path,
    *,
    database: str,
    people: int,
    kills: int,
    seed: int,
    patience: float,
    every: float = 1.4,
) -> dict[str, object]:
    """Do it once, with a kill `every` so many seconds; what was counted.

    Raises AssertionError when anything is lost or doubled.
    """
    chance = random.Random(seed)
    with ExitStack() as stack:
        around = stack.enter_context(
            town.sandboxes(
                "--people", str(people), "--faults", "--seed", str(seed), "--hang-seconds", "2"
            )
        )
        port = town.free_port()
        config = town.configure(folder, around, database=database, port=port, more=RULE)
        service = town.Service(folder, config, port)
        stack.callback(service.stop)
        service.start()
        service.wait_until_ready()
        over = threading.Event()
        stack.callback(over.set)
        in_background(lambda: cron(around, over))
        answered: list[str] = []
        sending = in_background(lambda: answered.extend(send_all(service, people, chance)))
        killed = _kill(service, kills // 2, every, chance)
        applying = in_background(lambda: apply(config))
        killed += _kill(service, kills - kills // 2, every, chance)
        applying.join()
        sending.join()
        store = open_store(database, folder)
        stack.callback(store.close)
        counted = counted_in_the_end(store, around, config, answered, people, patience=patience)
        return counted | {"killed": dict(killed)}


def counted_in_the_end(
    store: Store,
    around: town.Sandboxes,
    config: Path,
    answered: list[str],
    people: int,
    *,
    patience: float,
) -> dict[str, object]:
    """What there is of each when all is done. Raises AssertionError if it is too little or much."""
    started = time.monotonic()
    while not _settled(store, people):  # by then everybody is awarded what they have met
        assert time.monotonic() - started < patience, _where(store)
        time.sleep(0.5)
    return _count(store, answered, people, around.state(), _certificates(store, load(config)))


def send_all(
    service: town.Addressed, people: int, chance: random.Random, *, pause: float = 0.05
) -> list[str]:
    """Every completion once, some of them twice, in batches of many sizes.

    At most `pause` seconds lie between two of them.
    """
    users = [FIRST_USER + number for number in range(people)]
    users += chance.sample(users, people // 10)
    chance.shuffle(users)
    ids: list[str] = []
    while users:
        size = chance.randint(1, 30)
        batch, users = users[:size], users[size:]
        ids += town.send(
            service,
            [
                town.statement(
                    user, statement_id=str(uuid.uuid4()) if chance.random() < 0.5 else None
                )
                for user in batch
            ],
        )
        time.sleep(chance.random() * pause)
    return ids


def apply(config: Path) -> None:
    """Put the badges of the configuration in force."""
    command = [sys.executable, "-m", "lms_bridge", "--config", str(config)]
    subprocess.run([*command, "badges", "apply", "--yes"], check=True, capture_output=True)


def _kill(service: town.Service, kills: int, every: float, chance: random.Random) -> Counter[str]:
    killed: Counter[str] = Counter()
    while sum(killed.values()) < kills:
        time.sleep(chance.uniform(0.2, 1.8) * every)
        victim = service.kill_something(chance)
        if victim != "nothing":
            killed[victim] += 1
    return killed


def cron(around: town.Sandboxes, over: threading.Event) -> None:
    while not over.wait(2):
        around.tell("cron")


def _settled(store: Store, people: int) -> bool:
    with store.reading() as db:
        known = db.execute(select(func.count()).select_from(completions)).scalar_one()
        silent = select(deliveries.c.id).where(text(IS_UNANNOUNCED)).limit(1)
        awarded = db.execute(select(func.count()).select_from(awards)).scalar_one()
        settled = min(known, awarded) >= people and reports.is_settled(db, now=utc_now())
        return settled and db.execute(silent).first() is None


def _where(store: Store) -> str:
    with store.reading() as db:
        return f"not settled: {reports.overview(db, now=utc_now())}"


def _count(
    store: Store,
    answered: list[str],
    people: int,
    found: dict[str, object],
    certificates: dict[str, str],
) -> dict[str, object]:
    rows, shown = found["rows"], found["awards"]
    assert isinstance(rows, list)
    assert isinstance(shown, list)
    with store.reading() as db:
        stored = set(db.execute(select(statements.c.id)).scalars().all())
        lines = reports.list_completions(db, now=utc_now(), limit=people + 10)
        said = db.scalars(select(statements.c.id).where(statements.c.sender == BRIDGE)).all()
        told = deliveries.c.step.in_(("record", "badge"))
        noted = set(db.scalars(select(deliveries.c.statement_id).where(told)))
        awarded = db.execute(select(awards.c.employee_id, awards.c.revoked_at)).all()
    lost = [one for one in answered if one not in stored]
    assert not lost, f"{len(lost)} statements were answered 200 and are not there"
    not_done = [line for line in lines if not line.is_through]
    assert not not_done, f"not through: {not_done[:3]}"
    assert len(lines) == people
    ours = [row for row in rows if row.get("namaKursus") == "Literasi Digital ASN"]
    by_person = Counter(row["nipBaru"] for row in ours)
    assert len(by_person) == people, f"{len(by_person)} of {people} people have their row"
    assert set(by_person.values()) == {1}, f"doubled: {by_person.most_common(3)}"
    ids = {one.result_id for line in lines for one in line.deliveries if one.step == "record"}
    assert ids == {row["id"] for row in ours}, "the ids that the bridge keeps are the rows' own"
    documents = found["documents"]
    assert isinstance(documents, dict)
    kept = {row["id"]: documents[row["path"]["881"]["dok_uri"]] for row in ours if row["path"]}
    assert len(kept) == len(documents) == people, f"{len(kept)} of {people} have a certificate"
    assert kept == certificates, "each row has the certificate that was made for it"
    for name in (BADGE, BY_RULE):
        badges = Counter(one["user"] for one in shown if one["name"] == name)
        assert len(badges) == people, f"{len(badges)} of {people} people have {name}"
        assert set(badges.values()) == {1}
    assert len({row.employee_id for row in awarded}) == len(awarded) == people
    assert not any(row.revoked_at for row in awarded)
    assert len(said) == 3 * people, f"{len(said)} statements of its own for {people} people"
    assert set(said) == noted
    return {
        "answered": len(answered),
        "stored": len(stored),
        "rows": len(ours),
        "documents": len(documents),
        "badges": len(shown),
        "awards": len(awarded),
        "said": len(said),
        "faults": found["faults"],
    }


def _certificates(store: Store, settings: Settings) -> dict[str, str]:
    """The SHA-256 of the certificate of each completion, by the id of its row."""
    assert settings.certificates is not None
    renderer, made = Renderer(settings.certificates), {}
    recorded = select(deliveries.c.completion_id, deliveries.c.result_id).where(
        deliveries.c.step == "record"
    )
    with store.reading() as db:
        for row in db.execute(recorded).all():
            home_page = settings.web.home_page
            found = issued.of_completion(db, row.completion_id, home_page=home_page)
            assert found is not None
            made[row.result_id] = sha256(renderer.pdf(found.certificate)).hexdigest()
    return made


def in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def main() -> None:
    """Read the command line, do it, print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--completions", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--every", type=float, default=1.4, help="seconds between two kills")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--patience", type=float, default=1200, help="seconds after the last kill")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        database = "sqlite:///lms-bridge.db"
        if options.database == "postgresql":
            database = own_database(stack.enter_context(running_postgres(folder, durable=True)))
        counted = crash(
            folder,
            database=database,
            people=options.completions,
            kills=options.kills,
            seed=options.seed,
            patience=options.patience,
            every=options.every,
        )
    for what, value in counted.items():
        print(f"{what}: {value}")
    print(f"nothing lost, nothing twice; {time.monotonic() - started:.0f} s")


def own_database(server: str) -> str:
    """A fresh database on the PostgreSQL `server`."""
    name = f"crash_{uuid.uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")


if __name__ == "__main__":
    main()
