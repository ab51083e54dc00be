"""What is kept of runs, what is asked for them, and what a broken-off repair leaves behind."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select

from lms_bridge.reconciling import keeping, repairing
from lms_bridge.sandbox.city import AGUS, BUDI, LITDIG, SITI
from lms_bridge.store.schema import completions, reconciliations
from tests.reconciling.town import Town


def count(town: Town, table: Any) -> int:
    with town.store.reading() as db:
        return int(db.execute(select(func.count()).select_from(table)).scalar_one())


def finish_untold(town: Town) -> None:
    """Agus completes a course in Moodle, which sends no statement of it."""
    town.record(BUDI)  # so that the course is in the catalogue
    town.settle()
    town.city.moodle.complete(6, LITDIG, town.clock().timestamp())


def test_for_one_person_the_lms_is_asked_about_that_one_only(town: Town) -> None:
    finish_untold(town)
    with town.store.writing() as db:
        for nip in (SITI, AGUS):
            town.employee(db, nip)
    assert town.run(registry="", nip=AGUS)["untold_found"] == 1
    asked = town.city.moodle.calls["core_completion_get_course_completion_status"]
    assert asked == 1
    assert "untold_found" not in town.run(registry="", nip=SITI)
    (line,) = town.found(run=1)  # of which the second run knows nothing
    assert line.nip == AGUS


def test_taking_in_that_was_cut_off_is_taken_in_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish_untold(town)
    town.run(registry="")
    line = town.only()
    with monkeypatch.context() as patch:

        def killed(*_: Any) -> None:
            raise KeyboardInterrupt

        patch.setattr(repairing, "_set", killed)
        with pytest.raises(KeyboardInterrupt):
            town.repair([line])
    (again,) = town.repair([line])
    assert again.why is not None
    assert (again.state, again.why.code) == ("gone", "finding_gone")
    assert count(town, completions) == 2


def test_somebody_who_has_left_loses_no_rows(town: Town) -> None:
    delivery = town.record(SITI)
    town.settle()
    town.registry.remove_person(SITI)
    assert town.run() == {"not_in_registry": 1}
    assert town.delivery(delivery).state == "done"


def test_old_runs_are_forgotten_unless_something_of_them_is_open(town: Town) -> None:
    town.record(SITI)
    town.settle()
    town.delete(town.row(SITI))
    town.run()  # it has an open finding
    town.record(BUDI)
    town.settle()
    for _ in range(keeping.KEPT_AT_LEAST + 2):
        town.run(nip=BUDI)
    assert count(town, reconciliations) == keeping.KEPT_AT_LEAST + 3
    town.clock.forward(days=keeping.KEPT_FOR / dt.timedelta(days=1) + 1)
    town.run(nip=BUDI)
    assert count(town, reconciliations) == keeping.KEPT_AT_LEAST + 1
    assert [line.nip for line in town.found(run=1)] == [SITI]
