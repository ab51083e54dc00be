"""What the page says, in both languages, and that it can be used by everybody."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from lms_bridge import withdrawals
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.secrets import Secret
from lms_bridge.forwarding import backlog
from lms_bridge.intake import Intake, Origin
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.registries.siasn.settings import SiasnSettings
from lms_bridge.store.engine import Store
from lms_bridge.store.places import place_of
from lms_bridge.store.schema import sightings, statements, unforwarded
from tests.conftest import NOW, Clock
from tests.eventful import LINK, SITIS_ID, an_eventful_scene
from tests.forwarding.relay import settings_of, statement
from tests.manners.test_tokens import jwt
from tests.scene import TOKEN, Scene, voiding
from tests.webhook.conftest import on_sqlite, settings
from webhook.app import create_app
from xapi import read_statements

Look = Callable[..., str]


@pytest.fixture
def client(store: Store, secrets: None) -> Iterator[FlaskClient]:
    bridge = Bridge(settings(language="id"), store)
    yield create_app(bridge).test_client()
    bridge.intake.close()


@pytest.fixture
def look(client: FlaskClient) -> Look:
    """The page as somebody on this machine sees it."""

    def get(language: str = "en") -> str:
        answer = client.get(f"/?lang={language}")
        assert answer.status_code == 200
        return answer.text

    return get


@pytest.fixture
def city(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv(TOKEN, "sandbox-moodle-token")
    with an_eventful_scene(store, clock) as scene:
        yield scene


def words(page: str) -> str:
    """What is read of the page, tags left out."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_what_was_taken_back_is_put_before_hr(city: Scene, look: Look) -> None:
    city.hear(voiding(SITIS_ID))
    seen = words(look())
    assert "taken back, to be decided 1" in seen
    assert "Latihan Dasar CPNS taken back 24 Nov 2026 10:00" in seen
    assert "It was taken back, and registry.siasn, lms.moodle still has it." in seen
    assert "admin@example.go.id took it back through moodle" in seen
    assert "lms-bridge completions undo 1" in seen
    assert "Putuskan: lms-bridge completions undo 1" in words(look("id"))


def test_a_step_that_undoes_another_is_shown_beside_it(city: Scene, look: Look) -> None:
    city.hear(voiding(SITIS_ID))
    with city.store.writing() as db:
        withdrawals.decide(db, [1], "undo", by="ana", now=NOW)
    seen = words(look())
    assert "done row-1 removal from the registry waiting" in seen
    assert "see the badge revocation of the badge waiting" in seen
    assert "to be decided" not in seen


def test_an_empty_bridge_says_what_will_stand_here(look: Look) -> None:
    seen = words(look())
    assert "Nothing waits for a person." in seen
    assert "Nobody has completed a course yet." in seen
    assert "None is configured yet." in seen


def test_a_completion_is_shown_with_who_what_and_where_it_is(city: Scene, look: Look) -> None:
    seen = words(look())
    assert "Siti Rahmawati Dinas Pendidikan Latihan Dasar CPNS DIKLAT-LATSAR-2026/2026/0" in seen
    assert "20 24 Nov 2026 09:00 done row-1 done see the badge" in seen
    assert f'href="{LINK}"' in look()


@on_sqlite
def test_an_instructor_is_told_from_a_learner_and_no_name_is_taken_for_markup(
    city: Scene, look: Look
) -> None:
    seen = words(look())
    assert "Mentoring [ASN] &lt;b&gt; MENTORING/2026/00004 · instructor 12" in seen


def test_what_waits_for_a_person_is_shown_with_why_and_what_to_do(city: Scene, look: Look) -> None:
    seen = words(look())
    assert "Agus Wijaya Latihan Dasar CPNS No course in the catalogue matches" in seen
    assert "Add the course to the catalogue" in seen
    assert "registry.siasn knows nobody with the NIP 1995************04." in seen
    assert "lms-bridge deliveries retry 3" in seen


@on_sqlite
def test_a_remote_that_is_down_says_since_when_and_why(city: Scene, look: Look) -> None:
    seen = words(look())
    assert "registry.siasn cannot be used since 24 Nov 2026 10:00" in seen
    assert "registry.siasn cannot be used now: it is asleep" in seen


@on_sqlite
def test_no_nip_is_shown_in_full(city: Scene, look: Look) -> None:
    assert not re.search(r"\d{18}", look("en") + look("id"))


@on_sqlite
def test_the_title_counts_what_waits(city: Scene, look: Look) -> None:
    assert "<title>(2) lms-bridge</title>" in look()


@on_sqlite
def test_the_page_speaks_indonesian_by_default_and_english_when_asked(
    city: Scene, client: FlaskClient
) -> None:
    assert "Perlu ditangani" in client.get("/").text
    assert "Waiting for a person" in client.get("/?lang=en").text
    assert "Waiting for a person" in client.get("/").text  # the choice is remembered


@on_sqlite
def test_every_word_follows_the_language_also_after_another_was_asked_for(
    city: Scene, look: Look
) -> None:
    assert "instructor" in words(look("en"))
    seen = words(look("id"))
    assert "pengajar" in seen
    english = r"\b(instructor|blocked|done|badge|registry|since|load|waiting|person|none)\b"
    assert not re.findall(english, seen.replace("registry.siasn", ""))


@on_sqlite
def test_another_language_is_not_spoken(client: FlaskClient) -> None:
    assert '<html lang="id">' in client.get("/?lang=xx").text


@on_sqlite
def test_the_page_is_loaded_anew_until_the_reader_stops_it(client: FlaskClient) -> None:
    assert 'http-equiv="refresh"' in client.get("/").text
    assert 'http-equiv="refresh"' not in client.get("/?refresh=off").text
    assert 'http-equiv="refresh"' not in client.get("/").text
    assert 'http-equiv="refresh"' in client.get("/?refresh=on").text


@on_sqlite
def test_nothing_from_elsewhere_runs_in_the_page_frames_it_or_keeps_it(
    client: FlaskClient,
) -> None:
    headers = client.get("/").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


@on_sqlite
def test_the_looks_of_the_page_are_served(client: FlaskClient) -> None:
    assert client.get("/static/style.css").mimetype == "text/css"
    assert client.get("/static/icon.svg").mimetype == "image/svg+xml"


class Outline(HTMLParser):
    """Tags with their attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.tags if name in names]


@on_sqlite
@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("full", [False, True])
def test_the_page_can_be_walked_by_its_landmarks_headings_and_tables(
    request: pytest.FixtureRequest, look: Look, language: str, full: bool
) -> None:
    if full:
        request.getfixturevalue("city")
    outline = Outline(look(language))
    assert outline.all("html")[0]["lang"] == language
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(outline.all(landmark)) == 1
    ids = {attributes["id"] for _, attributes in outline.tags if "id" in attributes}
    for _, attributes in outline.tags:
        assert attributes.get("aria-labelledby", "main") in ids
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h\d", tag)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert len(outline.all("table")) == (2 if full else 0)
    assert all("scope" in attributes for attributes in outline.all("th"))
    assert outline.all("a")[0]["href"] == "#main"


@on_sqlite
def test_times_are_shown_in_the_configured_zone_and_can_be_read_by_machines(
    city: Scene, look: Look
) -> None:
    assert '<time datetime="2026-11-24T02:00:00+00:00">24 Nov 2026 09.00</time>' in look("id")


@on_sqlite
def test_everything_is_shown_of_a_bridge_with_more_than_fits(store: Store, look: Look) -> None:
    unknown = reason_columns(Reason("unknown_course", activity="x"))
    with store.writing() as db:
        for number in range(101):
            seq = place_of(NOW) + number
            db.execute(
                statements.insert().values(
                    seq=seq, id=f"fd41c918-b88b-4b20-a0a5-{number:012}", sender="moodle",
                    raw=b"{}",
                )
            )  # fmt: skip
            db.execute(
                sightings.insert().values(
                    statement_seq=seq, state="attention", actor_name=f"P{number}",
                    actor=f"P{number}", **unknown,
                )
            )  # fmt: skip
    seen = words(look())
    assert "statements waiting for a person 101" in seen
    assert "The first 100 of each are shown; all of them: lms-bridge attention" in seen


# --- other LRSs -------------------------------------------------------------------------------


def test_how_far_another_lrs_has_come_stands_with_the_outside_systems(
    store: Store, secrets: None, clock: Clock
) -> None:
    told = json.dumps(statement()).encode()
    intake = Intake(store, clock=clock)
    first, _ = intake.store(Origin("moodle"), read_statements(b"[%b,%b]" % (told, told)))
    intake.close()
    with store.writing() as db:
        backlog.skip(db, "lrs.pusat", [first], by="x", why="y", now=NOW)
        db.execute(update(unforwarded).values(state="blocked"))
    target = settings_of("https://lrs.example.go.id")
    app = create_app(Bridge(settings(forward={"pusat": target}), store))
    seen = words(app.test_client().get("/?lang=en").text)
    assert "lrs.pusat in order" in seen
    assert "Statements still to be sent there: 2. The first came in 24 Nov 2026 10:00" in seen
    assert "Statements that lrs.pusat does not take: 1." in seen
    assert "lms-bridge forward show pusat" in seen


@on_sqlite
def test_a_token_to_be_renewed_and_working_hours_are_shown_with_the_registry(
    store: Store, secrets: None, tmp_path: Path
) -> None:
    until = utc_now() + dt.timedelta(hours=3)
    (tmp_path / "sso").write_text(jwt(until))
    siasn = SiasnSettings(
        consumer_key=Secret("env:KEY"),
        consumer_secret=Secret("env:SECRET"),
        sso_token=Secret("file:sso", tmp_path),
        working_hours=f"{utc_now() + dt.timedelta(days=2):%a} 10:00-11:00",
    )
    configured = settings(registry={"siasn": siasn})
    bridge = Bridge(configured, store)
    seen = words(create_app(bridge).test_client().get("/?lang=en").text)
    bridge.intake.close()
    assert "The token of registry.siasn.sso_token is good until" in seen
    assert "lms-bridge registry token siasn" in seen
    assert "registry.siasn is called in its working hours only" in seen
