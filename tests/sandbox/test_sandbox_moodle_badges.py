"""When the Moodle sandbox issues a badge, and when it only seems to (Moodle facts, section 1)."""

import hashlib
import threading

import pytest

from lms_bridge.sandbox.faults import Fault


def join(moodle, user, cohort="BADGE-LATSAR-2026", **changes):
    member = {
        "members[0][cohorttype][type]": "idnumber",
        "members[0][cohorttype][value]": cohort,
        "members[0][usertype][type]": "id",
        "members[0][usertype][value]": user,
    }
    return moodle("core_cohort_add_cohort_members", **(member | changes))


def test_rating_a_competency_brings_its_badge_within_the_request(moodle):
    moodle.grade(4)
    assert moodle.badge_names(4) == ["Badge Kompetensi PKA"]
    assert moodle.sandbox.badges_of(4) == ["Badge Kompetensi PKA"]


def test_a_rating_below_proficient_brings_none(moodle):
    moodle.grade(4, grade=1)
    assert moodle.badge_names(4) == []


def test_repeating_a_rating_adds_evidence_but_no_second_badge(moodle):
    for _ in range(3):
        moodle.grade(4)
    assert moodle.badge_names(4) == ["Badge Kompetensi PKA"]
    assert len(moodle.site.evidence) == 3


def test_nothing_takes_a_badge_away_again(moodle):
    moodle.grade(4)
    moodle.grade(4, grade=1)
    join(moodle, 4)
    moodle(
        "core_cohort_delete_cohort_members",
        **{"members[0][cohortid]": 1, "members[0][userid]": 4},
    )
    assert moodle.site.cohorts[1].members == set()
    assert moodle.badge_names(4) == ["Badge Kohort Latsar", "Badge Kompetensi PKA"]


def test_joining_a_cohort_brings_its_badge_and_joining_again_a_warning(moodle):
    assert join(moodle, 6) == {"warnings": []}
    assert moodle.badge_names(6) == ["Badge Kohort Latsar"]
    assert join(moodle, 6) == {
        "warnings": [
            {
                "warningcode": "3",
                "message": "record already exists: cohort(idnumber=BADGE-LATSAR-2026 id=6)",
            }
        ]
    }


def test_a_search_for_a_cohort_finds_others_with_it(moodle):
    found = moodle(
        "core_cohort_search_cohorts", query="BADGE-LATSAR-2026", **{"context[contextid]": 1}
    )
    assert [cohort["id"] for cohort in found["cohorts"]] == [1, 2]


def test_a_suspended_learner_gets_the_badge_all_the_same(moodle):
    moodle.grade(11)
    assert moodle.badge_names(11) == ["Badge Kompetensi PKA"]


@pytest.mark.parametrize("route", ["competency", "cohort"])
def test_four_at_once_bring_one_badge_and_a_rating_may_collide(moodle, route):
    moodle.site.collision_seconds = 0.1
    answers = []
    start = threading.Barrier(4)

    def award():
        client = moodle.another()
        start.wait()
        answers.append(client.grade(4) if route == "competency" else join(client, 4))

    threads = [threading.Thread(target=award) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    collided = [answer for answer in answers if "exception" in answer]
    if route == "competency":
        assert len(collided) == 3
        assert collided[0] == {
            "exception": "dml_write_exception",
            "errorcode": "dmlwriteexception",
            "message": "Error writing to database",
        }
    else:
        assert collided == []
    assert len(moodle.badge_names(4)) == 1


def test_different_learners_do_not_collide(moodle):
    moodle.site.collision_seconds = 0.1
    answers = []
    threads = [
        threading.Thread(target=lambda user=user: answers.append(moodle.another().grade(user)))
        for user in (4, 5, 6, 12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer["grade"] for answer in answers] == [2] * 4


# --- what keeps a badge from being issued, though the call says nothing of it


def test_an_inactive_badge_is_issued_when_it_is_enabled(moodle):
    assert moodle.grade(4, competency=5)["grade"] == 2
    moodle.sandbox.cron()
    assert moodle.badge_names(4) == []
    moodle.site.capabilities.add("moodle/badges:configurecriteria")
    assert moodle("core_badges_enable_badges", **{"badgeids[0]": 6}) == {
        "result": [{"badgeid": 6, "awards": "1"}],
        "warnings": [],
    }
    assert moodle.badge_names(4) == ["Badge Pelayanan Publik"]


def test_badges_switched_off_are_made_good_by_cron(moodle):
    moodle.site.badges_enabled = False
    assert moodle.grade(4)["grade"] == 2
    moodle.site.badges_enabled = True
    assert moodle.badge_names(4) == []
    moodle.sandbox.cron()
    assert moodle.badge_names(4) == ["Badge Kompetensi PKA"]


def test_a_site_can_leave_all_badges_to_cron(moodle):
    moodle.site.badges_at_cron = True
    moodle.grade(4)
    join(moodle, 5)
    assert moodle.sandbox.awards() == []
    moodle.sandbox.cron()
    assert {award.user for award in moodle.sandbox.awards()} == {4, 5}


def test_a_site_can_be_late_with_its_badges(moodle, clock):
    moodle.site.badge_delay = 60
    moodle.grade(4)
    clock.now += 59
    assert moodle.badge_names(4) == []
    clock.now += 1
    assert moodle.badge_names(4) == ["Badge Kompetensi PKA"]


def test_one_badge_can_be_late_by_lot(moodle, faults, clock):
    faults.force(Fault.BADGE_LATER)
    moodle.grade(4)
    moodle.grade(5)
    assert (moodle.badge_names(4), moodle.badge_names(5)) == ([], ["Badge Kompetensi PKA"])
    clock.now += faults.badge_seconds
    assert moodle.badge_names(4) == ["Badge Kompetensi PKA"]


# --- who sees it


def test_a_badge_that_the_learner_hides_vanishes_from_the_list_but_not_by_hash(moodle):
    moodle.grade(4)
    [award] = moodle.sandbox.awards()
    moodle.sandbox.hide(award.uniquehash)
    assert moodle.badge_names(4) == []
    shown = moodle("core_badges_get_user_badge_by_hash", hash=award.uniquehash)["badge"]
    assert [badge["name"] for badge in shown] == ["Badge Kompetensi PKA"]


def test_an_unknown_hash_is_a_warning(moodle):
    answer = moodle("core_badges_get_user_badge_by_hash", hash="0" * 40)
    assert (answer["badge"], answer["warnings"][0]["warningcode"]) == ([], "badgeawardnotfound")


def test_the_assertion_is_public_and_hashes_the_email(moodle):
    moodle.grade(4)
    [award] = moodle.sandbox.awards()
    answer = moodle.get(f"/badges/assertion.php?b={award.uniquehash}&obversion=2")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assertion = answer.json()
    url = f"https://moodle.example/badges/assertion.php?b={award.uniquehash}&obversion=2"
    assert assertion["id"] == url
    assert assertion["verify"] == {"type": "hosted", "url": url}
    recipient = assertion["recipient"]
    hashed = hashlib.sha256(("learner1@example.go.id" + recipient["salt"]).encode()).hexdigest()
    assert recipient["identity"] == f"sha256${hashed}"
    assert assertion["badge"]["name"] == "Badge Kompetensi PKA"
    assert assertion["issuedOn"].endswith("+00:00")


def test_a_revoked_badge_and_an_unknown_hash_are_gone_alike(moodle):
    award = moodle.site.award_by_hand(2, 4)
    assert moodle.badge_names(4) == ["Badge Manual"]
    moodle.site.revoke(award.uniquehash)
    assert moodle.badge_names(4) == []
    for uniquehash in (award.uniquehash, "0" * 40):
        answer = moodle.get(f"/badges/assertion.php?b={uniquehash}&obversion=2")
        url = f"https://moodle.example/badges/assertion.php?b={uniquehash}"
        assert (answer.status_code, answer.json()) == (410, {"id": url, "revoked": True})


def test_the_badge_has_a_page_for_people(moodle):
    moodle.grade(4)
    [award] = moodle.sandbox.awards()
    page = moodle.get(f"/badges/badge.php?hash={award.uniquehash}")
    assert "Badge Kompetensi PKA" in page.text
    assert "Siti Rahmawati" in page.text
    assert moodle.get("/badges/badge.php?hash=0").status_code == 404
