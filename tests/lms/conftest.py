"""A Moodle whose answers are those that a real Moodle 4.5.6 gave (``captured.json``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
import responses

from lms_bridge.config.secrets import Secret
from lms_bridge.lms.base import BadgeAward
from lms_bridge.lms.moodle.client import Moodle
from lms_bridge.lms.moodle.settings import MoodleSettings

SITE = "https://moodle.example"


class Site:
    """Answers each web-service function as it was told to, the last answer for ever."""

    def __init__(self) -> None:
        self.calls: list[dict[str, str]] = []
        self.requests: list[requests.PreparedRequest] = []
        self._answers: dict[str, list[Any]] = {}

    def answers(self, function: str, *answers: Any) -> None:
        """Each is a body, (status, headers, body), an exception, or a function of the form."""
        self._answers[function] = list(answers)

    def asked(self, function: str) -> list[dict[str, str]]:
        return [call for call in self.calls if call["wsfunction"] == function]

    def __call__(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        body = request.body or ""
        form = dict(parse_qsl(body if isinstance(body, str) else body.decode(), True))
        self.calls.append(form)
        self.requests.append(request)
        waiting = self._answers[form["wsfunction"]]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if callable(answer):
            answer = answer(form)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, tuple):
            return answer
        return 200, {}, answer if isinstance(answer, str) else json.dumps(answer)


@pytest.fixture(scope="session")
def captured() -> dict[str, str]:
    """Bodies as they came from a real Moodle, by what they are an example of."""
    found: dict[str, str] = json.loads((Path(__file__).parent / "captured.json").read_text())
    return found


@pytest.fixture
def site(captured: dict[str, str]) -> Iterator[Site]:
    site = Site()
    site.answers("core_webservice_get_site_info", captured["site_info"])
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(responses.POST, f"{SITE}/webservice/rest/server.php", callback=site)
        yield site


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> MoodleSettings:
    monkeypatch.setenv("MOODLE_TOKEN", "b1946ac92492d2347c6235b4d2611184")
    return MoodleSettings(url=f"{SITE}/", token=Secret("env:MOODLE_TOKEN"))


@pytest.fixture
def moodle(settings: MoodleSettings) -> Moodle:
    return Moodle("moodle", settings)


@pytest.fixture
def by_competency() -> BadgeAward:
    return BadgeAward(route="competency", name="Badge Kompetensi PKA", competency="KMP-PKA")


@pytest.fixture
def by_cohort() -> BadgeAward:
    return BadgeAward(route="cohort", name="Badge Kohort PKA", cohort="BADGE-PKA-2026")


@pytest.fixture
def refusal() -> Callable[..., str]:
    """The body of an error as Moodle words it."""

    def body(errorcode: str, message: str = "…") -> str:
        return json.dumps(
            {
                "exception": "core\\exception\\moodle_exception",
                "errorcode": errorcode,
                "message": message,
            }
        )

    return body
