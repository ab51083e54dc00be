"""``registry try``: what would be sent is what is sent, and only by the delivery itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from lms_bridge import completions as completion
from lms_bridge.sandbox.city import demo_city
from lms_bridge.sandbox.faults import Faults
from lms_bridge.sandbox.server import Server
from lms_bridge.sandbox.siasn import app as siasn
from lms_bridge.store.schema import completions
from tests.cli.conftest import Terminal
from tests.deliveries import street
from tests.simpeg.conftest import REMOTE, Hall
from tests.simpeg.dialects import DIALECTS
from tests.simpeg.office import SITI, BearerJson, KeyInPath

PAPERS = """
[web]
public_url = "https://bridge.example.go.id"
[certificates]
letterhead = ["PEMERINTAH KOTA", "BKPSDM"]
signatory = "Dra. Nurhayati, M.Si."
signatory_title = "Kepala BKPSDM"
place = "Pematangsiantar"
"""
SIASN = """
[registry.siasn]
type = "siasn"
api_url = "{url}/apisiasn/1.0"
apim_token_url = "{url}{apim}"
sso_token_url = "{url}{sso}"
consumer_key = "env:CONSUMER_KEY"
consumer_secret = "env:CONSUMER_SECRET"
sso_client_id = "siantarservice"
sso_username = "env:SSO_USERNAME"
sso_password = "env:SSO_PASSWORD"
"""


@pytest.fixture
def seat(
    open_hall: Callable[[str], Hall], tmp_path: Path
) -> Callable[[str], tuple[Hall, Terminal]]:
    """A terminal beside the hall of a dialect that a profile makes."""

    def open_(dialect: str) -> tuple[Hall, Terminal]:
        hall = open_hall(dialect)
        text = DIALECTS[dialect][1].replace("{url}", hall.url)
        text = re.sub(r"(?m)^(\[+)", r"\1registry.simpeg.", text)
        database = hall.yard.store.engine.url.render_as_string()
        path = tmp_path / "lms-bridge.toml"
        path.write_text(
            f'language = "en"\n[database]\nurl = "{database}"\n[log]\nlevel = "error"\n{PAPERS}'
            f'[registry.simpeg]\ntype = "simpeg"\nread_timeout_seconds = 1\n{text}',
            encoding="utf-8",
        )
        return hall, Terminal(path)

    return open_


Seat = Callable[[str], tuple[Hall, Terminal]]


def test_the_request_is_shown_and_not_sent(seat: Seat) -> None:
    hall, terminal = seat("bearer-json")
    delivery = hall.record()
    before = hall.yard.row(delivery)
    shown = terminal.json("registry", "try", "1")["rehearsal"]["request"]
    assert shown["method"] == "POST"
    assert shown["url"] == f"{hall.url}/api/pegawai/{SITI}/rw-diklat"
    assert shown["headers"]["Authorization"] == "***"
    assert shown["headers"]["Content-Type"] == "application/json"
    body = json.loads(shown["body"])
    assert (body["jml"], body["tanggal_mulai"]) == (20, "24-11-2026")
    assert hall.office.calls["POST"] == 0
    assert hall.yard.row(delivery) == before


def test_what_is_shown_is_what_is_then_sent(seat: Seat) -> None:
    hall, terminal = seat("codeigniter")
    hall.record()
    shown = terminal.json("registry", "try", "1", "--send")
    (sent,) = [one for one in hall.office.told if one[0] == "POST"]
    assert shown["rehearsal"]["request"]["body"].encode() == sent[3]
    assert shown["attempt"]["outcome"] == "done"
    assert hall.yard.row(1).state == "done"
    assert len(hall.office.kept) == 1


def test_it_is_told_in_both_languages(seat: Seat) -> None:
    hall, terminal = seat("bearer-json")
    hall.record()
    told = terminal.read("registry", "try", "1")
    assert "It would be recorded with this request:" in told
    assert '"nama_diklat": "Literasi Digital ASN"' in told
    assert "Nothing was sent; --send sends it." in told
    sent = terminal.read("registry", "try", "1", "--send", language="id")
    assert "Riwayat akan dicatat dengan permintaan ini:" in sent
    assert "Terkirim. Yang dijawab:" in sent
    assert "→ 201" in sent
    assert "Penilaiannya: ✓" in sent


def test_no_secret_is_shown(seat: Seat) -> None:
    hall, terminal = seat("key-in-path")
    assert isinstance(hall.office, KeyInPath)
    hall.record()
    for arguments in (("registry", "try", "1"), ("registry", "try", "1", "--send")):
        told = terminal.read(*arguments)
        assert "rahasia-kantor" not in told
        assert f"/restsimpeg/api/dteknis/***/{SITI}" in told
    assert len(hall.office.kept) == 1


def test_a_row_that_is_there_already_is_told_and_sends_nothing(seat: Seat) -> None:
    hall, terminal = seat("bearer-json")
    hall.record()
    hall.deliver()
    told = terminal.read("registry", "try", "1")
    assert "The registry has it already, as row 4711" in told
    assert "delivery 1 is done" in terminal.run("registry", "try", "1", "--send").stderr
    assert hall.office.calls["POST"] == 1


def test_how_a_refusal_was_judged_is_shown(seat: Seat) -> None:
    hall, terminal = seat("bearer-json")
    hall.record()
    hall.office.order("refusal")
    told = terminal.read("registry", "try", "1", "--send")
    assert "Data tidak valid" in told
    assert "✗" in told
    refused = terminal.run("registry", "try", "1", "--send")
    assert refused.exit_code == 1
    assert "lms-bridge deliveries retry 1" in refused.stderr


def test_after_an_answer_that_did_not_come_it_does_not_send_again(seat: Seat) -> None:
    hall, terminal = seat("bearer-json")
    hall.record()
    hall.office.order("commit-then-hang")
    told = terminal.read("registry", "try", "1", "--send")
    assert "did not answer in time" in told
    assert "It was sent and no answer came" in terminal.read("registry", "try", "1")
    refused = terminal.run("registry", "try", "1", "--send")
    assert "is due at" in refused.stderr
    assert (hall.office.calls["POST"], len(hall.office.kept)) == (1, 1)


def test_it_sends_nothing_while_a_worker_is_at_it(seat: Seat) -> None:
    hall, terminal = seat("bearer-json")
    hall.record()
    hall.yard.taken(REMOTE)
    with hall.yard.store.writing() as db:
        db.exec_driver_sql("UPDATE deliveries SET lease_until = '2999-01-01 00:00:00.000000'")
    assert "nothing is sent" in terminal.run("registry", "try", "1", "--send").stderr
    assert hall.office.calls["POST"] == 0


def test_it_sends_nothing_while_another_of_the_same_person_is_under_way(seat: Seat) -> None:
    hall, terminal = seat("bearer-json")
    hall.record()
    hall.record()
    hall.yard.taken(REMOTE)
    with hall.yard.store.writing() as db:
        db.exec_driver_sql(
            "UPDATE deliveries SET lease_until = '2999-01-01 00:00:00.000000'"
            " WHERE state = 'running'"
        )
    assert "of the same person" in terminal.run("registry", "try", "2", "--send").stderr
    assert hall.office.calls["POST"] == 0


def test_it_carries_out_that_delivery_and_no_other(seat: Seat) -> None:
    hall, terminal = seat("bearer-json")
    hall.record()
    hall.record(nip="197905202005011003")
    terminal.read("registry", "try", "2", "--send")
    assert [row.state for row in hall.rows() if row.step == "record"] == ["waiting", "done"]


def test_it_sends_nothing_while_the_registry_is_down(seat: Seat) -> None:
    hall, terminal = seat("bearer-json")
    assert isinstance(hall.office, BearerJson)
    hall.record()
    hall.office.secret = "yang-lain"
    assert "does not accept auth.token" in terminal.read("registry", "try", "1", "--send")
    refused = terminal.run("registry", "try", "1", "--send")
    assert "counts as down" in refused.stderr
    assert "does not accept auth.token" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("7",), "there is no completion 7"),
        (("7", "--step", "document"), "there is no completion 7"),
        (("1", "--registry", "lain"), "there is no [registry.lain] in the configuration"),
    ],
)
def test_what_cannot_be_tried_is_told(seat: Seat, arguments: tuple[str, ...], said: str) -> None:
    hall, terminal = seat("bearer-json")
    hall.record()
    assert said in terminal.refused("registry", "try", *arguments)


# --- the certificate, and corrections


def record_with_page(hall: Hall) -> None:
    """A completion to be recorded, whose certificate has its page."""
    hall.record()
    with hall.yard.store.writing() as db:
        db.execute(update(completions).values(public_id=completion.new_public_id()))


def test_the_certificate_is_tried_as_well(seat: Seat) -> None:
    hall, terminal = seat("bearer-json")
    record_with_page(hall)
    refused = terminal.refused("registry", "try", "1", "--step", "document")
    assert "has no step “document”" in refused
    terminal.read("registry", "try", "1", "--send")
    shown = terminal.json("registry", "try", "1", "--step", "document")["rehearsal"]["request"]
    assert shown["url"].endswith(f"/pegawai/{SITI}/rw-diklat/4711/dokumen")
    assert shown["headers"]["Content-Type"].startswith("multipart/form-data; boundary=")
    assert 'name="berkas"; filename="LITDIG-2026-2026-00001.pdf"' in shown["body"]
    assert " bytes)" in shown["body"]
    assert "%PDF" not in shown["body"]
    assert hall.office.uploads == 0
    told = terminal.read("registry", "try", "1", "--step", "document", "--send")
    assert "The certificate would be sent with this request:" in told
    assert "→ 201" in told
    assert hall.office.files["4711"][1].startswith(b"%PDF-")


def test_a_certificate_in_json_is_shown_by_its_size(seat: Seat) -> None:
    hall, terminal = seat("lurah")
    record_with_page(hall)
    terminal.read("registry", "try", "1", "--send")
    shown = terminal.json("registry", "try", "1", "--step", "document")["rehearsal"]["request"]
    file = json.loads(shown["body"])["berkas"]
    assert file["nama"] == "LITDIG-2026-2026-00001.pdf"
    assert file["isi"].endswith(" bytes)")


def test_a_correction_is_tried_as_well(seat: Seat) -> None:
    hall, terminal = seat("codeigniter")
    delivery = hall.record()
    terminal.read("registry", "try", "1", "--send")
    hall.correct(delivery, hours=32)
    told = terminal.read("registry", "try", "1", "--step", "correct", "--send")
    assert "The row would be corrected with this request:" in told
    assert "jumlahJam=32" in told
    (row,) = hall.office.kept
    assert row["jumlahJam"] == "32"


# --- the same door for SIASN


@pytest.fixture
def with_siasn(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Hall, Terminal, Any]]:
    """A terminal where SIASN is configured as well."""
    for name, value in street.SECRETS.items():
        monkeypatch.setenv(name, value)
    hall, terminal = seat("bearer-json")
    city = demo_city(faults=Faults(rates={}))
    with ExitStack() as stack:
        server = stack.enter_context(Server(city.registry))
        text = SIASN.replace("{url}", server.url).replace("{apim}", siasn.APIM_TOKEN)
        config = terminal.config.read_text() + text.replace("{sso}", siasn.SSO_TOKEN)
        terminal.config.write_text(config)
        yield hall, terminal, city.registry


def test_siasn_is_tried_in_the_same_way(with_siasn: tuple[Hall, Terminal, Any]) -> None:
    hall, terminal, registry = with_siasn
    hall.yard.plan(nip=SITI, remote="registry.siasn")
    assert "with --registry: simpeg, siasn" in " ".join(
        terminal.refused("registry", "try", "1").split()
    ).replace("siasn, simpeg", "simpeg, siasn")
    request = terminal.json("registry", "try", "1", "--registry", "siasn")["rehearsal"]["request"]
    assert request["url"].endswith("/apisiasn/1.0/kursus/save")
    assert (request["headers"]["Authorization"], request["headers"]["Auth"]) == ("***", "***")
    assert json.loads(request["body"])["namaKursus"] == "Literasi Digital ASN"
    assert registry.calls["POST /kursus/save"] == 0
    terminal.read("registry", "try", "1", "--registry", "siasn", "--send")
    assert registry.calls["POST /kursus/save"] == 1
