"""What else is there: findings, runs of the jobs, badges, and how the outside systems do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from random import Random

from benchmarks.city import LMS, REGISTRY, Size, When
from benchmarks.city.carrying import BADGE, RECORD, Delivery
from benchmarks.city.filling import Values, fill
from lms_bridge.jobs.catalogue import JOBS
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.reconciling.findings import Finding, Kind, Repair
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import findings, job_runs, reconciliations, remotes, tokens


def put_findings(
    store: Store, found: Sequence[Delivery], size: Size, when: When, seed: int
) -> None:
    """Keep what the last comparison found amiss."""
    began = when.now - dt.timedelta(days=2)
    fill(
        store,
        reconciliations,
        [
            {
                "id": 1,
                "begun_by": "schedule",
                "scope": {},
                "started_at": began,
                "finished_at": began + dt.timedelta(hours=1),
                "outcome": "done",
                "oldest_reading": began,
                "counts": {"people": 10_000, "findings": size.findings},
            }
        ],
    )
    chance = Random(seed)
    rows = [one for one in found if one.step == "record" and one.result_id]
    fill(
        store,
        findings,
        (_finding(one, chance) for one in chance.sample(rows, min(size.findings, len(rows)))),
    )


def _finding(one: Delivery, chance: Random) -> Values:
    of, row = one.of, str(one.result_id)
    kind, reason, repair, more = chance.choice(
        (
            (
                Kind.VANISHED,
                Reason("found_vanished", row=row, remote=RECORD),
                Repair.RECORD,
                {},
            ),
            (
                Kind.DIFFERING,
                Reason("found_differing", row=row, remote=RECORD, what=f"JP {of.hours} ≠ 2"),
                Repair.CORRECT,
                {"differences": [["hours", of.hours, 2]]},
            ),
            (
                Kind.UNDOCUMENTED,
                Reason("found_undocumented", row=row, remote=RECORD, name=of.course.name),
                Repair.UPLOAD,
                {},
            ),
        )
    )
    made = Finding(
        kind=kind,
        remote=RECORD,
        reason=reason,
        repairs=(repair,),
        employee_id=of.who.id,
        completion_id=of.id,
        course=of.course.key,
        row_id=row,
        details=more,
    )
    return {
        "run_id": 1,
        "kind": kind,
        "remote": RECORD,
        "employee_id": of.who.id,
        "completion_id": of.id,
        "course_key": of.course.key,
        "row_id": row,
        "fingerprint": made.fingerprint,
        **reason_columns(reason),
        "details": dict(made.details),
        "repairs": [repair],
        "state": "open",
    }


def put_runs(store: Store, size: Size, when: When, seed: int) -> None:
    """Keep the runs of the jobs, and how the outside systems do."""
    fill(
        store,
        job_runs,
        _runs(size, when, Random(seed)),
    )
    fine = {"state": "up", "failures": 0, "since": when.first, "probe_at": None, "probes": 0}
    down = {
        "state": "down",
        "failures": 6,
        "since": when.now - dt.timedelta(hours=5),
        "probe_at": when.now + dt.timedelta(minutes=20),
        "probes": 9,
    }
    why = Reason("remote_unavailable", remote=RECORD, error="504 Gateway Time-out")
    fill(
        store,
        remotes,
        [
            {"name": BADGE, **fine, **reason_columns(None)},
            {"name": RECORD, **down, **reason_columns(why)},
        ],
    )
    fill(
        store,
        tokens,
        [
            {
                "remote": RECORD,
                "name": name,
                "source": "",
                "issued": True,
                "fingerprint": name[0] * 64,
                "got_at": when.now,
                "good_until": when.now + dt.timedelta(hours=hours),
            }
            for name, hours in (("apim_token", 8), ("sso_token", 70))
        ],
    )


def _runs(size: Size, when: When, chance: Random) -> Iterator[Values]:
    for number in range(size.runs):
        for job in JOBS:
            at = when.now - dt.timedelta(minutes=15 * (size.runs - number) + chance.random())
            took = dt.timedelta(seconds=chance.expovariate(0.2))
            failed = chance.random() < 0.01
            outcome, error = ("failed", "504 Gateway Time-out") if failed else ("done", None)
            yield {
                "job": job,
                "started_at": at,
                "finished_at": at + took,
                "outcome": outcome,
                "times": 1,
                "counts": {"done": int(chance.expovariate(0.1))},
                "error": error,
            }


CONFIG = f"""# A city that was made to try the console on; nothing of it exists.
[database]
url = "{{database}}"
[web]
port = {{port}}
public_url = "http://127.0.0.1:{{port}}"
[log]
level = "warning"
[[senders]]
name = "moodle"
username = "moodle"
password = "file:secret"
[lms.{LMS}]
type = "moodle"
url = "http://127.0.0.1:9"
home_page = "https://lms.siantar.example"
token = "file:secret"
[registry.{REGISTRY}]
type = "siasn"
api_url = "http://127.0.0.1:9"
apim_token_url = "http://127.0.0.1:9/oauth2/token"
consumer_key = "file:secret"
consumer_secret = "file:secret"
sso_token = "file:secret"
"""
