"""IP-ASN as WS SIASN tells it (registry facts, sections 2 and 7): its numbers are texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from lms_bridge.http.values import decimal, text
from lms_bridge.registries.base import ProfessionalityIndex
from lms_bridge.registries.siasn.rows import date


def read(data: Any, nip: str) -> ProfessionalityIndex | None:
    """The index of the person with that `nip`, the latest of several; None if there is none.

    Raises ValueError for what is no answer about that person.
    """
    found = data if isinstance(data, list) else [] if data is None else [data]
    if not all(isinstance(one, Mapping) for one in found):
        raise ValueError("nilaiipasn brought no index")
    if any("".join(text(one.get("nip_baru")).split()) not in ("", nip) for one in found):
        raise ValueError("nilaiipasn brought another person")
    nothing = ProfessionalityIndex()
    indexes = [
        index
        for one in found
        if msgspec.structs.replace(index := _index(one), as_of=None) != nothing
    ]
    return max(indexes, key=lambda index: index.as_of or dt.date.min, default=None)


def _index(data: Mapping[str, Any]) -> ProfessionalityIndex:
    return ProfessionalityIndex(
        total=decimal(data.get("subtotal")),
        qualification=decimal(data.get("kualifikasi")),
        competence=decimal(data.get("kompetensi")),
        performance=decimal(data.get("kinerja")),
        discipline=decimal(data.get("disiplin")),
        as_of=date(data.get("created_at")),
    )
