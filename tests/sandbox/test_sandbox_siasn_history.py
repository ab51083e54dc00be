"""Reading and writing in the SIASN sandbox (registry facts, sections 2 and 5)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.sandbox.city import AGUS, BUDI, DEWI, SAHAT, SITI, YUNI
from lms_bridge.sandbox.siasn.history import History

NOT_FOUND = {"code": 0, "data": "Data tidak ditemukan"}


# --- people


def test_the_master_record_comes_in_the_envelope_of_reads(registry):
    body = registry("GET", f"/pns/data-utama/{SITI}").json()
    assert body["code"] == 1
    person = body["data"]
    assert (person["nipBaru"], person["nama"]) == (SITI, "SITI RAHMAWATI")
    assert (person["kedudukanPnsNama"], person["unorNama"]) == (
        "Aktif",
        "Bidang Pengembangan Kompetensi",
    )
    assert person["tglLahir"] == "15-03-1987"
    assert (person["tglMeninggal"], person["path"]) == ("", None)


def test_a_pppk_is_told_by_the_status(registry):
    person = registry("GET", f"/pns/data-utama/{SAHAT}").json()["data"]
    assert person["kedudukanPnsNama"] == "PPPK Aktif"
    assert SAHAT[12:14] == "21"


def test_an_unknown_person_is_a_404_with_a_sentence_for_data(registry):
    for path in ("data-utama", "rw-kursus", "rw-diklat", "nilaiipasn"):
        answer = registry("GET", f"/pns/{path}/{YUNI}")
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_a_nip_that_is_none_is_answered_with_capital_keys(registry):
    answer = registry("GET", "/pns/data-utama/19870315")
    assert answer.json() == {"Error": "true", "Message": "NIP tidak sesuai"}


def test_the_professionality_index_has_its_numbers_as_text(registry):
    index = registry("GET", f"/pns/nilaiipasn/{SITI}").json()["data"]
    assert (index["kompetensi"], index["subtotal"]) == ("22.5", "67.5")


def test_work_units_have_capital_keys_and_a_count(registry):
    body = registry("GET", "/referensi/ref-unor?limit=2&offset=1").json()
    assert (len(body["data"]), body["count"]) == (2, 5)
    assert {"Id", "NamaUnor", "IndukUnorId"} <= set(body["data"][0])


# --- reading


def test_an_empty_list_is_a_404_and_not_an_empty_list(registry):
    answer = registry("GET", f"/pns/rw-kursus/{SAHAT}")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_rows_typed_by_hand_have_gaps_of_every_kind(registry):
    rows = registry("GET", f"/pns/rw-kursus/{SITI}").json()["data"]
    assert rows[1]["tanggalSelesaiKursus"] == "01-01-0001"
    assert (rows[1]["jenisDiklatId"], rows[1]["noSertipikat"]) == ("", "")
    assert (rows[1]["jumlahJam"], rows[1]["path"]) == (None, None)
    assert (rows[2]["jumlahJam"], rows[2]["tanggalKursus"]) == ("16 JP", None)
    assert "\ufffd" in rows[2]["namaKursus"]
    budis = registry("GET", f"/pns/rw-kursus/{BUDI}").json()["data"]
    assert [row["noSertipikat"] for row in budis] == ["-", "-"]


def test_documents_are_read_as_an_object_by_their_id(registry):
    [row] = registry("GET", f"/pns/rw-kursus/{DEWI}").json()["data"]
    assert row["path"]["881"]["dok_id"] == "881"


def test_structural_training_has_a_list_of_its_own(registry):
    [row] = registry("GET", f"/pns/rw-diklat/{AGUS}").json()["data"]
    assert (row["latihanStrukturalId"], row["tahun"]) == ("2", "2019")
    assert registry("GET", f"/pns/rw-kursus/{AGUS}").status_code == 404


# --- writing


def test_a_new_row_is_confirmed_with_its_id(registry):
    answer = registry.save(registry.kursus(SAHAT))
    assert answer.status_code == 200
    row_id = answer.json()["mapData"]["rwKursusId"]
    assert answer.json() == {
        "success": True,
        "mapData": {"rwKursusId": row_id},
        "message": "success",
    }
    assert registry("GET", f"/kursus/id/{row_id}").json()["data"]["id"] == row_id


def test_what_was_written_is_read_under_other_names(registry):
    document = {"dok_id": "881", "dok_nama": "x", "dok_uri": "x", "object": "x", "slug": "881"}
    sent = registry.kursus(SAHAT, path=[document])
    registry.save(sent)
    [row] = registry("GET", f"/pns/rw-kursus/{SAHAT}").json()["data"]
    assert row["idPns"] == sent["pnsOrangId"]
    assert row["nipBaru"] == SAHAT
    assert row["noSertipikat"] == sent["nomorSertipikat"]
    assert row["jenisKursusSertifikat"] == sent["jenisKursusSertipikat"]
    assert row["tahunKursus"] == "2026"
    assert (row["jumlahJam"], row["jenisDiklatId"]) == (24, "16")
    assert (row["tanggalKursus"], row["tanggalSelesaiKursus"]) == ("02-11-2026", "24-11-2026")
    assert row["path"] == {"881": document}
    assert "pnsOrangId" not in row
    assert "nomorSertipikat" not in row


def test_the_same_post_twice_is_two_rows(registry):
    sent = registry.kursus(SAHAT)
    first, second = (registry.save(sent).json()["mapData"]["rwKursusId"] for _ in range(2))
    assert first != second
    [group] = registry.sandbox.duplicates()
    assert {row["id"] for row in group} == {first, second}


def test_a_post_with_an_id_changes_that_row(registry):
    row_id = registry.save(registry.kursus(SAHAT)).json()["mapData"]["rwKursusId"]
    registry.save(registry.kursus(SAHAT, id=row_id, jumlahJam=30))
    assert [row["jumlahJam"] for row in registry.sandbox.rows(SAHAT)] == [30]


def test_an_id_that_is_somebody_elses_is_refused(registry):
    row_id = registry.save(registry.kursus(SAHAT)).json()["mapData"]["rwKursusId"]
    for changed in (registry.kursus(BUDI, id=row_id), registry.kursus(SAHAT, id="none")):
        assert registry.save(changed).json()["success"] is False


def test_a_structural_training_is_saved_among_the_diklat(registry):
    sent = {
        "id": None,
        "pnsOrangId": registry.person_id(SAHAT),
        "latihanStrukturalId": "3",
        "institusiPenyelenggara": "BPSDM Provinsi Sumatera Utara",
        "nomor": "PKA/2026/7",
        "jumlahJam": 900,
        "tahun": 2026,
        "tanggal": "02-03-2026",
        "tanggalSelesai": "24-11-2026",
        "bobot": 0,
        "jenisKompetensi": "",
    }
    row_id = registry.save(sent, "diklat").json()["mapData"]["rwDiklatId"]
    row = registry("GET", f"/diklat/id/{row_id}").json()["data"]
    assert row["latihanStrukturalNama"] == "SEPADYA/SPAMA/DIKLAT PIM TK. III"
    assert (row["nomor"], row["tahun"], row["tanggalSelesai"]) == (
        "PKA/2026/7",
        "2026",
        "24-11-2026",
    )


@pytest.mark.parametrize("kind", ["kursus", "diklat"])
def test_a_row_can_be_deleted_once(registry, kind):
    row_id = registry.sandbox.type_by_hand(SAHAT, kind)
    assert registry("DELETE", f"/{kind}/delete/{row_id}").json()["success"] is True
    assert registry("DELETE", f"/{kind}/delete/{row_id}").json()["success"] is False
    answer = registry("GET", f"/{kind}/id/{row_id}")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_ids_have_three_shapes_and_are_no_longer_than_42(registry):
    ids = [registry.save(registry.kursus(SAHAT)).json()["mapData"]["rwKursusId"] for _ in range(3)]
    shapes = ("[0-9A-F]{32}", "[0-9a-f]{32}", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    assert all(any(re.fullmatch(shape, row_id) for row_id in ids) for shape in shapes)


# --- refusals


def test_missing_fields_are_complained_of_in_the_words_of_go(registry):
    assert registry.save({}).json() == {
        "code": 0,
        "data": None,
        "message": (
            "5 errors occurred:\n\t* PnsOrangId is required\n\t* JenisDiklatId is required"
            "\n\t* NamaKursus is required\n\t* TanggalKursus is required"
            "\n\t* TanggalSelesaiKursus is required\n\n"
        ),
    }
    one = registry.save(registry.kursus(SAHAT, namaKursus="")).json()
    assert one["message"] == "1 error occurred:\n\t* NamaKursus is required\n\n"


def test_which_fields_are_asked_for_is_a_setting(registry):
    registry.sandbox.required["kursus"] += ("nomor_sertipikat", "jumlah_jam")
    answer = registry.save(registry.kursus(SAHAT, nomorSertipikat="", jumlahJam=None)).json()
    assert "* NomorSertipikat is required\n\t* JumlahJam is required" in answer["message"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pnsOrangId": "0" * 32}, "PNS yang dimasukkan tidak ditemukan pada data referensi"),
        (
            {"jenisDiklatId": "1"},
            "Jenis Diklat yang dimasukkan tidak ditemukan pada data referensi",
        ),
        (
            {"tanggalKursus": "2026-11-02"},
            'parsing time "2026-11-02" as "02-01-2006": cannot parse',
        ),
        (
            {"tanggalSelesaiKursus": "31-11-2026"},
            'parsing time "31-11-2026" as "02-01-2006": cannot parse',
        ),
    ],
)
def test_a_refusal_is_http_200_with_success_false(registry, changes, message):
    before = registry.sandbox.rows()
    answer = registry.save(registry.kursus(SAHAT, **changes))
    assert answer.status_code == 200
    assert answer.json() == {"success": False, "mapData": None, "message": message}
    assert registry.sandbox.rows() == before


@pytest.mark.parametrize("changes", [{"jenisDiklatId": 16}, {"jumlahJam": "24"}, {"path": {}}])
def test_types_matter_when_writing(registry, changes):
    answer = registry.save(registry.kursus(SAHAT, **changes)).json()
    assert answer["code"] == 0
    assert "Unmarshal type error" in answer["message"]
    assert registry.sandbox.rows(SAHAT) == []


def test_a_form_is_no_body(registry):
    answer = registry("POST", "/kursus/save", data=registry.kursus(SAHAT))
    assert answer.json()["code"] == 0


# --- what the inspectors call a duplicate


def kursus(history, **fields):
    return history.add("kursus", idPns="A", **fields)["id"]


def test_a_number_written_otherwise_is_the_same_number():
    history = History()
    ids = {kursus(history, noSertipikat=n) for n in ("800/12/BKPSDM", " 800 / 12 / bkpsdm ")}
    assert [{row["id"] for row in group} for group in history.duplicates()] == [ids]


def test_dashes_and_empty_numbers_and_unset_dates_make_no_duplicates():
    history = History()
    for name in ("Workshop", "Seminar"):
        kursus(history, noSertipikat="-", namaKursus=name, tanggalKursus="01-02-2026")
    for _ in range(2):
        kursus(history, noSertipikat="", namaKursus="Sosialisasi")
    assert history.duplicates() == []


def test_two_people_may_have_the_same_training():
    history = History()
    for person in "AB":
        history.add("kursus", idPns=person, noSertipikat="1", namaKursus="Seminar")
    assert history.duplicates() == []


@given(st.lists(st.sampled_from("ABC"), max_size=8))
def test_there_are_duplicates_exactly_if_a_number_comes_twice(numbers):
    history = History()
    for number in numbers:
        kursus(history, noSertipikat=number)
    twice = {number for number in numbers if numbers.count(number) > 1}
    assert {group[0]["noSertipikat"] for group in history.duplicates()} == twice


def test_an_index_that_was_never_computed_is_a_404(registry):
    registry.sandbox.unrated.add(SITI)
    answer = registry("GET", f"/pns/nilaiipasn/{SITI}")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_work_units_come_fewer_at_a_time_than_were_asked_for(registry):
    registry.sandbox.most_units = 2
    body = registry("GET", "/referensi/ref-unor?limit=500&offset=4").json()
    assert (len(body["data"]), body["count"]) == (1, 5)
    beyond = registry("GET", "/referensi/ref-unor?limit=500&offset=5")
    assert (beyond.status_code, beyond.json()) == (404, NOT_FOUND)


def test_pages_of_work_units_may_be_cut_from_a_changing_order(registry):
    registry.sandbox.unsteady_pages = True
    firsts = [
        registry("GET", "/referensi/ref-unor?limit=1&offset=0").json()["data"][0]["Id"]
        for _ in range(2)
    ]
    assert firsts[0] != firsts[1]
