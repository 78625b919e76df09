"""Keeps personal data unreadable at rest: SM4-GCM sealing with key ids, HMAC-SM3 for look-up."""

import base64
import binascii
import os
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

INDEX_KEY_ID = "index"
NONCE_BYTES = 12
TAG_BYTES = 16


class SealBroken(Exception):
    """The stored bytes were altered, or the key that sealed them is not in FIELD_KEYS."""


@dataclass(frozen=True)
class Vault:
    """Field keys of this installation. The last sealing key seals; every key opens; `index` only looks up."""

    keys: dict[str, bytes]
    index_key: bytes
    current: str

    @classmethod
    def from_text(cls, text: str) -> "Vault":
        """Reads `index:<base64>,k1:<base64>[,k2:…]`: a 32-byte index key and 16-byte SM4 keys.

        Raises ValueError with the reason when a key is missing, double or of the wrong length.
        """
        keys: dict[str, bytes] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            key_id, _, value = part.partition(":")
            if key_id in keys:
                raise ValueError(f"FIELD_KEYS names the key id {key_id!r} twice")
            try:
                keys[key_id] = base64.b64decode(value, validate=True)
            except binascii.Error as error:
                raise ValueError(f"FIELD_KEYS: key {key_id!r} is not base64") from error
        index_key = keys.pop(INDEX_KEY_ID, b"")
        if len(index_key) != 32:
            raise ValueError("FIELD_KEYS needs an `index` key of 32 bytes in base64")
        if not keys or any(len(key) != 16 for key in keys.values()):
            raise ValueError("FIELD_KEYS needs at least one sealing key of 16 bytes in base64")
        if any(not 1 <= len(key_id.encode()) <= 16 for key_id in keys):
            raise ValueError("FIELD_KEYS: a key id has 1 to 16 characters")
        return cls(keys=keys, index_key=index_key, current=list(keys)[-1])

    def seal(self, text: str) -> bytes:
        """As `seal_bytes`, of a text."""
        return self.seal_bytes(text.encode())

    def seal_bytes(self, plain: bytes) -> bytes:
        """Length-prefixed key id, nonce, cipher text, tag. Two seals of the same differ."""
        nonce = os.urandom(NONCE_BYTES)
        key_id = self.current.encode()
        encryptor = Cipher(self._ciphers[self.current], modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(key_id)
        sealed = encryptor.update(plain) + encryptor.finalize()
        return bytes([len(key_id)]) + key_id + nonce + sealed + encryptor.tag

    def open(self, sealed: bytes) -> str:
        """Raises SealBroken when the bytes are not exactly what `seal` made."""
        return self.open_bytes(sealed).decode()

    def open_bytes(self, sealed: bytes) -> bytes:
        """Raises SealBroken when the bytes are not exactly what `seal_bytes` made."""
        size = sealed[0] if sealed else 0
        key_id = sealed[1 : 1 + size]
        body = sealed[1 + size :]
        cipher = self._ciphers.get(key_id.decode(errors="replace"))
        if cipher is None or len(body) < NONCE_BYTES + TAG_BYTES:
            raise SealBroken(f"no key for {key_id!r}")
        nonce, cipher_text, tag = body[:NONCE_BYTES], body[NONCE_BYTES:-TAG_BYTES], body[-TAG_BYTES:]
        decryptor = Cipher(cipher, modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(key_id)
        try:
            return decryptor.update(cipher_text) + decryptor.finalize()
        except InvalidTag as error:
            raise SealBroken("the sealed bytes were altered") from error

    def blind(self, text: str) -> str:
        """64 hex digits by which an exact value can be found without storing it."""
        digest = self._index.copy()
        digest.update(text.encode())
        return digest.finalize().hex()

    # Made once: a sheet of 100,000 rows seals and looks up several hundred thousand fields.
    @cached_property
    def _ciphers(self) -> dict[str, algorithms.SM4]:
        return {key_id: algorithms.SM4(key) for key_id, key in self.keys.items()}

    @cached_property
    def _index(self) -> hmac.HMAC:
        return hmac.HMAC(self.index_key, hashes.SM3())
