"""What an operator may paste, and what of it ends in the file."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.config.secrets import Secret
from lms_bridge.manners import pasting
from lms_bridge.registries.siasn.settings import SiasnSettings
from lms_bridge.registries.simpeg.settings import SimpegSettings
from tests.conftest import NOW
from tests.manners.test_tokens import jwt

ISSUER = "https://sso-siasn.bkn.go.id/auth/realms/public-siasn"
GOOD: dict[str, Any] = {"iss": ISSUER, "azp": "siantarservice", "typ": "Bearer"}
SIASN = SiasnSettings(
    consumer_key=Secret("env:KEY"),
    consumer_secret=Secret("env:SECRET"),
    sso_client_id="siantarservice",
    instansi_id="A5EB03E23CA8F6A0E040640A040252AD",
)


def objections(token: str, settings: Any = SIASN, **more: Any) -> list[str]:
    found = pasting.objections(token, settings, NOW, **more)
    return [one.says % one.details for one in found]


@pytest.mark.parametrize(
    "pasted",
    [
        "eyJh.eyJp.c2ln",
        "  eyJh.eyJp.c2ln\n\n",
        '"eyJh.eyJp.c2ln"',
        "Bearer eyJh.eyJp.c2ln",
        "Auth: bearer eyJh.eyJp.c2ln",
        "authorization: Bearer eyJh.eyJp.c2ln",
        "eyJh.ey\nJp.c2\r\nln",
        '{"access_token": "eyJh.eyJp.c2ln", "expires_in": 300}',
    ],
)
def test_the_token_is_found_in_what_was_pasted(pasted: str) -> None:
    assert pasting.tidied(pasted) == "eyJh.eyJp.c2ln"


@given(st.text())
def test_any_text_can_be_pasted(text: str) -> None:
    token = pasting.tidied(text)
    assert token == "".join(token.split())
    list(pasting.objections(token, SIASN, NOW))


def test_a_good_token_meets_no_objection() -> None:
    assert objections(jwt(NOW + dt.timedelta(hours=12), **GOOD)) == []
    assert objections(jwt(None, **GOOD)) == []


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("hunter2", "it is no JWT: three parts in base64 with dots between them"),
        ("a.b.c", "it is no JWT: three parts in base64 with dots between them"),
        (jwt()[:-6], "it is no JWT: three parts in base64 with dots between them"),
        (jwt(NOW, **GOOD), "it has expired at 2026-11-24 03:00 UTC"),
        (
            jwt(**GOOD | {"typ": "Refresh"}),
            "it is the Refresh token of the login, and not the access token",
        ),
        (
            jwt(**GOOD | {"typ": "ID"}),
            "it is the ID token of the login, and not the access token",
        ),
        (
            jwt(**GOOD | {"azp": "medanservice"}),
            "it was issued for the client medanservice, and siantarservice is configured",
        ),
        (
            jwt(**GOOD | {"iss": "https://iam-siasn.bkn.go.id/auth/realms/public-siasn"}),
            "it was issued by https://iam-siasn.bkn.go.id/auth/realms/public-siasn, and"
            f" {ISSUER} is configured",
        ),
        (
            jwt(**GOOD, instansi_id="A5EB03E23CA8F6A0E040640A04025200"),
            "it is for the instansi A5EB03E23CA8F6A0E040640A04025200, and"
            " A5EB03E23CA8F6A0E040640A040252AD is configured",
        ),
    ],
)
def test_what_cannot_be_meant_is_told(token: str, why: str) -> None:
    assert objections(token) == [why]


def test_what_cannot_be_told_is_not_held_against_it() -> None:
    bare = msgspec.structs.replace(SIASN, sso_client_id="", instansi_id="")
    token = jwt(azp="medanservice", instansi="x", iss=ISSUER.upper() + "/")
    assert objections(token, bare) == []
    assert objections(jwt(azp=["x"], iss=7)) == []


def test_a_token_for_a_simpeg_need_only_be_alive() -> None:
    simpeg = msgspec.convert(
        {
            "type": "simpeg",
            "url": "https://simpeg.example",
            "employee": {"path": "/", "fields": {"nip": "nip"}},
            "histories": {},
        },
        SimpegSettings,
    )
    assert objections(jwt(azp="x", iss="y"), simpeg) == []


def test_what_a_terminal_has_cut_off_is_not_taken_for_whole() -> None:
    token = f"{jwt(None, **GOOD)}{'x' * 4095}"[:4095]
    assert "give it by a file" in objections(token, typed=True)[0]
    assert objections(token) == []


# --- the file


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("the old one")
    file.chmod(0o644)
    pasting.write(file, "the new one")
    assert file.read_text() == "the new one\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_one(tmp_path: Path) -> None:
    there, link = tmp_path / "there", tmp_path / "link"
    there.write_text("old")
    link.symlink_to(there)
    pasting.write(link, "new")
    assert link.is_symlink()
    assert there.read_text() == "new\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("there_before", [True, False])
def test_what_root_pastes_the_service_can_read(tmp_path: Path, there_before: bool) -> None:
    file = tmp_path / "token"
    if there_before:
        file.write_text("old")
        os.chown(file, 4711, 4712)
    else:
        os.chown(tmp_path, 4711, 4712)
    pasting.write(file, "new")
    assert (file.stat().st_uid, file.stat().st_gid) == (4711, 4712)


def test_a_folder_that_is_not_there_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        pasting.write(tmp_path / "nowhere" / "token", "new")
    assert list(tmp_path.iterdir()) == []


def test_who_reads_meanwhile_reads_the_old_or_the_new(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("0" * 2000 + "\n")
    read: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            read.add(file.read_text().strip())

    thread = threading.Thread(target=look)
    thread.start()
    for number in range(50):
        pasting.write(file, str(number % 10) * 2000)
    over.set()
    thread.join()
    assert all(len(each) == 2000 and len(set(each)) == 1 for each in read)


def test_the_json_of_a_login_is_read_as_such() -> None:
    answer = {"access_token": jwt(None, **GOOD), "refresh_token": "x.y.z"}
    assert objections(pasting.tidied(json.dumps(answer))) == []
