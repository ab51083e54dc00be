"""The table of HR: what it may say, and what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from lms_bridge.people.importing import Imported, from_file, put
from lms_bridge.sandbox.city import BUDI, SAHAT, SITI
from lms_bridge.store.schema import employees
from lms_bridge.tables import TableError
from tests.people.people import person
from tests.scene import SITE, Scene, actor, by_mail, completed

OLD = "199103052024211005"


@pytest.fixture
def table(tmp_path: Path):
    """Writes the lines as a file."""

    def write(*lines: str) -> Path:
        path = tmp_path / "pegawai.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def imported(scene: Scene, path: Path) -> Imported:
    with scene.store.writing() as db:
        return put(db, from_file(path), now=scene.clock())


def problems(path: Path) -> list[str]:
    with pytest.raises(TableError) as refused:
        from_file(path)
    return list(map(str, refused.value.problems))


# --- what it says ----------------------------------------------------------------------------


def test_a_row_links_an_account_an_address_and_an_account_of_the_lms(scene: Scene, table) -> None:
    done = imported(
        scene,
        table(
            "nip;name;unit_name;home_page;account;email;lms;lms_user_id",
            f"{SITI};Siti Rahmawati;BKPSDM;{SITE}/;4;Learner1@example.go.id;moodle;4",
        ),
    )
    assert done.people == 1
    assert {
        f"nip:{SITI}",
        f"account:{SITE}|4",
        "mbox:mailto:learner1@example.go.id",
        "lms:moodle:4",
    } < scene.keys(SITI)


def test_a_person_may_have_several_rows(scene: Scene, table) -> None:
    done = imported(
        scene,
        table("nip,home_page,account", f"{SITI},{SITE},siti", f"{SITI},{SITE},siti.lama"),
    )
    assert (done.people, done.links) == (1, 2)


def test_an_employee_keeps_what_a_later_row_does_not_say(scene: Scene) -> None:
    scene.link(person(SITI, name="Siti Rahmawati"))
    scene.link(person(SITI, account=(SITE, "4")))
    with scene.store.reading() as db:
        assert db.execute(select(employees.c.name)).scalar_one() == "Siti Rahmawati"


def test_a_later_import_corrects_an_earlier_one(scene: Scene) -> None:
    scene.link(person(SITI, account=(SITE, "8")))
    scene.link(person(BUDI, account=(SITE, "8")))
    scene.hear(completed(8))
    assert scene.completion().nip == BUDI


def test_an_account_is_found_however_its_home_page_is_written(scene: Scene, table) -> None:
    imported(scene, table("nip,home_page,account", f"{SITI},HTTPS://Elsewhere.example/,siti"))
    scene.hear(completed(actor("siti", "https://elsewhere.example")))
    assert scene.completion().nip == SITI


def test_an_address_is_found_in_whatever_case(scene: Scene, table) -> None:
    imported(scene, table("nip,email", f"{SITI},Siti@Kota.go.id"))
    scene.hear(completed(by_mail("SITI@kota.go.id")))
    assert scene.completion().nip == SITI


def test_an_openid_can_be_linked(scene: Scene, table) -> None:
    imported(scene, table("nip,openid", f"{SITI},https://id.example/siti"))
    scene.hear(completed({"openid": "https://id.example/siti"}))
    assert scene.completion().nip == SITI


def test_a_nip_may_be_typed_as_it_is_printed(scene: Scene, table) -> None:
    imported(scene, table("nip", "19870315 201001 2 001"))
    assert scene.nips() == [SITI]


def test_a_nip_that_looks_mistyped_is_taken_and_said(scene: Scene, table) -> None:
    done = imported(scene, table("nip", "198703152010012000"))
    assert scene.nips() == ["198703152010012000"]
    assert list(map(str, done.warnings)) == [
        "Line 2: It ends in 000: a spreadsheet that took it for a number rounds it so."
    ]


def test_a_row_about_a_former_nip_is_taken_for_the_person_who_has_another_by_now(
    scene: Scene,
) -> None:
    scene.link(person(SITI, former=(OLD,)))
    done = scene.link(person(OLD, name="Siti"))
    assert scene.nips() == [SITI]
    assert list(map(str, done.warnings)) == [
        f"Line 2: {OLD} is known as a former NIP of {SITI}, and was taken for that one."
    ]


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("12345,,,,,", ", nip: “12345” is not 18 digits."),
        (f"{SITI},old,,,,", ", former_nips: “old” is not 18 digits."),
        (f"{SITI},{SITI},,,,", f", former_nips: “{SITI}” is the nip itself."),
        (f"{SITI},,4,,,", ": account and home_page are given together or not at all"),
        (f"{SITI},,,{SITE},,", ": account and home_page are given together or not at all"),
        (f"{SITI},,,,moodle,", ": lms and lms_user_id are given together or not at all"),
        (f"{SITI},,4,lms.example,,", ", home_page: “lms.example” is no address such as"),
        (f"{SITI},,,,moodle,{'4' * 41}", ", lms_user_id: 40 characters at the most."),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_its_line_and_column(
    table, row: str, problem: str
) -> None:
    (said,) = problems(table("nip,former_nips,account,home_page,lms,lms_user_id", row))
    assert said.startswith(f"Line 2{problem}")


def test_an_address_without_an_at_sign_is_refused(table) -> None:
    assert problems(table("nip,email", f"{SITI},siti")) == [
        "Line 2, email: “siti” is no e-mail address."
    ]


def test_everything_that_is_wrong_is_said_at_once(table) -> None:
    assert len(problems(table("nip,email", "1,siti", f"{SITI},", "2,"))) == 3


def test_one_account_of_two_people_is_refused(table) -> None:
    said = problems(table("nip,home_page,account", f"{SITI},{SITE},4", f"{BUDI},{SITE}/,4"))
    assert said == [f"Line 3: {SITE}|4 belongs to another nip in line 2."]


def test_one_former_nip_of_two_people_is_refused(table) -> None:
    said = problems(table("nip,former_nips", f"{SITI},{OLD}", f"{BUDI},{OLD}"))
    assert said == [f"Line 3: {OLD} belongs to another nip in line 2."]


def test_a_nip_that_is_former_in_one_row_and_present_in_another_is_refused(table) -> None:
    said = problems(table("nip,former_nips", f"{SITI},{OLD}", f"{OLD},"))
    assert said == [f"Line 2, former_nips: {OLD} is the nip of line 3: one person has one nip."]


def test_the_same_row_twice_is_no_contradiction(table) -> None:
    assert len(from_file(table("nip,home_page,account", *[f"{SITI},{SITE},4"] * 2))) == 2


def test_when_one_row_is_refused_nothing_is_imported(scene: Scene, table) -> None:
    with pytest.raises(TableError):
        imported(scene, table("nip", SITI, "1"))
    assert scene.nips() == []


def test_a_person_without_any_link_may_be_imported_before_anything_is_told(
    scene: Scene, table
) -> None:
    imported(scene, table("nip,name", f"{SAHAT},Sahat Sinaga"))
    assert scene.nips() == [SAHAT]
