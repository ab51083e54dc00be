"""How each office is configured: by a profile where there is one, else all of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from lms_bridge.config.loading import read
from lms_bridge.registries.simpeg.settings import SimpegSettings
from tests.simpeg import bupati, office
from tests.simpeg.office import Office

CODEIGNITER = """
profile = "codeigniter"
url = "{url}/api"
constants = { instansi_id = "A5EB03E23CA8F6A0E040640A040252AD" }
"""
BASIC_PHP = """
profile = "basic-php"
url = "{url}/ws"
auth = { username = "env:OFFICE_USER", password = "env:OFFICE_SECRET" }
"""
BEARER_JSON = """
profile = "bearer-json"
url = "{url}/api"
auth = { token = "env:OFFICE_SECRET" }
[histories.diklat.change]
method = "PUT"
path = "/pegawai/{nip}/rw-diklat/{row_id}"
[histories.diklat.document]
path = "/pegawai/{nip}/rw-diklat/{row_id}/dokumen"
name = "data.url"
body = { jenis = "sertifikat", berkas = "{document}" }
"""
KEY_IN_PATH = """
profile = "key-in-path"
url = "{url}/restsimpeg/api"
keys = { api = "env:OFFICE_SECRET" }
"""
SIASN_PROXY = """
profile = "siasn-proxy"
url = "{url}/apisiasn/1.0"
constants = { instansi_id = "A5EB03E23CA8F6A0E040640A040252AD" }
"""
LURAH = """
url = "{url}/v2"
dates = ["%d/%m/%Y"]
messages = ["keterangan.uraian"]
constants = { instansi = 1272 }
[auth]
way = "oauth2"
token_url = "{url}/oauth/token"
client_id = "env:OFFICE_USER"
client_secret = "env:OFFICE_SECRET"
credentials_in = "body"
header = "X-Akses"
scheme = "Token"
[enumerations]
jenis = { 1 = "STRUKTURAL", 16 = "DARING", "*" = "LAINNYA" }
pim = { 3 = "PKA", 2 = "PKP" }
[[answers]]
means = "credentials"
where = "kode"
equals = "E01"
[[answers]]
means = "none"
where = "kode"
equals = "E04"
[[answers]]
means = "retry"
where = "kode"
equals = ["E98", "E99"]
[[answers]]
means = "success"
where = "kode"
equals = "00"
[[answers]]
means = "refused"
where = "kode"
filled = true
[employee]
method = "POST"
path = "/pegawai/cari"
body = { kunci = { nip = "{nip}" } }
found = "isi.orang"
fields = { nip = "identitas.nip", person_id = "identitas.kode", name = "nama" }
[histories.semua.read]
path = "/riwayat"
query = { pegawai = "{person_id}" }
rows = "isi.daftar"
pages = { query = "hal", first = 0, last = "isi.halaman.terakhir" }
[histories.semua.read.fields]
id = "id"
name = "judul"
organiser = "oleh"
certificate_number = "sttpp.nomor"
hours = "lama"
starts = "sejak"
ends = "sampai"
kind = "jenis"
kind_words = "jenis"
structural_training = "jenjang"
structural_words = "pim"
document = "berkas.kode"
[histories.semua.record]
method = "PUT"
path = "/riwayat"
id = "isi.baru.nomor"
[histories.semua.record.body]
pegawai = "{person_id}"
instansi = { value = "{constants.instansi}", as = "integer" }
[histories.semua.record.body.diklat]
judul = "{name}"
oleh = "{organiser}"
sttpp = { nomor = "{certificate_number}" }
lama = "{hours} JP"
sejak = "{starts:%d/%m/%Y}"
sampai = "{ends:%d/%m/%Y}"
jenis = "{kind:jenis}"
jenjang = { value = "{structural_training}", if_empty = "omit" }
[histories.semua.remove]
method = "POST"
path = "/riwayat/hapus"
body = { nomor = "{row_id}" }
[histories.semua.change]
body = { nomor = "{row_id}" }
[histories.semua.document]
path = "/riwayat/berkas"
send = "json"
name = "isi.berkas.kode"
body = { nomor = "{row_id}", berkas = { nama = "{document_name}", isi = "{document:base64}" } }
"""
CAMAT = """
url = "{url}"
keys = { kunci = "env:OFFICE_SECRET", app = "env:OFFICE_APP" }
headers = { X-Kunci = "{keys.kunci}" }
query = { app = "{keys.app}" }
[[answers]]
means = "credentials"
contains = ["AKSES DITOLAK"]
[[answers]]
means = "none"
contains = ["KOSONG"]
[[answers]]
means = "refused"
contains = ["GAGAL"]
[[answers]]
means = "success"
status = [200]
[employee]
path = "/index.php"
query = { r = "orang", nip = "{nip}" }
fields = { nip = "", name = "nama", unit_name = "bagian.nama" }
[histories.diklat.read]
path = "/index.php"
query = { r = "diklat", nip = "{nip}" }
[histories.diklat.read.fields]
id = "id"
name = "nama"
organiser = "panitia"
certificate_number = "nosttpp"
hours = "jam"
starts = "mulai"
ends = "akhir"
[histories.diklat.record]
path = "/index.php"
query = { r = "simpan" }
send = "multipart"
id = ""
[[histories.diklat.record.answers]]
means = "success"
contains = ["BERHASIL"]
[histories.diklat.record.body]
nip = "{nip}"
nama = "{name}"
panitia = "{organiser}"
nosttpp = "{certificate_number}"
jam = "{hours}"
mulai = "{starts:%Y-%m-%d}"
akhir = "{ends:%Y-%m-%d}"
sertifikat = "{document}"
[histories.diklat.change]
query = { r = "ubah" }
body = { id = "{row_id}" }
"""

DIALECTS: dict[str, tuple[type[Office], str]] = {
    "codeigniter": (office.CodeIgniter, CODEIGNITER),
    "basic-php": (office.BasicPhp, BASIC_PHP),
    "bearer-json": (office.BearerJson, BEARER_JSON),
    "key-in-path": (office.KeyInPath, KEY_IN_PATH),
    "siasn-proxy": (office.SiasnProxy, SIASN_PROXY),
    "lurah": (office.Lurah, LURAH),
    "camat": (office.Camat, CAMAT),
    "bupati": (bupati.Bupati, bupati.CONFIGURATION),
}
SECRETS = {
    "OFFICE_USER": "jembatan",
    "OFFICE_SECRET": "rahasia-kantor",
    "OFFICE_APP": "jembatan-1",
}


def table(dialect: str, url: str = "https://simpeg.example.go.id", **more: Any) -> dict[str, Any]:
    """The table ``[registry.simpeg]`` for an office at `url`."""
    text = DIALECTS[dialect][1].replace("{url}", url)
    return {"type": "simpeg", **tomllib.loads(text), **more}


def settings(dialect: str, url: str = "https://simpeg.example.go.id", **more: Any) -> Any:
    """The settings that it makes, read as any configuration is."""
    document = {"registry": {"simpeg": table(dialect, url, **more)}}
    found: SimpegSettings = read(document, base=Path("/etc")).registry["simpeg"]
    return found
