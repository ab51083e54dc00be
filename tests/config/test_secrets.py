"""Secrets are named in the configuration, and never printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.config.secrets import Secret, SecretMissing
from tests.config.documents import problems, whole

PASTED = [
    "k4t4-s4nd1-r4h4s14",
    "9f86d081884c7d659a2feaa0c55ad015",
    "env:9f86d081884c7d659a2feaa0c55ad015",
    "env:k4t4-s4nd1-r4h4s14",
    "k4t4:s4nd1-r4h4s14",
    "env:",
    "file:",
    "",
]


@pytest.mark.parametrize("pasted", PASTED)
@pytest.mark.parametrize(
    ("old", "path"),
    [
        ('password = "env:SENDER"', "senders.moodle.password"),
        ('token = "env:TOKEN"', "lms.moodle.token"),
        ('consumer_key = "env:KEY"', "registry.siasn.consumer_key"),
        ('sso_token = "file:secrets/sso"', "registry.siasn.sso_token"),
    ],
)
def test_a_secret_pasted_into_the_configuration_is_refused_and_not_repeated(
    pasted: str, old: str, path: str
) -> None:
    [problem] = problems(whole(old, f'{old.partition(" = ")[0]} = "{pasted}"'))
    assert problem.startswith(f"{path}: expected env:")
    for part in pasted.removeprefix("env:").removeprefix("file:").split(":"):
        assert not part or part not in problem


@pytest.mark.parametrize("value", ["['k4t4']", "{ is = 'k4t4' }", "4711471147114711", "true"])
def test_a_secret_of_another_type_is_not_repeated_either(value: str) -> None:
    [problem] = problems(whole('token = "env:TOKEN"', f"token = {value}"))
    assert problem == "lms.moodle.token: expected env:NAME or file:PATH, got something else"


def test_a_secret_beside_the_tables_of_the_remotes_is_not_repeated() -> None:
    assert "k4t4" not in str(problems("lms.token = 'k4t4'\nregistry.consumer_key = 'k4t4'"))


def test_a_secret_under_a_wrong_name_is_not_repeated() -> None:
    assert "k4t4" not in str(problems(whole("token = ", "tokne = 'k4t4'\ntoken = ")))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:k4t4@h/x",
        "postgresql://u:k4t4@h:port/x",
        "postgresql://u:k4t4@h:1,g:port/x",
        "postgresql://u:k4t4@h:1,g:2/x",
        "mysql://u:k4t4@h/x",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    [problem] = problems(f'[database]\nurl = "{url}"')
    assert problem.startswith("database.url: ")
    assert "k4t4" not in problem


@given(st.text())
def test_no_source_does_anything_but_be_one_or_be_refused_unseen(source: str) -> None:
    try:
        told = Secret(source).source()
    except ValueError as error:
        told = str(error).partition(" ")[0]
    assert told in (source, "expected")


def test_a_secret_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAHASIA", " abc \n")
    assert Secret("env:RAHASIA").read() == "abc"


def test_a_secret_is_read_anew_from_its_file_without_the_end_of_its_line(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    secret = Secret("file:token", tmp_path)
    assert secret.read() == "first"
    (tmp_path / "token").write_text("second\n")
    assert secret.read() == "second"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("env:NOT_SET", "the environment variable NOT_SET is not set"),
        ("file:missing", "missing cannot be read: No such file or directory"),
        ("file:empty", "empty is empty"),
        ("file:latin", "latin is not UTF-8 text"),
        ("file:.", "cannot be read: Is a directory"),
    ],
)
def test_a_secret_that_is_missing_is_told_by_its_place(
    source: str, why: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "latin").write_bytes(b"k4t4\xe9")
    with pytest.raises(SecretMissing) as error:
        Secret(source, tmp_path).read()
    assert why in str(error.value)
    assert "k4t4" not in str(error.value)


def test_a_secret_shows_where_it_is_and_not_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAHASIA", "abc")
    assert repr(Secret("env:RAHASIA")) == "Secret('env:RAHASIA')"
