"""Documents of rows: ``/upload-dok-rw`` and ``/download-dok`` (registry facts, sections 2 and 4).

A row keeps one document of each kind; another one of the kind takes its place.
"""

from __future__ import annotations

from hashlib import sha256

from werkzeug.wrappers import Request, Response

from lms_bridge.sandbox.siasn import envelopes
from lms_bridge.sandbox.siasn.history import History, Kind, Row

LARGEST = 1_000_000
"""bytes; the limit that a client's test shows (section 4)"""
KINDS: dict[str, Kind] = {"881": "kursus", "874": "diklat"}
"""``id_ref_dokumen`` of a certificate, by the history of its row"""


class Documents:
    """All documents, to be used with the sandbox's lock held."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._contents: dict[str, bytes] = {}
        self.uploads = 0
        """how many were taken, those that took another's place as well"""

    def upload(self, request: Request) -> Response:
        """Keep the file of the form with the row of ``id_riwayat``."""
        file, row_id = request.files.get("file"), request.form.get("id_riwayat", "")
        kind_id = request.form.get("id_ref_dokumen", "")
        if file is None or not row_id or not kind_id:
            return envelopes.incomplete(["IdRiwayat, IdRefDokumen and File are required"])
        content = file.read()
        kind = KINDS.get(kind_id)
        row = self._history.get(kind, row_id) if kind else None
        if row is None:
            return envelopes.refused(envelopes.NOT_FOUND)
        if not content.startswith(b"%PDF-"):
            return envelopes.refused("Tipe file tidak sesuai, hanya PDF")
        if len(content) > LARGEST:
            body = {"statusCode": 413, "message": "Ukuran file melebihi 1 MB", "code": 0}
            return envelopes.answer(body)
        name = f"peremajaan/usulan/{kind_id}_{row_id}.pdf"
        entry = {
            "dok_id": kind_id,
            "dok_nama": "Dok Sertifikat Kursus" if kind == "kursus" else "Dok Sertifikat Diklat",
            "dok_uri": name,
            "object": name,
            "slug": kind_id,
        }
        row["path"] = {**(row["path"] or {}), kind_id: entry}
        self._contents[name] = content
        self.uploads += 1
        return envelopes.found(entry, message="success")

    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each document, by its name."""
        return {name: sha256(content).hexdigest() for name, content in self._contents.items()}

    def of(self, row: Row) -> list[bytes]:
        """The documents of `row`."""
        return [self._contents[one["dok_uri"]] for one in (row["path"] or {}).values()]

    def download(self, name: str) -> Response:
        """The document of that name."""
        content = self._contents.get(name)
        if content is None:
            return envelopes.not_found()
        return Response(content, content_type="application/pdf")
