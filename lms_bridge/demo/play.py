"""Letting the story happen, and gathering what came of it as facts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import requests

from lms_bridge import reports
from lms_bridge.badges.earned import AwardLine, list_awards
from lms_bridge.bridge import utc_now
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.demo import story
from lms_bridge.demo.stage import Stage
from lms_bridge.jobs import runs
from lms_bridge.jobs.base import JobFailed
from lms_bridge.people.nip import normalise
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.reports import AttentionLine, CompletionLine

Tell = Callable[[str, str], None]
"""called with what is being done (send, deliver, pull, settle) and how far it is"""

_PATIENCE_SECONDS = 300.0


class Facts(msgspec.Struct, frozen=True):
    """What came of the demo, for people and machines."""

    statements: dict[str, int]
    """how many were sent and stored, and what they came to"""
    completions: list[CompletionLine]
    attention: list[AttentionLine]
    registry_rows: int
    """rows that the registry sandbox holds of our completions"""
    registry_duplicates: int
    certificates: int
    """of those rows, how many have their certificate with them in the registry sandbox"""
    badges: int
    """of those completions, how many have their badge in the LMS sandbox"""
    earned: dict[str, list[str]]
    """who has earned which badge by its rule"""
    faults: dict[str, int]
    seconds: float
    problems: list[str]
    """what is not as it should be; empty: everything that should arrive did"""


class PlayError(Exception):
    """The bridge did not take part; the message is a sentence for a person."""


def play(stage: Stage, tell: Tell) -> Facts:
    """Send the statements, wait until all is settled, pull what was lost. Raises PlayError."""
    started = time.monotonic()
    statements = [*story.captured(), *story.made_after_them()]
    sent = _send(stage, statements, tell)
    _, user_id, course_id = story.LOST
    stage.city.moodle.complete(user_id, course_id)
    _settle(stage, lambda how_far: tell("deliver", how_far))
    tell("pull", "")
    tell("pull", f"+{_pull(stage)}")
    _settle(stage, lambda how_far: tell("settle", how_far))
    return _facts(stage, sent, time.monotonic() - started)


def _send(stage: Stage, statements: list[dict[str, Any]], tell: Tell) -> int:
    """As logstore_xapi does: batches of 30, then the empty ones that it sends each minute."""
    batches: list[list[dict[str, Any]]] = [
        statements[start : start + story.BATCH] for start in range(0, len(statements), story.BATCH)
    ]
    sent = 0
    for batch in [*batches, []]:
        answer = requests.post(
            f"{stage.address}/xapi/statements",
            json=batch,
            auth=("moodle", stage.password),
            headers={"X-Experience-API-Version": "1.0.3"},
            timeout=30,
        )
        if answer.status_code != 200:
            raise PlayError(f"the bridge answered {answer.status_code}: {answer.text[:300]}")
        sent += len(batch)
        tell("send", f"{sent}/{len(statements)}")
    return sent


def _settle(stage: Stage, tell: Callable[[str], None]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with stage.bridge.store.reading() as db:
            settled = reports.is_settled(db, now=utc_now())
            view = reports.overview(db, now=utc_now())
        done = sum(states.get(State.DONE, 0) for states in view.deliveries.values())
        total = sum(sum(states.values()) for states in view.deliveries.values())
        tell(f"{done}/{total}")
        if settled:
            return
        time.sleep(0.2)
    raise PlayError(f"not settled after {_PATIENCE_SECONDS:.0f} seconds; see {stage.folder}")


def _pull(stage: Stage) -> int:
    """Ask the LMS what no statement told; how many completions that brought."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            counts = runs.run(stage.bridge, "pull_completions")
            if not counts["failed"]:
                return counts[SightingState.RECOGNISED]
        except JobFailed:
            pass  # with faults on, the LMS is out of order at times: again, as the schedule would
        if time.monotonic() > deadline:
            raise PlayError("the completions could not be pulled from the LMS")
        time.sleep(0.5)


def _facts(stage: Stage, sent: int, seconds: float) -> Facts:
    now = utc_now()
    with stage.bridge.store.reading() as db:
        view = reports.overview(db, now=now)
        lines = list(reversed(reports.list_completions(db, now=now, limit=10_000)))
        attention = reports.list_attention(db)
        awarded = list_awards(db, now=now, today=now.date())
    numbers = {line.certificate_number for line in lines}
    rows = [row for row in stage.city.registry.rows() if _number(row) in numbers]
    badges = sum(_has_badge(stage, line) for line in lines)
    facts = Facts(
        statements={"sent": sent, "stored": view.statements, **view.sightings},
        completions=lines,
        attention=attention,
        registry_rows=len(rows),
        registry_duplicates=len(stage.city.registry.duplicates()),
        certificates=sum(len(stage.city.registry.documents(row["id"])) == 1 for row in rows),
        badges=badges,
        earned=_earned(awarded),
        faults={str(fault): count for fault, count in stage.faults.injected.items()},
        seconds=round(seconds, 1),
        problems=[],
    )
    return msgspec.structs.replace(facts, problems=_problems(facts))


def _earned(awarded: Sequence[AwardLine]) -> dict[str, list[str]]:
    earned: dict[str, list[str]] = {}
    for one in awarded:
        earned.setdefault(one.badge.name, []).append(one.employee)
    return {badge: sorted(people) for badge, people in earned.items()}


def _number(row: dict[str, Any]) -> str:
    return str(row.get("noSertipikat") or row.get("nomor") or "")


def _has_badge(stage: Stage, line: CompletionLine) -> bool:
    """Whether the LMS sandbox itself, not the bridge's word, has the badge."""
    badge = next((one for one in line.deliveries if one.step == "badge"), None)
    if badge is None or badge.state != State.DONE:
        return False
    users = {
        user.id
        for user in stage.city.moodle.site.users.values()
        if normalise(user.idnumber) == line.nip
    }
    return any(
        award.uniquehash == badge.result_id and award.user in users
        for award in stage.city.moodle.awards()
    )


def _problems(facts: Facts) -> list[str]:
    done = [line for line in facts.completions if line.is_through]
    badges = sum(one.step == "badge" for line in done for one in line.deliveries)
    held = {line.reason.code for line in facts.attention}
    held |= {
        one.reason.code
        for line in facts.completions
        for one in line.deliveries
        if one.state == State.BLOCKED
    }
    expected = {
        "statements sent and stored": (facts.statements["sent"], facts.statements["stored"]),
        "completions expected and done": (story.EXPECTED_DONE, len(done)),
        "rows in the registry": (len(done), facts.registry_rows),
        "rows twice in the registry": (0, facts.registry_duplicates),
        "rows with their certificate": (len(done), facts.certificates),
        "badges in the LMS, for completions done": (badges, min(facts.badges, badges)),
        "people who earned a badge by its rule": (
            story.EXPECTED_EARNED,
            sum(map(len, facts.earned.values())),
        ),
        "held up for a person": (sorted(story.EXPECTED_HELD), sorted(held)),
    }
    return [
        f"{what}: {wanted} expected, {found} found"
        for what, (wanted, found) in expected.items()
        if wanted != found
    ]
