"""The made-up city of the demo and the tests: who lives there, what they learn, what is amiss.

The first users and courses are those of the captured statements (Moodle facts, section 5). The
others are there for one trap each, said beside them. Nobody in it exists.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lms_bridge.sandbox.faults import Faults
from lms_bridge.sandbox.moodle import MoodleSandbox
from lms_bridge.sandbox.moodle.records import SELF, TEACHER
from lms_bridge.sandbox.moodle.site import Site
from lms_bridge.sandbox.residents import UNITS, Resident, many_people, person_id
from lms_bridge.sandbox.siasn import Person, SiasnSandbox
from lms_bridge.sandbox.siasn.history import ZERO_DATE
from lms_bridge.sandbox.siasn.people import PPPK

SITI = "198703152010012001"
BUDI = "199002282015031002"
AGUS = "198511202009011003"
DEWI = "197806102003122001"
HOTMAN = "198804172011011002"
"""carried by two accounts"""
TIUR = "198212122008012003"
"""whose account is suspended"""
SAHAT = "199103052024211005"
"""an NI PPPK: its digits 13 and 14 are no month (registry facts, section 8)"""
YUNI = "199506222020122004"
"""unknown to the registry"""
BAMBANG = "198709222010011006"
"""written in the LMS with blanks, as BKN prints it, so that it is not found by its digits"""

PKA, LATSAR, LITDIG, MENTORING = 2, 3, 4, 5
"""ids of the courses"""
CAPTURED_COMPLETIONS = ((5, LATSAR, 1795498051), (4, LATSAR, 1795500526), (4, PKA, 1795500526))
"""user, course and second of the completions that the captured statements tell of"""


class City(NamedTuple):
    """Both systems, knowing the same people."""

    moodle: MoodleSandbox
    registry: SiasnSandbox

    def settle(self, residents: Sequence[Resident]) -> None:
        """Enter `residents` in both, and enrol them in "Literasi Digital ASN"."""
        for one in residents:
            self.moodle.site.add_user(
                one.user_id, one.username, one.firstname, one.lastname, idnumber=one.nip
            )
        self.moodle.site.enrol(LITDIG, *(one.user_id for one in residents))
        self.registry.add_people(one.as_person() for one in residents)


def demo_city(
    *,
    people: int = 0,
    as_captured: bool = False,
    latency: float = 0.0,
    faults: Faults | None = None,
    clock: Callable[[], float] = time.time,
) -> City:
    """The city, with `people` more employees than its named ones.

    With `as_captured` the courses that the captured statements tell of are complete in Moodle
    too; without it nobody has completed anything yet.

    >>> moodle, registry = demo_city()
    >>> moodle.site.users[4].fullname, len(registry.rows("198703152010012001"))
    ('Siti Rahmawati', 3)
    """
    moodle = MoodleSandbox(latency=latency, faults=faults, clock=clock)
    _furnish(moodle.site)
    registry = SiasnSandbox(_employees(), latency=latency, faults=faults, clock=clock)
    _type_old_rows(registry)
    city = City(moodle, registry)
    city.settle(many_people(people))
    if as_captured:
        for user_id, course_id, at in CAPTURED_COMPLETIONS:
            moodle.complete(user_id, course_id, at)
        moodle.cron()
    return city


def _furnish(site: Site) -> None:
    site.add_user(2, "admin", "Admin", "User", email="admin@example.org")
    site.add_user(3, "lmsbridge", "LMS", "Bridge", email="lmsbridge@example.org")
    site.add_user(4, "learner1", "Siti", "Rahmawati", idnumber=SITI)
    site.add_user(5, "learner2", "Budi", "Santoso", idnumber=BUDI)
    site.add_user(6, "learner3", "Agus", "Wijaya", idnumber=AGUS)
    site.add_user(7, "pengajar1", "Dewi", "Pengajar", idnumber=DEWI)
    site.add_user(8, "learner4", "Rina", "Sihombing")  # without a NIP
    site.add_user(9, "learner5", "Hotman", "Purba", idnumber=HOTMAN)
    site.add_user(10, "learner5.lama", "Hotman", "Purba", idnumber=HOTMAN)
    site.add_user(11, "learner6", "Tiur", "Saragih", idnumber=TIUR, suspended=True)
    site.add_user(12, "learner7", "Sahat", "Sinaga", idnumber=SAHAT)
    site.add_user(13, "learner8", "Yuni", "Damanik", idnumber=YUNI)
    site.add_user(14, "learner9", "Bambang", "Lubis", idnumber="19870922 201001 1 006")

    site.add_competency(1, "Manajerial Administrator", "KMP-PKA")
    site.add_competency(2, "Sosial Kultural", "KMP-SOSKUL")
    site.add_competency(3, "Literasi Digital", "KMP-LITDIG")
    site.add_competency(4, "Pengembangan Diri dan Orang Lain", "KMP-MENTOR")
    site.add_competency(5, "Pelayanan Publik", "KMP-YANLIK")

    site.add_course(
        PKA,
        "Pelatihan Kepemimpinan Administrator",
        "PKA-2026",
        "DIKLAT-PKA-2026",
        criterion=SELF,
        competencies=(2,),
    )
    site.add_course(
        LATSAR,
        "Latihan Dasar CPNS",
        "LATSAR-2026",
        "DIKLAT-LATSAR-2026",
        activity="Materi Latsar",
    )
    site.add_course(
        LITDIG,
        "Literasi Digital ASN",
        "LITDIG-2026",
        "ELEARN-LITDIG-2026",
        activity="Ujian akhir",
        competencies=(3,),
    )
    site.add_course(
        MENTORING,
        "Mentoring ASN Muda",
        "MENTOR-2026",
        "MENTORING-2026",
        activity="Laporan mentoring",
        competencies=(4,),
    )
    for course_id in site.courses:
        site.enrol(course_id, *(user for user in site.users if user >= 4 and user != 7))
        site.enrol(course_id, 7, role=TEACHER)

    site.add_cohort(1, "Lulus Latsar 2026", "BADGE-LATSAR-2026")
    site.add_cohort(2, "Cadangan Latsar 2026", "BADGE-LATSAR-2026-CADANGAN")  # found with the other

    site.add_badge(1, "Badge Kompetensi PKA", competency=1)
    site.add_badge(2, "Badge Manual")
    site.add_badge(3, "Badge Kohort Latsar", cohort=1)
    site.add_badge(4, "Badge Literasi Digital", competency=3)
    site.add_badge(5, "Badge Mentor", competency=4)
    site.add_badge(6, "Badge Pelayanan Publik", competency=5, active=False)  # never issued


def _employees() -> list[Person]:
    """Everybody but Yuni; person ids in the three shapes that are met (registry facts, 5)."""
    bkpsdm, kominfo, pendidikan, kesehatan, kompetensi = UNITS
    return [
        Person(
            nip=SITI,
            person_id="A8ACA7A1F0D63912E040640A040269BB",
            name="SITI RAHMAWATI",
            unit=kompetensi,
            post="Analis Pengembangan Kompetensi",
        ),
        Person(
            nip=BUDI,
            person_id="7c0f2a64-3b1e-11ec-9a51-0242ac120005",
            name="BUDI SANTOSO",
            unit=kominfo,
            post="Pranata Komputer",
        ),
        Person(
            nip=AGUS,
            person_id="ff80808159a1b2c30159a1f4d5e60711",
            name="AGUS WIJAYA",
            unit=pendidikan,
        ),
        Person(
            nip=DEWI,
            person_id=person_id(DEWI),
            name="DEWI PENGAJAR",
            unit=bkpsdm,
            post="Widyaiswara",
        ),
        Person(nip=HOTMAN, person_id=person_id(HOTMAN), name="HOTMAN PURBA", unit=kesehatan),
        Person(nip=TIUR, person_id=person_id(TIUR), name="TIUR SARAGIH", unit=kesehatan),
        Person(
            nip=SAHAT,
            person_id=person_id(SAHAT),
            name="SAHAT SINAGA",
            unit=pendidikan,
            status=PPPK,
            post="Guru Ahli Pertama",
        ),
        Person(nip=BAMBANG, person_id=person_id(BAMBANG), name="BAMBANG LUBIS", unit=kominfo),
    ]


def _type_old_rows(registry: SiasnSandbox) -> None:
    """What other offices typed over the years, with its gaps (registry facts, section 5)."""
    registry.type_by_hand(
        SITI,
        namaKursus="Bimtek Pengelolaan Arsip Dinamis",
        institusiPenyelenggara="BKPSDM Kota Pematangsiantar ",
        jenisDiklatId="8",
        jenisKursusSertifikat="T",
        noSertipikat="800.1.4 / 112 / BKPSDM/2023",
        jumlahJam=20,
        tahunKursus="2023",
        tanggalKursus="06-03-2023",
        tanggalSelesaiKursus="08-03-2023",
    )
    registry.type_by_hand(
        SITI, namaKursus="SOSIALISASI KEAMANAN INFORMASI", tanggalKursus="17-05-2021"
    )
    registry.type_by_hand(
        SITI,
        namaKursus="Pelatihan \ufffdPelayanan Prima\ufffd",
        jumlahJam="16 JP",
        noSertipikat="-",
        tanggalKursus=None,
        tanggalSelesaiKursus="",
    )
    for name, year in (("Workshop Penyusunan SOP", 2022), ("Workshop Peta Proses Bisnis", 2024)):
        registry.type_by_hand(
            BUDI,
            namaKursus=name,
            institusiPenyelenggara="DINAS KOMUNIKASI DAN INFORMATIKA",
            jenisDiklatId="4",
            noSertipikat="-",  # the number that everybody without a number has
            jumlahJam="8",
            tahunKursus=str(year),
            tanggalKursus=f"14-09-{year}",
            tanggalSelesaiKursus=ZERO_DATE,
        )
    registry.type_by_hand(
        AGUS,
        "diklat",
        latihanStrukturalId="2",
        latihanStrukturalNama="SEPALA/ADUM/DIKLAT PIM TK.IV",
        nomor="00017/PIM IV/2019",
        tanggal="04-02-2019",
        tahun="2019",
        institusiPenyelenggara="BPSDM Provinsi Sumatera Utara",
    )
    registry.type_by_hand(
        DEWI,
        namaKursus="Training of Trainer",
        institusiPenyelenggara="Lembaga Administrasi Negara",
        jenisDiklatId="3",
        noSertipikat="TOT-0456/LAN/2020",
        jumlahJam=40,
        tahunKursus="2020",
        tanggalKursus="10-02-2020",
        tanggalSelesaiKursus="14-02-2020",
        path={
            "881": {
                "dok_id": "881",
                "dok_nama": "Dok Sertifikat Kursus",
                "dok_uri": "peremajaan/usulan/881_contoh.pdf",
                "object": "peremajaan/usulan/881_contoh.pdf",
                "slug": "881",
            }
        },
    )
