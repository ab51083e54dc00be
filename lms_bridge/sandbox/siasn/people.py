"""The people of the registry and what ``data-utama`` says of one (registry facts, section 6)."""

from __future__ import annotations

from typing import Any

import msgspec

from lms_bridge.sandbox.siasn.history import ZERO_DATE

INSTANSI_ID = "A5EB03E23CE7F6A0E040640A040252AD"
INSTANSI = "Pemerintah Kota Pematangsiantar"
ACTIVE, PPPK, RETIRED = "Aktif", "PPPK Aktif", "Pensiun"


class Unit(msgspec.Struct, frozen=True):
    """A work unit (OPD or a part of one), with the unit above it."""

    id: str
    name: str
    head: str = "Kepala"
    above: str = ""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An employee. All of them are made up."""

    nip: str
    person_id: str
    """SIASN's own key, opaque, which writes call ``pnsOrangId``"""
    name: str
    unit: Unit
    status: str = ACTIVE
    post: str = "Pengelola Data"


def master_record(person: Person) -> dict[str, Any]:
    """``/pns/data-utama/{nip}``: much more than a bridge has a use for, as in life."""
    nip, unit = person.nip, person.unit
    return {
        "id": person.person_id,
        "nipBaru": nip,
        "nipLama": "",
        "nama": person.name,
        "gelarDepan": "",
        "gelarBelakang": "S.E.",
        "tempatLahir": "Pematangsiantar",
        "tempatLahirId": "",
        "tglLahir": f"{nip[6:8]}-{nip[4:6]}-{nip[:4]}",
        "jenisKelamin": "M" if nip[14] == "1" else "F",
        "nik": f"127200{nip[6:8]}{nip[4:6]}{nip[2:4]}0{nip[15:]}",
        "validNik": True,
        "email": f"{nip}@example.com",
        "emailGov": f"{nip}@example.go.id",
        "noHp": "080000000000",
        "noTelp": "",
        "alamat": "Jalan Contoh 1",
        "agama": "",
        "agamaId": "",
        "jenisPegawaiId": "",
        "jenisPegawaiNama": "",
        "kedudukanPnsId": {ACTIVE: "01", RETIRED: "99"}.get(person.status, "71"),
        "kedudukanPnsNama": person.status,
        "statusPegawai": "",
        "tmtCpns": ZERO_DATE if person.status == PPPK else f"01-{nip[12:14]}-{nip[8:12]}",
        "tmtPns": ZERO_DATE,
        "tmtPensiun": ZERO_DATE,
        "bupPensiun": "58",
        "mkTahun": "0",
        "mkBulan": "0",
        "masaKerja": "",
        "tglMeninggal": "",
        "instansiIndukId": INSTANSI_ID,
        "instansiIndukNama": INSTANSI,
        "satuanKerjaIndukId": INSTANSI_ID,
        "satuanKerjaIndukNama": INSTANSI,
        "instansiKerjaId": INSTANSI_ID,
        "instansiKerjaNama": INSTANSI,
        "instansiKerjaKodeCepat": "6172",
        "satuanKerjaKerjaId": INSTANSI_ID,
        "satuanKerjaKerjaNama": INSTANSI,
        "unorId": unit.id,
        "unorNama": unit.name,
        "unorIndukId": unit.above or unit.id,
        "unorIndukNama": unit.name,
        "lokasiKerjaId": "",
        "lokasiKerja": "Kota Pematangsiantar",
        "jenisJabatanId": "4",
        "jenisJabatan": "Jabatan Fungsional Umum",
        "jabatanNama": person.post,
        "tmtJabatan": ZERO_DATE,
        "eselon": "",
        "eselonId": "",
        "eselonLevel": "",
        "kode_jenjang_jabatan": None,
        "kelas_jabatan": "",
        "golRuangAkhirId": "33",
        "golRuangAkhir": "III/c",
        "pangkatAkhir": "Penata",
        "karis_karsu": "",
        "tanggal_taspen": "",
        "pendidikanTerakhirNama": "S-1 Akuntansi",
        "tahunLulus": "2008",
        "path": None,
    }


def unit_row(unit: Unit) -> dict[str, Any]:
    """A row of ``/referensi/ref-unor``, whose keys begin with capitals."""
    return {
        "Id": unit.id,
        "InstansiId": INSTANSI_ID,
        "DiatasanId": unit.above,
        "EselonId": "",
        "NamaUnor": unit.name,
        "NamaJabatan": f"{unit.head} {unit.name}",
        "CepatKode": "",
        "IndukUnorId": unit.above or unit.id,
        "PemimpinPnsId": "",
        "JenisUnorId": "",
    }


def professionality_index(person: Person) -> dict[str, Any]:
    """``/pns/nilaiipasn/{nip}``: numbers as text, and for once a time that is no d-m-Y."""
    return {
        "nip_baru": person.nip,
        "nama": person.name,
        "kualifikasi": "15",
        "kompetensi": "22.5",
        "kinerja": "25",
        "disiplin": "5",
        "subtotal": "67.5",
        "created_at": "2026-02-03T07:41:12Z",
        "jenis_jabatan": "Jabatan Fungsional Umum",
        "jenjang_jabatan": "",
    }
