"""What each dialect has of a person is read back, and ours is known in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lms_bridge.bridge import Bridge
from lms_bridge.config.settings import Settings, YearlyHours
from lms_bridge.jobs.read_histories import ReadHistories
from lms_bridge.people import learned, service
from lms_bridge.people.learned import About
from lms_bridge.store.schema import employees, professionality_indexes
from tests.simpeg.conftest import PIM, Hall


def read(hall: Hall) -> dict[str, int]:
    bridge = Bridge(Settings(registry={"simpeg": hall.settings}), hall.yard.store)
    return ReadHistories(bridge).run(lambda done, total: None)


def about_siti(hall: Hall) -> About:
    with hall.yard.store.reading() as db:
        (siti,) = db.execute(employees.select()).all()
        return learned.about(db, siti.id, year=2026, yearly=YearlyHours())


def test_the_row_of_a_completion_is_read_back_and_counts_once(hall: Hall) -> None:
    hall.record()
    hall.deliver()
    assert read(hall) == {"read": 1}
    found = about_siti(hall)
    [one] = found.learned
    assert (len(one.rows), one.completion_id is not None) == (1, True)
    assert found.hours.elsewhere == 0
    assert found.hours.ours == one.hours
    with hall.yard.store.reading() as db:
        assert db.execute(professionality_indexes.select()).all() == []


@pytest.mark.parametrize("dialect", ["siasn-proxy", "codeigniter"])
def test_every_history_that_is_described_is_read(
    open_hall: Callable[[str], Hall], dialect: str
) -> None:
    hall = open_hall(dialect)
    hall.record()
    hall.record(content=PIM, run="2")
    hall.deliver()
    assert read(hall) == {"read": 1}
    shelves = {row.history for one in about_siti(hall).learned for row in one.rows}
    assert shelves == {"kursus", "diklat"}


def test_a_simpeg_that_says_no_status_leaves_the_standing_open(each_hall: Hall) -> None:
    each_hall.record()
    each_hall.deliver()
    read(each_hall)
    employee = about_siti(each_hall).employee
    assert employee.standing == service.standing(employee.status)
    assert employee.kind == "PNS"
