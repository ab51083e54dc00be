"""A password that is made up is never refused for the name of whom it is for."""

from __future__ import annotations

from lms_bridge.accounts import passwords


def test_it_can_be_that_of_whoever_has_a_short_name() -> None:
    for _ in range(2000):  # of which some fifty would have one of them in it
        password = passwords.made_up("hr", "IT")
        passwords.hold_to_the_rules(password, "hr")
        passwords.hold_to_the_rules(password, "it")


def test_a_name_that_is_in_all_of_them_is_left_to_the_rules() -> None:
    assert len(passwords.made_up("-", "")) == 19
