"""Who it is, where the LMS must be asked: a Moodle over HTTP, with all that is amiss in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from lms_bridge import credentials
from lms_bridge.config.settings import Account
from lms_bridge.sandbox.city import BAMBANG, SAHAT, SITI, demo_city
from lms_bridge.sandbox.server import Server
from tests.people.people import person
from tests.scene import SITE, Scene, actor, by_mail, completed, course, sender, settings_of

OTHER = "https://lms-lain.example"
THERE = f"{OTHER}/course/view.php?id=3"


# --- what is found ---------------------------------------------------------------------------


EMPLOYEES = {
    SITI: (
        actor(4),
        actor("learner1"),
        actor("Learner1"),  # Moodle keeps usernames in lower case
        actor("198703152010012001"),
        actor("19870315 201001 2 001"),
        by_mail("learner1@example.go.id"),
        by_mail("Learner1@Example.GO.ID"),
        actor(4, SITE + "/"),
        actor(4, "HTTPS://Moodle.Example"),
    ),
    BAMBANG: (actor(14),),  # the NIP is typed with blanks
    SAHAT: (actor(12),),  # an NI PPPK
}


def test_an_actor_is_the_employee_with_the_nip_of_the_account(scene: Scene) -> None:
    told = [(nip, who) for nip, actors in EMPLOYEES.items() for who in actors]
    scene.hear(*(completed(who) for _, who in told))
    nips = {one.id: one.nip for one in scene.completions()}
    assert [(nips.get(row.completion_id), row.actor) for row in scene.sightings()] == [
        (nip, row.actor) for (nip, _), row in zip(told, scene.sightings(), strict=True)
    ]


def test_what_the_lms_told_is_remembered_for_half_a_day(scene: Scene) -> None:
    scene.hear(completed(4, at="2026-11-24T01:00:00Z"))
    asked = scene.city.moodle.calls["core_user_get_users_by_field"]
    scene.clock.forward(hours=11)
    scene.hear(completed(4, at="2026-11-24T02:00:00Z"))
    assert scene.city.moodle.calls["core_user_get_users_by_field"] == asked


def test_after_half_a_day_the_lms_is_asked_again(scene: Scene) -> None:
    scene.catalogue(course("OTHER"))
    scene.hear(completed(4))
    scene.deliver(scene.completion().id)
    scene.site.users[4].idnumber = SAHAT
    scene.site.users[12].idnumber = ""
    scene.clock.forward(hours=13)
    scene.hear(completed(4, "OTHER"))
    assert [one.nip for one in scene.completions()] == [SITI, SAHAT]


def test_many_people_are_asked_about_in_few_calls(scene: Scene) -> None:
    scene.tell(*(completed(user) for user in (4, 5, 6, 12, 13, 14)))
    scene.recognise()
    assert len(scene.completions()) == 6
    assert scene.city.moodle.calls["core_user_get_users_by_field"] <= 3


def test_an_account_is_also_known_under_the_address_of_its_lms(scene: Scene) -> None:
    scene.hear(completed(actor(4, scene.settings.lms["moodle"].url)))
    assert scene.completion().nip == SITI


def test_addresses_that_the_lms_finds_but_does_not_show_are_told_apart(scene: Scene) -> None:
    scene.site.capabilities.remove("moodle/site:viewuseridentity")
    addresses = ("learner1@example.go.id", "learner2@example.go.id", "nobody@example.go.id")
    scene.hear(*(completed(by_mail(address)) for address in addresses))
    assert scene.states() == ["recognised", "recognised", "attention: account_missing"]
    assert len({one.nip for one in scene.completions()}) == 2


# --- what is told apart ----------------------------------------------------------------------


DOUBTS: list[tuple[str, dict[str, Any]]] = [
    ("account_without_nip", actor(8)),
    ("shared_nip", actor(9)),
    ("shared_nip", actor(10)),
    ("suspended_account", actor(11)),
    ("account_missing", actor(999)),
    ("account_missing", actor("nobody")),
    ("unknown_home_page", actor(4, "https://elsewhere.example")),
    ("unknown_person", {"openid": "https://id.example/siti"}),
    ("unknown_person", {"mbox_sha1sum": "a" * 40}),
    ("group_actor", {"objectType": "Group", "member": [by_mail("learner1@example.go.id")]}),
]


def test_each_doubt_has_its_own_reason_and_nothing_is_guessed(scene: Scene) -> None:
    scene.hear(*(completed(who) for _, who in DOUBTS))
    assert scene.states() == [f"attention: {code}" for code, _ in DOUBTS]
    assert scene.completions() == []


def test_a_number_that_is_no_nip_is_shown_as_it_stands_in_the_lms(scene: Scene) -> None:
    scene.site.users[8].idnumber = "PEG-00417"
    scene.hear(completed(8))
    assert "PEG-00417" in scene.reason().what()


def test_a_nip_that_one_account_has_as_its_number_and_another_as_its_name_is_shared(
    scene: Scene,
) -> None:
    scene.site.add_user(20, SITI, "Siti", "Lama")
    scene.hear(completed(4))
    assert scene.states() == ["attention: shared_nip"]


def test_a_nip_that_another_account_has_with_blanks_is_shared(scene: Scene) -> None:
    scene.site.add_user(20, "siti.lama", "Siti", "Lama", idnumber="19870315 201001 2 001")
    scene.hear(completed(4))
    assert scene.states() == ["attention: shared_nip"]


def test_a_suspended_account_with_the_same_nip_is_no_second_owner(scene: Scene) -> None:
    scene.site.users[10].suspended = True
    scene.hear(completed(9))
    assert scene.states() == ["recognised"]


def test_one_address_of_two_accounts_is_ambiguous(scene: Scene) -> None:
    scene.site.users[5].email = scene.site.users[4].email
    scene.hear(completed(by_mail("learner1@example.go.id")))
    assert scene.states() == ["attention: accounts_ambiguous"]


def test_an_lms_that_shows_nobody_is_blind_and_the_person_not_missing(scene: Scene) -> None:
    scene.site.capabilities.remove("moodle/user:viewdetails")
    scene.hear(completed(4))
    assert scene.states() == ["attention: lookup_blind"]
    scene.site.capabilities.add("moodle/user:viewdetails")
    scene.clock.forward(minutes=10)
    scene.recognise()
    assert scene.completion().nip == SITI


def test_an_lms_that_shows_others_knows_that_somebody_is_missing(scene: Scene) -> None:
    scene.hear(completed(999), completed(by_mail("nobody@example.go.id")))
    assert scene.states() == ["attention: account_missing"] * 2


# --- an LMS that does not answer -------------------------------------------------------------


def test_while_the_lms_is_down_the_sighting_waits_and_says_why(scene: Scene) -> None:
    scene.site.maintenance = True
    scene.hear(completed(4))
    (seen,) = scene.sightings()
    assert (seen.state, seen.reason_code) == ("asking", "lookup_failed")
    assert "cannot be used now" in scene.reason().what()


def test_when_the_lms_is_back_the_completion_follows_by_itself(scene: Scene) -> None:
    scene.site.maintenance = True
    scene.hear(completed(4))
    scene.site.maintenance = False
    scene.clock.forward(minutes=10)
    scene.recognise()
    assert scene.completion().nip == SITI


def test_an_lms_that_is_known_to_be_down_is_not_asked_by_each_sighting(scene: Scene) -> None:
    scene.site.maintenance = True
    for user in (4, 5, 6, 12, 13):
        scene.hear(completed(user))
    assert sum(scene.city.moodle.calls.values()) <= scene.settings.delivery.breaker.failures


def test_what_needs_no_asking_is_recognised_while_the_lms_is_down(scene: Scene) -> None:
    scene.site.maintenance = True
    scene.hear(completed(4), completed(actor("199002282015031002")))
    assert sorted(scene.states()) == ["asking: lookup_failed", "recognised"]


def test_a_function_that_is_missing_does_not_make_the_whole_lms_count_as_down(
    scene: Scene,
) -> None:
    scene.site.functions.remove("core_user_get_users_by_field")
    scene.hear(completed(4))
    scene.site.functions.add("core_user_get_users_by_field")
    scene.hear(completed(5))
    assert scene.states() == ["asking: lookup_failed", "recognised"]


def test_a_token_that_is_refused_is_said_to_be(scene: Scene) -> None:
    scene.site.token = "another"
    scene.hear(completed(4))
    assert "token" in scene.reason().what()


def test_an_account_that_the_lms_fails_over_keeps_no_other_waiting(scene: Scene) -> None:
    class Broken:
        """Moodle, but for one account, at which it fails as PHP does."""

        def __init__(self, moodle: Any) -> None:
            self._moodle = moodle

        def __getattr__(self, name: str) -> Any:
            return getattr(self._moodle, name)

        def find_users(self, field: str, values: list[str]) -> Any:
            if "5" in values:
                raise RuntimeError("a record that nobody expected")
            return self._moodle.find_users(field, values)

    scene.lms["moodle"] = Broken(scene.lms["moodle"])  # type: ignore[assignment]
    scene.hear(*(completed(user) for user in (4, 5, 6, 12)))
    assert scene.states() == ["recognised", "asking: lookup_failed", "recognised", "recognised"]


def test_what_is_asked_meanwhile_is_not_overwritten_by_the_answer(scene: Scene) -> None:
    """HR links the account while the LMS is still being asked about it."""
    moodle = scene.lms["moodle"]
    find = moodle.find_users

    def slowly(field: Any, values: Any) -> Any:
        scene.link(person(SAHAT, account=(SITE, "8")))
        return find(field, values)

    moodle.find_users = slowly  # type: ignore[method-assign]
    scene.hear(completed(8))
    assert scene.completion().nip == SAHAT


# --- two LMSs --------------------------------------------------------------------------------


@pytest.fixture
def two(scene: Scene) -> Iterator[Scene]:
    """The scene with a second Moodle, whose user 4 is somebody else."""
    city = demo_city()
    city.moodle.site.users[4].idnumber, city.moodle.site.users[5].idnumber = SAHAT, ""
    city.moodle.site.users[12].idnumber = ""
    city.moodle.site.home_page = OTHER
    with Server(city.moodle) as server:
        other = settings_of(server.url).lms["moodle"]
        scene.change(lms={**scene.settings.lms, "lain": other})
        lain = msgspec.structs.replace(other, home_page=OTHER)
        scene.change(
            lms={**scene.settings.lms, "lain": lain},
            senders=(sender("moodle", lms="moodle"), sender("lain", lms="lain"), sender("konten")),
        )
        yield scene


def test_the_same_number_is_another_person_in_another_lms(two: Scene) -> None:
    two.tell(completed(4))
    two.tell(completed(actor(4, OTHER), activity=THERE), by="lain")
    two.recognise()
    assert [(one.nip, one.lms) for one in two.completions()] == [(SITI, "moodle"), (SAHAT, "lain")]


def test_an_address_is_looked_up_in_the_lms_of_the_sender(two: Scene) -> None:
    two.hear(completed(by_mail("learner1@example.go.id"), activity=THERE), by="lain")
    assert two.completion().nip == SAHAT


def test_an_address_from_a_sender_without_an_lms_is_looked_up_in_none(two: Scene) -> None:
    two.hear(completed(by_mail("learner1@example.go.id")), by="konten")
    assert two.states() == ["attention: unknown_person"]


def test_a_credential_says_of_which_lms_its_people_are(two: Scene) -> None:
    with two.store.writing() as db:
        credentials.create(db, "pemutar", settings=two.settings, now=two.clock(), lms="lain")
    two.hear(completed(by_mail("learner1@example.go.id"), activity=THERE), by="pemutar")
    assert (two.completion().nip, two.completion().lms) == (SAHAT, "lain")


def test_what_a_credential_says_later_counts_for_what_came_before(two: Scene) -> None:
    with two.store.writing() as db:
        credentials.create(db, "pemutar", settings=two.settings, now=two.clock())
    two.hear(completed(by_mail("learner1@example.go.id"), activity=THERE), by="pemutar")
    assert two.states() == ["attention: unknown_person"]
    with two.store.writing() as db:
        credentials.limit(db, "pemutar", settings=two.settings, lms="lain")
    two.recognise()
    assert two.completion().nip == SAHAT


def test_an_account_says_itself_of_which_lms_it_is(two: Scene) -> None:
    two.hear(completed(actor(4, OTHER)), by="konten")
    assert (two.completion().nip, two.completion().lms) == (SAHAT, "lain")


def test_an_lms_that_is_down_keeps_the_other_from_nothing(two: Scene) -> None:
    two.site.maintenance = True
    two.tell(completed(4))
    two.tell(completed(actor(4, OTHER), activity=THERE), by="lain")
    two.recognise()
    assert two.completion().lms == "lain"


def test_one_address_asked_of_two_lmss_is_answered_for_each(two: Scene) -> None:
    two.site.users[4].email = "elsewhere@example.go.id"
    two.tell(completed(by_mail("learner1@example.go.id"), at="2026-11-24T01:00:00Z"))
    two.tell(completed(by_mail("learner1@example.go.id"), activity=THERE), by="lain")
    two.recognise()
    assert two.states() == ["attention: account_missing", "recognised"]


def test_a_home_page_can_be_said_to_hold_nips(scene: Scene) -> None:
    scene.change(accounts=(Account(home_page="https://asn.example/", holds="nip"),))
    scene.hear(
        completed(actor(SITI, "https://asn.example")), completed(actor("7", "https://asn.example"))
    )
    assert scene.states() == ["recognised", "attention: invalid_nip"]
