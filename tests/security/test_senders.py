"""Of whom and of what a sender may speak."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.config.secrets import Secret
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.recognition.speaking import is_within
from tests.conftest import on_sqlite
from tests.scene import SITE, Scene, actor, by_mail, completed, sender
from tests.webhook.conftest import PASSWORD, Client, basic

SITI = 4
OTHER = "https://lms.dinkes.example"


@pytest.fixture
def two(scene: Scene) -> Scene:
    """The scene with a second LMS, which has a sender of its own."""
    other = MoodleSettings(url=OTHER, token=Secret("env:OTHER"))
    senders = (sender("moodle", lms="moodle"), sender("dinkes", lms="dinkes"))
    scene.change(senders=senders, lms={**scene.settings.lms, "dinkes": other})
    return scene


def allow(scene: Scene, **what: Any) -> None:
    """Let the sender speak only of that, as after a restart with another configuration."""
    scene.change(senders=(sender("moodle", lms="moodle", **what),))
    scene.restart()
    scene.recognise()


@on_sqlite
def test_nothing_is_taken_of_whoever_has_not_the_password(lrs: Client) -> None:
    for pair in (("moodle", "wrong"), ("moodle", ""), ("nobody", PASSWORD), ("", "")):
        assert lrs.post([], headers={"Authorization": basic(*pair)}).status_code == 401
    assert lrs.post([], headers={"Authorization": None}).status_code == 401
    assert lrs.post([]).status_code == 200


def test_a_sender_speaks_for_the_people_of_its_own_lms(two: Scene) -> None:
    two.hear(completed(SITI), by="moodle")
    assert two.states() == ["recognised"]
    two.hear(completed(actor(198703152010012001, SITE), at="2026-11-23T02:00:00Z"), by="dinkes")
    assert two.reason(state="attention").code == "sender_not_of_course"
    elsewhere = f"{OTHER}/course/view.php?id=3"
    two.hear(completed(SITI, activity=elsewhere, at="2026-11-22T02:00:00Z"), by="dinkes")
    assert [row.reason_code for row in two.sightings(state="attention")][1:] == [
        "sender_not_of_person"
    ]
    assert len(two.completions()) == 1, "what is told of others is kept, and is no completion"


@pytest.mark.parametrize(
    ("who", "allowed", "code"),
    [
        (actor(SITI), {"home_pages": (SITE + "/",)}, None),
        (actor(SITI), {"home_pages": ("https://asn.example",)}, "sender_not_of_person"),
        (actor(SITI), {"mail_domains": ("siantar.example",)}, "sender_not_of_person"),
        (
            by_mail("siti@y.example"),
            {"mail_domains": ("x.example",)},
            "sender_not_of_person",
        ),
        (by_mail("siti@a.x.example"), {"mail_domains": ("x.example",)}, "sender_not_of_person"),
        (by_mail("siti@x.example"), {"home_pages": (SITE,)}, "sender_not_of_person"),
        ({"mbox_sha1sum": "0" * 40}, {"mail_domains": ("x.example",)}, "sender_not_of_person"),
        ({"openid": "https://x.example/siti"}, {"home_pages": (SITE,)}, "sender_not_of_person"),
        (by_mail("siti@X.example"), {"mail_domains": ("x.example",)}, "account_missing"),
        ({"openid": f"{SITE}/siti"}, {"home_pages": (SITE,)}, "unknown_person"),
    ],
)
def test_it_may_be_kept_to_home_pages_and_mail_domains(
    scene: Scene, who: dict[str, Any], allowed: dict[str, Any], code: str | None
) -> None:
    scene.change(senders=(sender("moodle", lms="moodle", **allowed),))
    scene.hear(completed(who))
    (seen,) = scene.sightings()
    assert seen.reason_code == code


@pytest.mark.parametrize(
    ("allowed", "code"),
    [
        ({"activities": (SITE,)}, None),
        ({"activities": ("https://content.example/",)}, "sender_not_of_course"),
        ({"activities": (f"{SITE}/course/view.php?id=",)}, None),
        ({"courses": ("DIKLAT-*",)}, None),
        ({"courses": ("DIKLAT-LATSAR-2026",)}, None),
        ({"courses": ("DIKLAT-LATSAR",)}, "sender_not_of_course"),
        ({"courses": ("PKA-*",)}, "sender_not_of_course"),
    ],
)
def test_it_may_be_kept_to_activities_and_courses(
    scene: Scene, allowed: dict[str, Any], code: str | None
) -> None:
    scene.change(senders=(sender("moodle", lms="moodle", **allowed),))
    scene.hear(completed(SITI))
    assert [row.reason_code for row in scene.sightings()] == [code]


def test_what_is_allowed_later_follows_by_itself(scene: Scene) -> None:
    allow(scene, courses=("PKA-*",))
    scene.hear(completed(SITI))
    assert scene.states() == ["attention: sender_not_of_course"]
    allow(scene, courses=("PKA-*", "DIKLAT-*"))
    assert scene.states() == ["recognised"]


def test_a_statement_that_is_told_again_is_one_completion(scene: Scene) -> None:
    once = completed(SITI)
    scene.hear(once)
    scene.hear(once, once)
    scene.hear(msgspec.json.decode(msgspec.json.encode(once)) | {"version": "1.0.0"})
    assert len(scene.completions()) == 1


@given(st.text("abc.:@/?#&=", max_size=12))
def test_only_what_belongs_to_an_address_is_within_it(rest: str) -> None:
    whole = f"https://lms.example{rest}"
    if is_within(whole, ["https://lms.example"]):
        assert not rest or rest[0] in "/?#&"
