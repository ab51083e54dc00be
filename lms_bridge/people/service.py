"""How somebody stands in the civil service: of which kind, and whether active.

A registry says it in words of its own ("Aktif", "PPPK Aktif", "Masa Persiapan Pensiun"), which
are kept and shown. Here is what they come to, for who is to reach 20 JP and who is not any
more. It decides about nothing else: whoever has retired is recorded like everybody.

Pure. The words of SIASN are those of its reference list kedudukanHukum (registry facts,
sections 3 and 6); other registries are understood as far as they use the same words.
"""

from __future__ import annotations

import re
from typing import Literal

from lms_bridge.people import nip as nips

Standing = Literal["active", "inactive", "retired", ""]
"""empty: the registry does not say, or in words that are not known"""
Kind = Literal["PNS", "PPPK", "other"]

# Words that say another thing than the single words in them would.
_SAID: dict[str, Standing] = {
    "tugas belajar": "active",
    "pegawai titipan": "active",
    "pns kena hukuman disiplin": "active",
    "pemindahan dalam rangka penurunan jabatan": "active",
    "masa persiapan pensiun": "inactive",
    "mpp": "inactive",
    "cltn": "inactive",
    "perpanjangan cltn": "inactive",
    "penerima uang tunggu": "inactive",
    "prajurit wajib": "inactive",
    "pejabat negara": "inactive",
    "kepala desa": "inactive",
    "sedang dlm proses banding bapek": "inactive",
    "pengungsi": "inactive",
    "cpns yang belum menerima sk cpns": "inactive",
    "punah": "inactive",
    "eks pns timor timur": "inactive",
    "tms dari pengadaan": "inactive",
    "pembatalan nip": "inactive",
    "pemberhentian tanpa hak pensiun": "inactive",
    "pemberhentian dengan hak pensiun": "retired",
    "tidak aktif tetapi diusulkan pensiun": "inactive",
    "tidak ikut pupns 2015": "inactive",
    "erased": "inactive",
    "tindak pidana tindak pidana jabatan": "inactive",
    "pemblokiran data pns": "inactive",
    "mencapai bup": "retired",
}
_RETIRED = re.compile(r"\b(pensiun(an)?|purna ?tugas|retired)\b")
_INACTIVE = re.compile(
    r"\b(tidak aktif|non ?aktif|inactive|di ?berhentikan|pemberhentian|berhenti|mengundurkan diri"
    r"|hilang|meninggal|wafat|almarhum(ah)?|cuti di ?luar tanggungan)\b"
)
_ACTIVE = re.compile(r"\b(aktif|active)\b")
_PPPK = re.compile(r"\b(pppk|p3k)\b")
_PNS = re.compile(r"\bc?pns\b")


def standing(status: str) -> Standing:
    """What the registry's word `status` comes to.

    >>> [standing(word) for word in ("Aktif", "PPPK Aktif", "Tidak Aktif", "Pensiun", "?")]
    ['active', 'active', 'inactive', 'retired', '']
    """
    said = _plain(status)
    if said in _SAID:
        return _SAID[said]
    if _INACTIVE.search(said):
        return "inactive"
    if _RETIRED.search(said):
        return "retired"
    return "active" if _ACTIVE.search(said) else ""


def kind(nip: str, status: str) -> Kind:
    """Whether it is a PNS or a PPPK: as the registry says, and else as the NIP looks.

    >>> kind("198703152010012001", "Aktif"), kind("199008072023211008", "PPPK Aktif")
    ('PNS', 'PPPK')
    """
    said = _plain(status)
    if _PPPK.search(said):
        return "PPPK"
    if _PNS.search(said):
        return "PNS"
    return nips.status(nip) or "other"


def _plain(status: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", status.casefold()).split())
