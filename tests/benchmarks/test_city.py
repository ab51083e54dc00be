"""The city that the console is tried on: a bridge could have come to it by itself."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from benchmarks.city import Size, When
from benchmarks.city.around import CONFIG
from benchmarks.city.making import make
from lms_bridge import reports
from lms_bridge.config.loading import load
from lms_bridge.lrs.indexing import Index
from lms_bridge.recognition import sightings
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import completions, employees
from tests.conftest import NOW

SMALL = Size() * 0.001


def test_a_small_city_has_all_states_and_nothing_unseen(store: Store, tmp_path: Path) -> None:
    config = tmp_path / "lms-bridge.toml"
    config.write_text(CONFIG.format(database=store.engine.url, port=8080))
    (tmp_path / "secret").write_text("secret")
    settings = load(config)
    make(store, SMALL, When(NOW), settings)
    assert not list(Index(store).in_steps())
    with store.reading() as db:
        assert not sightings.anything_due(db, NOW)
        seen = reports.overview(db, now=NOW)
        assert db.scalar(select(func.count()).select_from(employees)) == SMALL.people
        newest = db.scalar(select(func.max(completions.c.completed_at)))
    assert newest is not None
    assert newest < NOW
    assert seen.completions == SMALL.completions
    assert seen.statements + seen.own_statements == SMALL.statements
    assert set(seen.sightings) >= {"recognised", "attention"}
    assert seen.deliveries["registry.siasn"]["done"] > 0.9 * SMALL.completions
