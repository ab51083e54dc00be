"""The fields that the requests to a registry in TOML may name."""

from __future__ import annotations

from collections.abc import Sequence

from lms_bridge.mapped.templates import UPLOAD
from lms_bridge.registries.simpeg.settings import History

PERSON = ("nip", "person_id", "employee_name", "unit_id", "unit_name", "status")
TRAINING = (
    "name",
    "organiser",
    "kind",
    "hours",
    "certificate_number",
    "starts",
    "ends",
    "structural_training",
)
DOCUMENT = ("document", "document_name")
TO_FIND = ("nip",)
TO_READ = (*PERSON, "kind")
TO_RECORD = (*PERSON, *TRAINING, *DOCUMENT)
TO_CHANGE = (*TO_RECORD, "row_id")
TO_UPLOAD = TO_RECORD
TO_REMOVE = (*TO_READ, "row_id")
TO_ATTACH = (*TO_REMOVE, *DOCUMENT)
"""the fields that a request of each kind may name, besides keys, constants and the token"""


def with_upload(fields: Sequence[str], history: History) -> tuple[str, ...]:
    """`fields`, and what the certificate is called that was handed in before."""
    return (*fields, UPLOAD) if history.upload else tuple(fields)
