"""What a certificate says, how it is made, and who may see that it is genuine."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as settings_
from hypothesis import strategies as st
from PIL import Image, ImageOps
from pypdf import PdfReader
from sqlalchemy import update
from zxingcpp import read_barcodes

from lms_bridge import completions as completion
from lms_bridge.bridge import Bridge
from lms_bridge.certificates import checking, issued
from lms_bridge.certificates.certificate import Certificate, in_words
from lms_bridge.certificates.papers import Papers
from lms_bridge.certificates.rendering import PictureError, Renderer
from lms_bridge.config.settings import Certificates, Web
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import completions, employees
from tests.conftest import NOW, Clock
from tests.deliveries.yard import VOIDED, Yard
from tests.trials import times
from tests.webhook.conftest import settings
from webhook.app import create_app

SETTINGS = Certificates(
    letterhead=("PEMERINTAH KOTA", "BKPSDM", "Jalan Merdeka 6"),
    signatory="Dra. Nurhayati, M.Si.",
    signatory_title="Kepala BKPSDM",
    signatory_nip="197001011995032001",
    place="Pematangsiantar",
)
HERE = "https://bridge.example"


def a_certificate(**changes) -> Certificate:
    made = Certificate(
        number="PKA-2026/2026/00017",
        name="SITI RAHMAWATI, S.E.",
        nip="198703152010012001",
        course="Pelatihan Kepemimpinan Administrator",
        organiser="BKPSDM Kota",
        kind="Pelatihan Manajerial",
        hours=40,
        starts=dt.date(2026, 3, 2),
        ends=dt.date(2026, 3, 20),
        address=f"{HERE}/certificates/Zk3v0b2mQ1eY7uWc9xTqLA",
    )
    return msgspec.structs.replace(made, **changes)


def text_of(pdf: bytes) -> str:
    reader = PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == 1
    return " ".join(reader.pages[0].extract_text().split())


# --- what it says, and how it looks


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        ("2026-03-20", "2026-03-20", "20 Maret 2026"),
        ("2026-03-02", "2026-03-20", "2 s.d. 20 Maret 2026"),
        ("2026-02-27", "2026-03-02", "27 Februari s.d. 2 Maret 2026"),
        ("2025-12-29", "2026-01-02", "29 Desember 2025 s.d. 2 Januari 2026"),
    ],
)
def test_days_are_told_as_people_do(starts: str, ends: str, words: str) -> None:
    assert in_words(dt.date.fromisoformat(starts), dt.date.fromisoformat(ends)) == words


def test_it_says_what_was_completed_by_whom_and_who_signs() -> None:
    text = text_of(Renderer(SETTINGS).pdf(a_certificate(competencies=("Integritas (level 3)",))))
    for part in (
        "PEMERINTAH KOTA BKPSDM Jalan Merdeka 6",
        "SERTIFIKAT Nomor: PKA-2026/2026/00017",
        "SITI RAHMAWATI, S.E. NIP 198703152010012001",
        "telah menyelesaikan Pelatihan Kepemimpinan Administrator yang diselenggarakan oleh"
        " BKPSDM Kota pada 2 s.d. 20 Maret 2026, selama 40 jam pelajaran (JP).",
        "Kompetensi: Integritas (level 3)",
        "Pematangsiantar, 20 Maret 2026 Kepala BKPSDM",
        "Dra. Nurhayati, M.Si. NIP 197001011995032001",
        f"{HERE}/certificates/Zk3v0b2mQ1eY7uWc9xTqLA",
    ):
        assert part in text, part


def test_an_instructor_gets_another_text() -> None:
    pdf = Renderer(SETTINGS).pdf(a_certificate(role="instructor"))
    assert "sebagai pengajar pada" in text_of(pdf)


def test_the_words_are_the_citys() -> None:
    words = "lulus {kind} {course} ({hours} JP)"
    own = msgspec.structs.replace(SETTINGS, title="PIAGAM", text=words)
    text = text_of(Renderer(own).pdf(a_certificate()))
    assert "PIAGAM" in text
    assert "lulus Pelatihan Manajerial Pelatihan Kepemimpinan Administrator (40 JP)" in text


def test_the_same_certificate_is_the_same_file() -> None:
    made = [Renderer(SETTINGS).document(a_certificate()) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].name == "PKA-2026-2026-00017.pdf"
    assert len(made[0].content) < 10_000


def test_letters_that_the_standard_typefaces_lack_are_embedded() -> None:
    pdf = Renderer(SETTINGS).pdf(a_certificate(name="Ḥāmid Şerefoğlu"))
    assert "Ḥāmid Şerefoğlu" in text_of(pdf)
    assert len(pdf) < 100_000


@pytest.mark.parametrize("setting", ["place", "signatory_nip", "signatory_title", "signatory"])
def test_so_are_those_of_the_configuration(setting: str) -> None:
    own = msgspec.structs.replace(SETTINGS, **{setting: "Ḥasan"})
    assert "Ḥasan" in text_of(Renderer(own).pdf(a_certificate()))


def test_what_is_long_is_set_smaller_and_nothing_is_lost() -> None:
    long = a_certificate(course="Bimbingan Teknis Pengelolaan Arsip " * 8, name="Nama Panjang " * 9)
    text = text_of(Renderer(SETTINGS).pdf(long))
    assert text.count("Pengelolaan Arsip") == 8
    assert text.count("Nama Panjang") == 9


@settings_(max_examples=times(0.3))  # most need a typeface embedded, which takes a while
@given(st.text(max_size=120), st.text(max_size=300))
def test_whatever_somebody_is_called_there_is_a_certificate(name: str, course: str) -> None:
    storable = (part.encode("utf-8", "replace").decode() for part in (name, course))
    name, course = storable
    assert Renderer(SETTINGS).pdf(a_certificate(name=name, course=course)).startswith(b"%PDF-")


@pytest.fixture
def pictures(tmp_path: Path) -> Certificates:
    Image.new("RGBA", (1200, 900), (10, 80, 160, 128)).save(tmp_path / "logo.png")
    Image.new("RGB", (2000, 500), (250, 250, 250)).save(tmp_path / "sign.jpg")
    return msgspec.structs.replace(
        SETTINGS, logo=str(tmp_path / "logo.png"), signature=str(tmp_path / "sign.jpg")
    )


def test_pictures_are_made_as_small_as_a_page_needs_them(pictures: Certificates) -> None:
    pdf = Renderer(pictures).pdf(a_certificate())
    assert len(PdfReader(io.BytesIO(pdf)).pages[0].images) >= 2
    assert len(pdf) < 60_000


def test_the_qr_code_leads_to_the_page_of_the_certificate() -> None:
    certificate = a_certificate()
    [code] = PdfReader(io.BytesIO(Renderer(SETTINGS).pdf(certificate))).pages[0].images
    assert code.image is not None
    around = ImageOps.expand(code.image.convert("L"), border=40, fill=255)
    assert [read.text for read in read_barcodes(around)] == [certificate.address]


def test_what_is_no_picture_is_told_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_text("no picture")
    broken = msgspec.structs.replace(SETTINGS, logo=str(tmp_path / "logo.png"))
    with pytest.raises(PictureError, match=r"^certificates\.logo: .*logo\.png is no picture"):
        Renderer(broken)
    configured = msgspec.structs.replace(settings(), certificates=broken)
    (check,) = checking.checks(configured, [], {}, [])
    assert check.verdict == "failed"
    assert "certificates.logo" in check.finding


# --- whose it is


@pytest.fixture
def yard(store: Store, clock: Clock) -> Yard:
    return Yard(store, clock)


def of(yard: Yard, delivery: int) -> tuple[int, str]:
    """The completion of the delivery, and its public id."""
    completion_id = int(yard.row(delivery).completion_id)
    public_id = completion.new_public_id()
    with yard.store.writing() as db:
        db.execute(update(employees).values(name="SITI RAHMAWATI"))
        which = update(completions).where(completions.c.id == completion_id)
        db.execute(which.values(public_id=public_id))
    return completion_id, public_id


def test_it_is_made_from_what_the_completion_is_now(yard: Yard) -> None:
    delivery = yard.plan(person=1)
    completion_id, public_id = of(yard, delivery)
    papers = Papers(yard.store, Renderer(SETTINGS), home_page=HERE, lms={})
    text = text_of(papers(yard.taken()).content)
    assert "SITI RAHMAWATI NIP 198703152010012001" in text
    assert "telah menyelesaikan Literasi Digital ASN" in text
    assert f"{HERE}/certificates/{public_id}" in text
    with yard.store.reading() as db:
        found = issued.find(db, public_id, home_page=HERE)
        assert found == issued.of_completion(db, completion_id, home_page=HERE)
        assert issued.find(db, "other", home_page=HERE) is None


# --- the page that anybody may look at


@pytest.fixture
def client(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    configured = settings(language="en", web=Web(public_url=HERE), certificates=SETTINGS)
    bridge = Bridge(configured, store)
    yield create_app(bridge).test_client()
    bridge.intake.close()


def look(client: FlaskClient, public_id: str, language: str = "en", **more):
    return client.get(
        f"/certificates/{public_id}?lang={language}",
        base_url="https://bridge.example",
        environ_overrides={"REMOTE_ADDR": "203.0.113.9"},
        **more,
    )


def test_anybody_who_has_the_certificate_sees_that_it_is_genuine(
    client: FlaskClient, yard: Yard
) -> None:
    _, public_id = of(yard, yard.plan(person=1))
    answer = look(client, public_id)
    assert answer.status_code == 200
    for part in ("This certificate is genuine", "SITI RAHMAWATI", "Literasi Digital ASN", ">20<"):
        assert part in answer.text
    assert "198703152010012001" not in answer.text
    assert "Sertifikat ini asli" in look(client, public_id, "id").text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert client.get("/certificates/static/style.css").status_code == 200


def test_one_that_was_taken_back_is_told_to_hold_no_more(client: FlaskClient, yard: Yard) -> None:
    completion_id, public_id = of(yard, yard.plan(person=1))
    with yard.store.writing() as db:
        assert completion.withdraw(db, completion_id, VOIDED, NOW)
    answer = look(client, public_id)
    assert answer.status_code == 200
    assert "This certificate is no longer valid" in answer.text
    assert "genuine" not in answer.text


@pytest.mark.parametrize("public_id", ["x", "A" * 22, "%00", "é" * 5, "A" * 5000, "..", "' OR 1=1"])
def test_of_one_that_does_not_exist_nothing_is_told(
    client: FlaskClient, yard: Yard, public_id: str
) -> None:
    of(yard, yard.plan(person=1))
    answer = look(client, public_id)
    assert answer.status_code == 404
    assert "SITI" not in answer.text


def test_without_certificates_there_is_no_such_page(store: Store) -> None:
    bridge = Bridge(settings(), store)
    assert create_app(bridge).test_client().get("/certificates/x").status_code == 404
    bridge.intake.close()


def test_every_completion_has_an_id_that_nobody_can_guess() -> None:
    ids = {completion.new_public_id() for _ in range(100)}
    assert len(ids) == 100
    assert {len(one) for one in ids} == {22}
