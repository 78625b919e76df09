"""Signatures, encryption and XML as the WeChat platform documents them, independent of the bot's code."""

import base64
import binascii
import hashlib
import os
import struct
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32  # PKCS#7 over 32 bytes, although AES works in 16


class BadMessage(Exception):
    """Not a message the platform would accept; the text says what is wrong with it."""


def sign(*parts: str) -> str:
    """msg_signature over (token, timestamp, nonce, encrypted text); `signature` over the first three."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def encrypt(text: str, encoding_key: str, app_id: str) -> str:
    message = text.encode()
    body = os.urandom(16) + struct.pack(">I", len(message)) + message + app_id.encode()
    padding = BLOCK - len(body) % BLOCK
    encryptor = _cipher(encoding_key).encryptor()
    sealed = encryptor.update(body + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def decrypt(sealed: str, encoding_key: str, app_id: str) -> str:
    """The text inside; raises BadMessage on a wrong key, padding, length or app id."""
    try:
        data = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise BadMessage("Encrypt 不是 base64") from None
    if not data or len(data) % 16:
        raise BadMessage("Encrypt 不是完整的 AES 分组")
    decryptor = _cipher(encoding_key).decryptor()
    body = decryptor.update(data) + decryptor.finalize()
    padding = body[-1]
    if not 1 <= padding <= BLOCK or body[-padding:] != bytes([padding]) * padding:
        raise BadMessage("Encrypt 解密后填充不对，EncodingAESKey 可能不一致")
    body = body[:-padding]
    if len(body) < 20:
        raise BadMessage("Encrypt 解密后太短")
    (length,) = struct.unpack(">I", body[16:20])
    message, owner = body[20 : 20 + length], body[20 + length :]
    if len(message) != length or owner != app_id.encode():
        raise BadMessage("Encrypt 里的 AppID 不是本公众号的")
    try:
        return message.decode()
    except UnicodeDecodeError:
        raise BadMessage("Encrypt 解密后不是 UTF-8") from None


def to_xml(fields: Mapping[str, Any]) -> str:
    """Numbers stand plain and texts in CDATA, as the platform writes them."""
    return f"<xml>{_elements(fields)}</xml>"


def from_xml(text: str) -> dict[str, Any]:
    """Tags to texts, tags with children to dicts, `item` children to a list; no tag may stand twice."""
    if not text.lstrip().startswith("<xml"):  # so no DOCTYPE, and no entities, either
        raise BadMessage("报文不以 <xml> 开头")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise BadMessage(f"不是合法的 XML：{error}") from None
    found = _children(root)
    if not isinstance(found, dict):
        raise BadMessage("XML 里没有字段")
    return found


def _cipher(encoding_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(encoding_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def _elements(fields: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{_value(one)}</{name}>" for name, value in fields.items() for one in _each(value)
    )


def _each(value: Any) -> list[Any]:
    """A list is one element after another, all of one name."""
    return list(value) if isinstance(value, list) else [value]


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _elements(value)
    if isinstance(value, int):
        return str(value)
    return "<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _children(element: ElementTree.Element) -> dict[str, Any] | list[Any] | str:
    children = list(element)
    if not children:
        return element.text or ""
    if all(child.tag == "item" for child in children):
        return [_children(child) for child in children]
    found: dict[str, Any] = {}
    for child in children:
        if child.tag in found:
            raise BadMessage(f"<{child.tag}> 出现了两次")
        found[child.tag] = _children(child)
    return found
