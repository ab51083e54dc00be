"""Both sandboxes, served for real, and clients that speak to them as bluntly as `curl` would."""

from __future__ import annotations

import pytest
import requests

from lms_bridge.sandbox.city import demo_city
from lms_bridge.sandbox.faults import Faults
from lms_bridge.sandbox.server import Server
from lms_bridge.sandbox.siasn.app import API, APIM_TOKEN, SSO_TOKEN


class Clock:
    """The clock of both systems; it stands still until a test moves it."""

    def __init__(self, now: float = 1795500000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class MoodleClient:
    """Calls functions of the Moodle sandbox with its token."""

    def __init__(self, url, sandbox):
        self.url = url
        self.sandbox = sandbox
        self.site = sandbox.site
        self.session = requests.Session()

    def another(self):
        """A second client, with a connection of its own."""
        return MoodleClient(self.url, self.sandbox)

    def post(self, form, **options):
        options.setdefault("timeout", 5)
        endpoint = f"{self.url}/webservice/rest/server.php"
        return self.session.post(endpoint, data=form, **options)

    def __call__(self, function, timeout=5, **params):
        form = {
            "wstoken": self.site.token,
            "wsfunction": function,
            "moodlewsrestformat": "json",
            **params,
        }
        response = self.post(form, timeout=timeout)
        assert response.status_code == 200
        return response.json()

    def grade(self, user, competency=1, grade=2, **options):
        return self(
            "core_competency_grade_competency",
            userid=user,
            competencyid=competency,
            grade=grade,
            **options,
        )

    def badge_names(self, user):
        badges = self("core_badges_get_user_badges", userid=user)["badges"]
        return [badge["name"] for badge in badges]

    def get(self, path):
        return self.session.get(f"{self.url}{path}", timeout=5)


class RegistryClient:
    """Calls the SIASN sandbox with both tokens, which it gets by itself the first time."""

    def __init__(self, url, sandbox):
        self.url = url
        self.sandbox = sandbox
        self.session = requests.Session()
        self.apim = self.sso = ""

    def login(self):
        self.apim = self.apim_login().json()["access_token"]
        self.sso = self.sso_login().json()["access_token"]

    def apim_login(self, auth=("sandbox-key", "sandbox-secret"), grant_type="client_credentials"):
        return self.session.post(
            f"{self.url}{APIM_TOKEN}", auth=auth, data={"grant_type": grant_type}, timeout=5
        )

    def sso_login(self, **form):
        sent = {
            "grant_type": "password",
            "client_id": "siantarservice",
            "username": "197001011995031001",
            "password": "sandbox-password",
            **form,
        }
        return self.session.post(f"{self.url}{SSO_TOKEN}", data=sent, timeout=5)

    def __call__(self, method, path, *, timeout=5, headers=None, **options):
        if headers is None:
            if not self.apim:
                self.login()
            headers = {"Authorization": f"Bearer {self.apim}", "Auth": f"bearer {self.sso}"}
        return self.session.request(
            method, f"{self.url}{API}{path}", headers=headers, timeout=timeout, **options
        )

    def person_id(self, nip):
        return self("GET", f"/pns/data-utama/{nip}").json()["data"]["id"]

    def kursus(self, nip, **changes):
        """The body of a save, as the captured clients send it."""
        return {
            "id": None,
            "instansiId": "A5EB03E23CE7F6A0E040640A040252AD",
            "institusiPenyelenggara": "BKPSDM Kota Pematangsiantar",
            "jenisDiklatId": "16",
            "jenisKursus": "",
            "jenisKursusSertipikat": "T",
            "jumlahJam": 24,
            "lokasiId": "",
            "namaKursus": "Literasi Digital ASN",
            "nomorSertipikat": "LITDIG/2026/0001",
            "pnsOrangId": self.person_id(nip),
            "tahunKursus": 2026,
            "tanggalKursus": "02-11-2026",
            "tanggalSelesaiKursus": "24-11-2026",
            **changes,
        }

    def save(self, body, kind="kursus", **options):
        return self("POST", f"/{kind}/save", json=body, **options)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def faults():
    """Nothing goes wrong but what a test orders; short enough for a test to wait for."""
    return Faults(rates={}, slow_seconds=0.1, hang_seconds=5, late_seconds=0.15, badge_seconds=0.15)


@pytest.fixture
def city(faults, clock):
    return demo_city(faults=faults, clock=clock)


@pytest.fixture
def moodle(city):
    with Server(city.moodle) as server:
        yield MoodleClient(server.url, city.moodle)


@pytest.fixture
def registry(city):
    with Server(city.registry) as server:
        yield RegistryClient(server.url, city.registry)
