"""What people, units and courses are called, all made up."""

from __future__ import annotations

# Names with blanks between them.
FIRST = (
    "Abdul Ade Agnes Agus Ahmad Andi Anggi Ani Anita Arif Bambang Benny Binsar Bonar Budi"
    " Chandra Citra Daniel Darwin Dedi Desi Dewi Dian Dina Edi Eka Elfrida Endah Erni Erwin"
    " Fajar Febri Fitri Gita Hasan Hendra Herlina Hotman Ika Imelda Indra Intan Irma Iwan Jhon"
    " Joko Juliana Kartika Kiki Laila Lamhot Lestari Lina Lukman Maria Marlina Maya Melati"
    " Mikael Nanda Netty Novita Nurhayati Oki Parulian Pita Putri Rahmat Ratna Rina Rini Risma"
    " Robert Rosita Ruslan Sahat Santi Sari Siti Sondang Sri Suryani Susi Tiur Togar Tri"
    " Untung Vera Wahyu Wati Yanti Yuni Yusuf Zainal Zulkifli"
)
LAST = (
    "Butarbutar Damanik Gultom Girsang Harahap Hasibuan Hutagalung Hutapea Lubis Lumbantobing"
    " Manalu Manik Manurung Marpaung Munthe Nainggolan Napitupulu Nasution Panjaitan Pardede"
    " Pasaribu Purba Rangkuti Saragih Siahaan Sianturi Sihombing Silalahi Simanjuntak"
    " Simarmata Sinaga Sipayung Siregar Sitanggang Sitompul Sitorus Situmorang Tambunan"
    " Tampubolon Wijaya"
)
TITLES = ("", "", "", ", S.E.", ", S.Pd.", ", S.Kom.", ", S.Sos.", ", S.H.", ", M.Si.", ", A.Md.")

OFFICES = (
    "Sekretariat Daerah",
    "Sekretariat DPRD",
    "Inspektorat Daerah",
    "Dinas Pendidikan",
    "Dinas Kesehatan",
    "Dinas Pekerjaan Umum dan Tata Ruang",
    "Dinas Perumahan dan Kawasan Permukiman",
    "Satuan Polisi Pamong Praja",
    "Dinas Sosial",
    "Dinas Tenaga Kerja",
    "Dinas Komunikasi dan Informatika",
    "Dinas Kependudukan dan Pencatatan Sipil",
    "Dinas Perhubungan",
    "Dinas Lingkungan Hidup",
    "Dinas Perpustakaan dan Kearsipan",
    "Dinas Pariwisata",
    "Dinas Koperasi, UKM, dan Perdagangan",
    "Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu",
    "Dinas Ketahanan Pangan dan Pertanian",
    "Badan Kepegawaian dan Pengembangan SDM",
    "Badan Perencanaan Pembangunan Daerah",
    "Badan Pengelolaan Keuangan Daerah",
    "Badan Penanggulangan Bencana Daerah",
    "RSUD dr. Djasamen Saragih",
    "Kecamatan Siantar Barat",
    "Kecamatan Siantar Timur",
    "Kecamatan Siantar Utara",
    "Kecamatan Siantar Selatan",
)
DIVISIONS = (
    "Sekretariat",
    "Bidang Perencanaan",
    "Bidang Pelayanan",
    "Bidang Pengembangan",
    "Bidang Pengawasan",
    "Bidang Sarana dan Prasarana",
)
SECTIONS = ("Subbagian Umum", "Subbagian Keuangan", "Seksi Data", "Seksi Layanan")

# What a course is about, of which kind it is then, and which standard competency it develops.
SUBJECTS: tuple[tuple[str, int, str], ...] = (
    ("Literasi Digital", 16, ""),
    ("Keamanan Informasi", 16, ""),
    ("Pengelolaan Arsip Dinamis", 8, ""),
    ("Aplikasi SRIKANDI", 8, ""),
    ("Pelayanan Publik Prima", 16, "Pelayanan Publik"),
    ("Komunikasi Efektif", 5, "Komunikasi"),
    ("Kerja Tim yang Sehat", 5, "Kerja Sama"),
    ("Integritas dan Antikorupsi", 16, "Integritas"),
    ("Mengelola Perubahan", 5, "Mengelola Perubahan"),
    ("Pengambilan Keputusan", 5, "Pengambilan Keputusan"),
    ("Perekat Bangsa", 6, "Perekat Bangsa"),
    ("Orientasi pada Hasil", 5, "Orientasi pada Hasil"),
    ("Pengembangan Diri", 22, "Pengembangan Diri dan Orang Lain"),
    ("Mentoring ASN Muda", 15, "Pengembangan Diri dan Orang Lain"),
    ("Coaching bagi Atasan", 14, "Komunikasi"),
    ("Perubahan Iklim dan Kota", 9, ""),
    ("Kebijakan Digitalisasi", 7, ""),
    ("Penyusunan Anggaran", 3, ""),
    ("Pengadaan Barang dan Jasa", 3, ""),
    ("Analisis Data dengan Spreadsheet", 4, ""),
    ("Penulisan Naskah Dinas", 4, ""),
    ("Sistem Pemerintahan Berbasis Elektronik", 17, ""),
    ("Manajemen Risiko", 3, ""),
    ("Kepemimpinan Pengawas", 1, "Integritas"),
)
EDITIONS = ("", " Tingkat Lanjut", " bagi Pelaksana", " bagi Pengawas", " (Daring)", " Angkatan II")
ELSEWHERE = (
    ("Bimtek Aplikasi SIPD", "Kementerian Dalam Negeri", 8),
    ("Seminar Nasional Reformasi Birokrasi", "KemenPANRB", 9),
    ("Pelatihan Dasar CPNS", "BPSDM Provinsi Sumatera Utara", 13),
    ("Workshop Kurikulum Merdeka", "Kemendikbudristek", 4),
    ("Pelatihan Kegawatdaruratan", "Kementerian Kesehatan", 3),
    ("Sosialisasi Pajak Daerah", "Kementerian Keuangan", 7),
    ("Diklat Barang dan Jasa", "LKPP", 3),
)
