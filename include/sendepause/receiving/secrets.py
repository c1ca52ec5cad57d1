"""Whom the receiver believes, by one Airflow connection.

``sendepause_meta``: its password is the app secret of the Meta app (App Dashboard, App settings, Basic); its
extra has ``verify_token``, the word that was typed in where the webhook was set up, and for as long as an
app secret is being replaced ``former_app_secret``.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from sendepause.installation import META_CONNECTION, find_access

_SIGNATURE = re.compile(rb"sha256=([0-9a-fA-F]{64})")
_CHALLENGE = re.compile(r"[\w-]{1,256}", re.ASCII)
_QUERY_FIELDS = 20


@dataclass(frozen=True)
class Secrets:
    """The connection's words, "" and () where there are none; they are never shown."""

    app_secrets: tuple[str, ...] = field(default=(), repr=False)
    verify_token: str = field(default="", repr=False)

    def is_signed(self, body: bytes, signature: bytes) -> bool:
        """Whether Meta signed these very bytes: HMAC-SHA256 under the app secret, in hexadecimal."""
        found = _SIGNATURE.fullmatch(signature)
        if found is None:
            return False
        given = bytes.fromhex(found[1].decode())
        # every secret is tried: how long it takes says nothing about which it was
        matches = [
            hmac.compare_digest(hmac.digest(secret.encode(), body, hashlib.sha256), given)
            for secret in self.app_secrets
        ]
        return any(matches)

    def challenge(self, query: bytes) -> str | None:
        """What answers Meta's verification, None where it is not Meta's or not for this webhook.

        https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
        """
        try:
            fields = parse_qs(query.decode("ascii"), max_num_fields=_QUERY_FIELDS)
        except ValueError:  # too many, or no ASCII
            return None
        values = [fields.get(f"hub.{name}", []) for name in ("mode", "verify_token", "challenge")]
        if any(len(value) != 1 for value in values) or not self.verify_token:
            return None
        mode, token, challenge = (value[0] for value in values)
        known = hmac.compare_digest(token.encode(errors="replace"), self.verify_token.encode())
        return challenge if known and mode == "subscribe" and _CHALLENGE.fullmatch(challenge) else None


def signature_possible(signature: bytes) -> bool:
    """Whether it has the form of a signature; if not, the body need not be read."""
    return _SIGNATURE.fullmatch(signature) is not None


def find_secrets() -> Secrets:
    """What the connection says now; without a connection nobody is believed."""
    found = find_access(META_CONNECTION)
    if found is None:
        return Secrets()
    extra = found.extra or {}
    current = _word(found.password)
    known = (current, _word(extra.get("former_app_secret"))) if current else ()
    return Secrets(tuple(secret for secret in known if secret), _word(extra.get("verify_token")))


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
