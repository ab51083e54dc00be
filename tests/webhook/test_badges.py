"""What was earned, over HTTP: for people a page, for verifiers the credential and all it needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from openbadgeslib.ob3 import OB3LdpVerifier, OB3Verifier
from werkzeug.test import TestResponse

from lms_bridge.badges.issued import STANDARD
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.settings import OpenBadges, Web
from lms_bridge.openbadges.untrue import Untrue
from lms_bridge.openbadges.verifying import verify
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import awards, employees
from tests.badges.hall import Hall, badge
from tests.conftest import Clock
from tests.openbadges.test_pictures import SVG
from tests.openbadges.world import HOME
from tests.webhook.conftest import settings
from webhook.app import create_app

NIP = "198703152010012001"
JSON = {"Accept": "application/json"}


class Site:
    """A bridge that issues badges, seen from outside."""

    def __init__(self, store: Store, clock: Clock, folder: Path, home: str = HOME) -> None:
        self.hall = Hall(store, clock)
        self.store = store
        self.home = home
        issuer = OpenBadges(name="BKPSDM Kota", keys=str(folder / "keys"))
        made = settings(openbadges=issuer, web=Web(public_url=home), time_zone="Asia/Jakarta")
        self.bridge = Bridge(made, store, base=folder)
        self.client: FlaskClient = create_app(self.bridge).test_client()
        assert self.bridge.issuing
        self.keys = self.bridge.issuing.keys
        self.keys.create(clock())
        self.clock = clock

    def award(self, **more: Any) -> str:
        """Siti earns a badge; its public id."""
        level = {"name": "Kerja Sama", "level": 3}
        said = {"name": "Kerja Sama", "description": "Bersama.", "competency": level} | more
        self.hall.apply(badge("kerja-sama-3", ["A", "B"], **said))
        self.hall.complete(NIP, "A", "2026-03-01")
        self.hall.complete(NIP, "B", "2026-03-20")
        with self.store.writing() as db:
            db.execute(employees.update().values(name="SITI RAHMAWATI, S.E."))
        self.hall.review()
        return str(self.hall.award().public_id)

    def change(self, **values: Any) -> None:
        with self.store.writing() as db:
            db.execute(awards.update().values(**values))

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def fetch(self, address: str, **_: Any) -> bytes:
        """As a verifier does."""
        assert address.startswith(self.home), address
        answer = self.get(address.removeprefix(self.home))
        if answer.status_code != 200:
            raise Untrue("%(status)s", status=answer.status_code)
        return answer.data

    def holds(self, content: bytes) -> bool:
        return verify(content, fetch=self.fetch, now=utc_now()).holds


@pytest.fixture
def site(store: Store, clock: Clock, tmp_path: Path) -> Site:
    return Site(store, clock, tmp_path)


FILES: dict[str, str] = {
    "json": "application/vc+ld+json",
    "jwt": "text/plain",
    "png": "image/png",
    "svg": "image/svg+xml",
}


def test_each_file_holds_until_the_badge_is_taken_back(site: Site) -> None:
    place = f"/badges/{site.award()}"
    contents = []
    for form, mimetype in FILES.items():
        answer = site.get(f"{place}.{form}")
        assert (answer.status_code, answer.mimetype) == (200, mimetype)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        contents.append(answer.data)
    assert all(map(site.holds, contents))
    site.change(revoked_at=site.clock())
    fresh = create_app(site.bridge).test_client()  # it remembers a status list for a moment
    site.client = fresh
    assert not any(map(site.holds, contents))


def test_an_independent_verifier_finds_all_it_needs(site: Site) -> None:
    public_id = site.award()
    text = site.get(f"/badges/{public_id}", headers=JSON).text
    found = OB3LdpVerifier().verify(
        text, check_status=True, download=site.fetch, verify_status_list=False
    )
    assert found.achievement.name == "Kerja Sama"
    token = site.get(f"/badges/{public_id}.jwt").text
    verifier = OB3Verifier.for_issuer_did("did:web:bridge.example", download=site.fetch)
    assert verifier.verify(token, check_status=True, download=site.fetch).id == found.id


def test_the_credential_says_what_was_earned_and_by_what(site: Site) -> None:
    said = site.get(f"/badges/{site.award(valid_months=24)}.json").json
    assert said["validFrom"] == "2026-03-19T17:00:00Z"  # the 20th in Jakarta
    assert said["validUntil"] == "2028-03-19T17:00:00Z"
    achieved = said["credentialSubject"]["achievement"]
    (aligned,) = achieved["alignment"]
    assert aligned["targetCode"] == "ASN-KERJASAMA-3"
    assert aligned["targetFramework"] == STANDARD
    assert [one["description"].partition(" JP, ")[2] for one in said["evidence"]] == [
        "2026-03-01",
        "2026-03-20",
    ]
    assert NIP not in json.dumps(said)


def test_a_page_is_for_people_and_the_credential_for_who_asks_for_it(site: Site) -> None:
    place = f"/badges/{site.award()}"
    asked: dict[str, str] = {
        "text/html,application/xhtml+xml,*/*;q=0.8": "text/html",
        "*/*": "text/html",
        "application/vc+ld+json": "application/vc+ld+json",
        "application/vc": "application/vc",
        "application/json;q=0.9, text/html;q=0.1": "application/json",
    }
    for accept, mimetype in asked.items():
        answer = site.get(place, headers={"Accept": accept})
        assert answer.mimetype == mimetype
        assert "Accept" in answer.headers["Vary"]


def test_the_page_says_no_more_than_the_credential(site: Site) -> None:
    place = f"/badges/{site.award()}"
    page = site.get(place, query_string={"lang": "en"}).text
    for told in (
        "This badge is genuine",
        "SITI RAHMAWATI, S.E.",
        "20 March 2026",
        f"{HOME}{place}",
    ):
        assert told in page
    assert NIP not in page
    assert "1987" not in page
    assert "Lencana ini asli" in site.get(place, query_string={"lang": "id"}).text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"revoked_at": "now"}, "taken back on"),
        ({"expires_on": "today"}, "was valid until 31 March 2026"),
    ],
)
def test_the_page_says_that_it_holds_no_more(site: Site, values: dict[str, str], said: str) -> None:
    place = f"/badges/{site.award()}"
    now = site.clock()
    meant = {"now": now, "today": now.date().replace(year=2026, month=4, day=1)}
    site.change(**{name: meant[value] for name, value in values.items()})
    assert said in site.get(place, query_string={"lang": "en"}).text


@pytest.mark.parametrize(
    "path",
    ["A" * 22, "A" * 21, f"{'A' * 22}.json", f"{'A' * 22}/qr.svg", "status/7", "achievements/x"],
)
def test_what_there_is_not_is_told_in_words(site: Site, path: str) -> None:
    answer = site.get(f"/badges/{path}", query_string={"lang": "en"})
    assert answer.status_code == 404
    assert "There is no such badge" in answer.text


def test_nothing_is_sent_again_to_who_has_it(site: Site) -> None:
    path = f"/badges/{site.award()}.png"
    tag = site.get(path).headers["ETag"]
    again = site.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    head = site.client.head(path)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)


def test_without_a_key_the_page_is_there_and_the_files_are_to_come(site: Site) -> None:
    place = f"/badges/{site.award()}"
    (site.keys.folder / f"{site.keys.signing().name}.key").unlink()
    assert site.get(place).status_code == 200
    answer = site.get(f"{place}.json")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3600")


def test_below_a_path_the_keys_are_where_the_did_says(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    site = Site(store, clock, tmp_path, home="https://asn.example/bridge")
    assert site.get("/did.json").json["id"] == "did:web:asn.example:bridge"
    assert site.holds(site.get(f"/badges/{site.award()}.json").data)


def test_who_issues_and_what_can_be_earned_are_told(site: Site) -> None:
    site.award()
    assert site.get("/badges/issuer").json["name"] == "BKPSDM Kota"
    told = site.get("/badges/achievements/kerja-sama-3").json
    assert told["id"] == f"{HOME}/badges/achievements/kerja-sama-3"
    picture = site.get("/badges/achievements/kerja-sama-3.png")
    assert told["image"]["id"] == f"{HOME}/badges/achievements/kerja-sama-3.png"
    assert (picture.mimetype, picture.data[:4]) == ("image/png", b"\x89PNG")


def test_a_picture_of_ones_own_is_used_and_cannot_run_anything(site: Site) -> None:
    (site.bridge.base / "lencana.svg").write_bytes(SVG)
    public_id = site.award(image="lencana.svg")
    answer = site.get(f"/badges/{public_id}.svg")
    assert b'aria-label="a > b"' in answer.data
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    (site.bridge.base / "lencana.svg").write_bytes(b"<html/>")
    assert b"<polygon" in site.get(f"/badges/{public_id}.svg").data


def test_without_the_table_there_is_nothing(store: Store, clock: Clock) -> None:
    client = create_app(Bridge(settings(), store)).test_client()
    assert client.get("/.well-known/did.json").status_code == 404
