"""Words in which a registry says no, and yet means: not now."""

from __future__ import annotations

import re

# What is only so for now: try again, unavailable, under maintenance …
PASSING = re.compile(
    r"service unavailable|try again|\bcoba( \w+){0,4} (lagi|kembali)\b|maintenance|pemeliharaan"
    r"|sedang gangguan",
    re.IGNORECASE,
)
# … and what tells of something behind the API that did not answer, and may yet do it.
UNANSWERED = re.compile(
    r"time[d-]?[ -]?out|deadline exceeded|connection (refused|reset)|bad gateway"
    r"|internal server error",
    re.IGNORECASE,
)
