"""What comes with a statement: a certificate, an essay, a signature (Data 2.4.11 and 2.6)."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from xapi.errors import broken
from xapi.identifiers import is_iri, is_media_type, is_sha2
from xapi.part import LanguageMap, Part, check_language_map, not_an_iri
from xapi.vocabulary import SIGNATURE

SIGNATURE_CONTENT_TYPE = "application/octet-stream"


class Attachment(Part, frozen=True):
    """What a statement says of a file that belongs to it.

    The file itself is at `file_url`, or comes beside the statement in the same request;
    which of the two a request may do is a matter of Communication 1.5.
    """

    usage_type: str
    """an IRI that says what the file is for"""
    display: LanguageMap
    content_type: str
    length: int
    """in octets"""
    sha2: str
    description: LanguageMap | UnsetType = UNSET
    file_url: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not is_iri(self.usage_type):
            raise not_an_iri("$.usageType", self.usage_type, "Data 2.4.11")
        check_language_map("$.display", self.display)
        if self.description:
            check_language_map("$.description", self.description)
        if not is_media_type(self.content_type):
            rule = 'is not an Internet media type such as "application/pdf"'
            raise broken("$.contentType", self.content_type, rule, "Data 2.4.11")
        if self.usage_type == SIGNATURE and self.content_type != SIGNATURE_CONTENT_TYPE:
            rule = f'is not "{SIGNATURE_CONTENT_TYPE}", which a signature must be'
            raise broken("$.contentType", self.content_type, rule, "Data 2.6")
        if self.length < 0:
            raise broken("$.length", self.length, "is not a number of octets", "Data 2.4.11")
        if not is_sha2(self.sha2):
            rule = "is not a SHA-2 hash (56, 64, 96 or 128 hexadecimal digits)"
            raise broken("$.sha2", self.sha2, rule, "Data 2.4.11")
        if self.file_url is not UNSET and not is_iri(self.file_url):
            raise not_an_iri("$.fileUrl", self.file_url, "Data 2.4.11")

    @property
    def is_signature(self) -> bool:
        """Whether the file is a signature of the statement (Data 2.6)."""
        return self.usage_type == SIGNATURE
