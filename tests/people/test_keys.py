"""The keys by which people are known: what makes no difference between two people is left out."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.people import keys
from xapi import Account, Agent, Group


def account(home_page: str, name: str = "4") -> Agent:
    return Agent(account=Account(home_page=home_page, name=name))


@pytest.mark.parametrize(
    "home_page",
    [
        "https://lms.example.go.id",
        "https://lms.example.go.id/",
        "https://LMS.Example.go.id",
        "HTTPS://lms.example.go.id//",
    ],
)
def test_a_home_page_is_the_same_however_it_is_written(home_page: str) -> None:
    assert keys.of_actor(account(home_page)) == "account:https://lms.example.go.id|4"


@pytest.mark.parametrize(
    "home_page",
    ["https://lms.example.go.id/Moodle", "http://lms.example.go.id", "https://lms2.example.go.id"],
)
def test_another_path_scheme_or_host_is_another_home_page(home_page: str) -> None:
    assert keys.home(home_page) != keys.home("https://lms.example.go.id/moodle")


@given(st.text(min_size=1))
def test_the_name_of_an_account_is_left_as_it_is(name: str) -> None:
    key = keys.of_actor(account("https://lms.example", name))
    assert key == f"account:https://lms.example|{name}"


def test_an_address_is_the_same_in_any_case() -> None:
    one, other = Agent(mbox="mailto:Siti@Example.go.id"), Agent(mbox="mailto:siti@example.GO.ID")
    assert keys.of_actor(one) == keys.of_actor(other) == keys.of_address("SITI@example.go.id")


def test_a_hash_is_the_same_in_any_case_of_its_digits() -> None:
    assert keys.of_actor(Agent(mbox_sha1sum="AB" * 20)) == f"mbox_sha1sum:{'ab' * 20}"


def test_an_address_is_found_by_its_hash_as_it_is_typed_and_in_lower_case() -> None:
    hashes = {
        hashlib.sha1(f"mailto:{address}".encode()).hexdigest()
        for address in ("Siti@example.go.id", "siti@example.go.id")
    }
    actors = {keys.of_actor(Agent(mbox_sha1sum=each)) for each in hashes}
    assert actors == keys.of_hashed_addresses("Siti@example.go.id")


def test_an_openid_is_its_own_key() -> None:
    assert (
        keys.of_actor(Agent(openid="https://id.example/Siti")) == "openid:https://id.example/Siti"
    )


def test_a_group_without_an_identifier_has_none() -> None:
    assert keys.of_actor(Group(object_type="Group", member=())) is None


def test_a_home_page_that_is_no_address_is_compared_as_it_is() -> None:
    assert keys.home("urn:lms:Kota") == "urn:lms:Kota"


@pytest.mark.parametrize(
    ("actor", "label"),
    [
        (account("https://lms.example"), "4"),
        (Agent(name="Siti", account=Account("https://lms.example", "4")), "Siti (4)"),
        (Agent(mbox="mailto:siti@example.id"), "siti@example.id"),
        (Agent(openid="https://id.example/siti"), "https://id.example/siti"),
    ],
)
def test_an_actor_is_labelled_by_what_it_shows_itself(actor: Agent, label: str) -> None:
    assert keys.label(actor) == label
