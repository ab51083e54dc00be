"""The settings of ``[registry.NAME]`` with ``type = "siasn"``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from lms_bridge.config.remote import RegistrySettings, Seconds
from lms_bridge.config.secrets import Secret


class SiasnSettings(
    RegistrySettings,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="siasn",
):
    """WS SIASN of BKN: one API behind two tokens (registry facts, section 1)."""

    api_url: str = "https://apimws.bkn.go.id:8243/apisiasn/1.0"
    apim_token_url: str = "https://apimws.bkn.go.id/oauth2/token"  # noqa: S105 - an address
    consumer_key: Secret
    consumer_secret: Secret
    sso_token_url: str = (
        "https://sso-siasn.bkn.go.id/auth/realms/public-siasn/protocol/openid-connect/token"  # noqa: S105
    )
    sso_client_id: str = ""
    sso_username: Secret | None = None
    sso_password: Secret | None = None
    sso_token: Secret | None = None
    """a token that the operator obtained; used instead of the password grant when it is set"""
    cookies: Secret | None = None
    """what each call carries as ``Cookie``, for the load balancer (registry facts, section 1)"""
    instansi_id: str = ""
    """reference id of the city in SIASN, sent with each kursus"""
    check_nip: Secret | None = None
    """NIP of a known employee, by which lms-bridge check proves the look-up"""
    documents: bool = True
    """whether the certificate is uploaded with each row, if there are ``[certificates]``"""
    kursus_document: Annotated[str, msgspec.Meta(min_length=1)] = "881"
    """``id_ref_dokumen`` of the certificate of a kursus (registry facts, section 3)"""
    diklat_document: Annotated[str, msgspec.Meta(min_length=1)] = "874"
    """the same of a diklat"""
    most_document_bytes: Annotated[int, msgspec.Meta(ge=1024)] = 1_000_000
    """how large a document may be (registry facts, section 4)"""
    settle_seconds: Seconds = 120
    """how long a write whose answer did not come may still take effect; then it is looked up"""

    def uncalled(self) -> frozenset[str]:
        """Where tokens are issued, if the operator obtains them."""
        return frozenset({"sso_token_url"} if self.sso_token else ())

    def given_tokens(self) -> Mapping[str, Secret]:
        """The operator's token, where it is one."""
        return {"sso_token": self.sso_token} if self.sso_token else {}

    def expected_of_token(self) -> Mapping[str, str]:
        """What is configured of the login by which the token was got."""
        said = {
            "client": self.sso_client_id,
            "issuer": self.sso_token_url.partition("/protocol/")[0],
            "instansi": self.instansi_id,
        }
        return {name: value for name, value in said.items() if value}
