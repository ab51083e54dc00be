"""A SIASN that answers as it is told, behind two tokens that it issues."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from lms_bridge.config.secrets import Secret
from lms_bridge.registries.base import RegistryEmployee, Training
from lms_bridge.registries.siasn.client import Siasn
from lms_bridge.registries.siasn.settings import SiasnSettings

API = "https://siasn.example:8243/apisiasn/1.0"
APIM = "https://siasn.example/oauth2/token"
SSO = "https://sso.example/realms/public-siasn/protocol/openid-connect/token"
NIP = "198703152010012001"
PERSON = "8AE482898D2F4A1FE050640A15026A4E"

# Made up; the shape is that of registry facts, section 6.
DATA_UTAMA = {
    "code": 1,
    "data": {
        "id": PERSON,
        "nipBaru": NIP,
        "nipLama": "",
        "nama": "SITI RAHMAWATI",
        "unorId": "8ae483a55d9f1e02015da0c1b3c60e7f",
        "unorNama": "Bidang Pengembangan Kompetensi",
        "kedudukanPnsNama": "Aktif",
        "tglLahir": "15-03-1987",
        "email": "siti@example.go.id",
    },
}


class Service:
    """Answers each path as it was told to, the last answer for ever, and issues tokens."""

    def __init__(self) -> None:
        self.requests: list[requests.PreparedRequest] = []
        self.token_requests: list[requests.PreparedRequest] = []
        self._answers: dict[str, list[Any]] = {}
        self._issued = 0

    def answers(self, path: str, *answers: Any) -> None:
        """Each is a body, (status, body), (status, body, headers), an exception or a function."""
        self._answers[path] = list(answers)

    def issues(self, url: str, *answers: Any) -> None:
        """What a token endpoint says instead of issuing a token."""
        self._answers[url] = list(answers)

    def asked(self, path: str) -> list[requests.PreparedRequest]:
        return [request for request in self.requests if request.url == API + path]

    def sent(self, path: str) -> dict[str, Any]:
        """The body of the one call of `path`."""
        (request,) = self.asked(path)
        body: dict[str, Any] = json.loads(request.body or b"")
        return body

    def call(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], Any]:
        self.requests.append(request)
        return self._next(str(request.url).removeprefix(API))

    def token(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], Any]:
        self.token_requests.append(request)
        url = str(request.url)
        if url in self._answers:
            return self._next(url)
        self._issued += 1
        kind = "apim" if url == APIM else "sso"
        token = {"access_token": f"{kind}-{self._issued}", "token_type": "Bearer"}
        return 200, {}, json.dumps(token)

    def _next(self, key: str) -> tuple[int, dict[str, str], Any]:
        waiting = self._answers[key]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        status, body, headers = (
            (*answer, {})[:3] if isinstance(answer, tuple) else (200, answer, {})
        )
        return status, headers, body if isinstance(body, str | bytes) else json.dumps(body)


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    service.answers(f"/pns/data-utama/{NIP}", DATA_UTAMA)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in (responses.GET, responses.POST, responses.DELETE):
            mock.add_callback(method, re.compile(re.escape(API)), callback=service.call)
        for url in (APIM, SSO):
            mock.add_callback(responses.POST, url, callback=service.token)
        yield service


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> SiasnSettings:
    """With the password grant; the operator-supplied token is the other way."""
    for name in ("KEY", "SECRET", "USERNAME", "PASSWORD"):
        monkeypatch.setenv(f"SIASN_{name}", f"the-{name.lower()}")
    return SiasnSettings(
        api_url=API,
        apim_token_url=APIM,
        sso_token_url=SSO,
        consumer_key=Secret("env:SIASN_KEY"),
        consumer_secret=Secret("env:SIASN_SECRET"),
        sso_client_id="siantarservice",
        sso_username=Secret("env:SIASN_USERNAME"),
        sso_password=Secret("env:SIASN_PASSWORD"),
        instansi_id="A5EB03E23CA8F6A0E040640A040252AD",
    )


@pytest.fixture
def siasn(settings: SiasnSettings) -> Siasn:
    return Siasn("siasn", settings)


@pytest.fixture
def employee() -> RegistryEmployee:
    return RegistryEmployee(nip=NIP, person_id=PERSON, name="SITI RAHMAWATI")


@pytest.fixture
def training() -> Training:
    return Training(
        name="Pelatihan Layanan Publik Digital",
        organiser="BKPSDM Kota Pematangsiantar",
        kind=16,
        hours=20,
        certificate_number="LPD-2026/00007",
        starts=dt.date(2026, 11, 23),
        ends=dt.date(2026, 11, 24),
    )
