"""Signing the heads of cases, so that whoever runs the table cannot rewrite a case unseen.

The private key belongs into a place that the table's operators cannot read (on AWS: a secret of its own).
`python -m chalicelib.adapters.case_signing < private.pem` prints the public key, for whoever verifies.
"""

import sys
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.domain.canonical_json import base64url
from chalicelib.domain.cases import head_signing_input, key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

COORDINATE_BYTES = 32


class CaseSigner:
    """The port HeadSigner with a P-256 key (ES256: RFC 7518, 3.4)."""

    def __init__(self, private_key_pem: str) -> None:
        """Take the private key as PEM (PKCS #8 or SEC 1). It is parsed when first needed."""
        self._private_key_pem = private_key_pem

    def sign(self, booking_id: str, seq: int, digest: str) -> str:
        """Return the head's JWS in compact form. Raises ValueError if the key is no P-256 key."""
        # Imported here, as in all of this module: pages that change nothing sign nothing.
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

        text = head_signing_input(booking_id=booking_id, seq=seq, digest=digest, key_id=self.key_id)
        r, s = decode_dss_signature(self._key.sign(text.encode("ascii"), ECDSA(SHA256())))
        signature = r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")
        return f"{text}.{base64url(signature)}"

    @cached_property
    def key_id(self) -> str:
        """The key's thumbprint (RFC 7638), which every signature names."""
        numbers = self._key.public_key().public_numbers()
        return key_id(numbers.x.to_bytes(COORDINATE_BYTES, "big"), numbers.y.to_bytes(COORDINATE_BYTES, "big"))

    @cached_property
    def public_key_pem(self) -> str:
        """The public key as PEM, for the verifier's `--key`."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return pem.decode("ascii")

    @cached_property
    def _key(self) -> "EllipticCurvePrivateKey":
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

        key = load_pem_private_key(self._private_key_pem.encode("ascii"), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("heads of cases are signed with a P-256 private key in PEM")  # noqa: TRY004 - a setting
        return key


if __name__ == "__main__":
    sys.stdout.write(CaseSigner(sys.stdin.read()).public_key_pem)
