"""Words in which a registry says no, and yet means: not now."""

from __future__ import annotations

import re

# What is only so for now: try again, unavailable, under maintenance …
PASSING = re.compile(
    r"service unavailable|try again|\bcoba( \w+){0,4} (lagi|kembali)\b|maintenance|pemeliharaan"
    r"|sedang gangguan|too many (clients|connections|requests)|server (sedang )?(sibuk|busy)"
    r"|gagal (terhubung|koneksi|connect)",
    re.IGNORECASE,
)
# … and what tells of something behind the API that did not answer, and may yet do it.
UNANSWERED = re.compile(
    r"time[d-]?[ -]?out|deadline exceeded|connection (refused|reset)|bad gateway"
    r"|internal server error|gateway time|broken pipe|\bunexpected eof\b|\bdial tcp\b|\bdeadlock\b"
    r"|(kesalahan|gangguan) (pada |di )?(server|sistem|jaringan|koneksi|internal)",
    re.IGNORECASE,
)
# What names a rule: the same row is refused tomorrow as well.
RULE = re.compile(
    r"required|invalid|already|exists?\b|not (found|valid|allowed|permitted)|duplica|too large"
    r"|errors? occurred|exceeds|unsupported"
    r"|\b(wajib|harus|tidak|belum|sudah|hanya|bukan|tanpa|kurang|duplikat|ganda|melebihi|maksimal"
    r"|minimal|diblokir|ditolak|dilarang|terkunci|penuh|salah)\b",
    re.IGNORECASE,
)
