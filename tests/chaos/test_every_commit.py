"""A process is killed at every point that matters.

The life of a bridge (:mod:`tests.chaos.acts`) is played by one process after the other that nobody
touches, and then by processes of which each is killed at the first point at which none was killed
yet: on SQLite before what happens there, on PostgreSQL after it. After each act all worlds hold the
same: nothing is lost, and nothing is there twice. ``python -m tests.chaos.commits`` kills at each
point as often as it is met, and at both moments on both databases.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.chaos.acts import ACTS
from tests.chaos.points import AFTER, BEFORE, commit_points
from tests.chaos.unmet import UNMET
from tests.chaos.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class Calm(NamedTuple):
    """A life in which nobody was killed."""

    summaries: dict[str, dict[str, Any]]
    """what there was after each act"""
    met: set[str]


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Calm:
    folder, found = tmp_path_factory.mktemp("calm"), Calm({}, set())
    (folder / "bridge.db").write_bytes(migrated_file.read_bytes())
    with ExitStack() as stack:
        world = World(folder, "sqlite:///bridge.db", stack)
        for act in ACTS:
            world.prepare(act)
            assert world.live(act) == 0, world.log()
            found.summaries[act] = world.summary()
            found.met.update(name for together in world.met() for name, _ in together)
    return found


def test_every_commit_of_the_source_is_met_or_it_is_said_why_not(calm: Calm) -> None:
    every = commit_points()
    unmet = every - points_of(calm.met)
    assert sorted(name for name in unmet if not name.startswith(tuple(UNMET))) == []
    assert [one for one in UNMET if not any(name.startswith(one) for name in every)] == []
    assert [name for name in calm.met if "not found" in name or "elsewhere" in name] == []


def points_of(met: set[str]) -> set[str]:
    """The commit points of the source among what was met."""
    return {one for one in commit_points() if any(f"{name} ".startswith(f"{one} ") for name in met)}


def test_a_process_that_is_killed_at_any_point_loses_nothing_and_doubles_nothing(
    calm: Calm, tmp_path: Path, database_url: str
) -> None:
    moment = BEFORE if database_url.startswith("sqlite") else AFTER
    killed: list[tuple[str, str]] = []
    with ExitStack() as stack:
        world = World(tmp_path, database_url, stack)
        for act, expected in calm.summaries.items():
            world.prepare(act)
            while (end := world.live(act, killed, moment)) == -9:
                *_, last = world.met()
                killed += [one for one in last if one not in killed]
            assert end == 0, world.log()
            assert world.summary() == expected, (act, world.log())
    missed = points_of(calm.met) - points_of({name for name, _ in killed})
    assert not [name for name in missed if not name.startswith(tuple(UNMET))]
