"""The one public address of a picture: for Instagram and Threads, which fetch pictures themselves.

An address names a delivery, a rendition and the moment it closes, under a signature that nobody can guess. It
answers (gateway/api/open_pictures.py) only while that delivery is being prepared or sent, at most ten minutes, and
only for renditions that are in its approved manifest.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from gateway.runtime import Runtime

OPEN_FOR = timedelta(minutes=10)


def address(porth: Runtime, delivery: UUID, sha256: str) -> str:
    closes = int((porth.clock() + OPEN_FOR).timestamp())
    signature = _signatures(porth, delivery, sha256, closes)[0]
    return f"{porth.settings.base_url}/open/{delivery}/{sha256}/{closes}/{signature}"


def genuine(porth: Runtime, delivery: UUID, sha256: str, closes: int, signature: str) -> bool:
    """Whether we made this address, and it has not closed."""
    good = any(hmac.compare_digest(made, signature) for made in _signatures(porth, delivery, sha256, closes))
    now = porth.clock()
    return good and now <= datetime.fromtimestamp(closes, UTC) <= now + OPEN_FOR


def _signatures(porth: Runtime, delivery: UUID, sha256: str, closes: int) -> list[str]:
    """With each of the installation's keys, the newest first."""
    signed = f"{delivery}/{sha256}/{closes}".encode()
    return [hmac.new(key, signed, hashlib.sha256).hexdigest() for key in porth.vault.derive("open pictures")]
