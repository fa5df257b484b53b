"""Pseudonyms of identifiers, computed on whole Arrow buffers.

Reversible: an identifier of at most 15 bytes is padded (0x80, zeroes) to one block and put through AES-256, a
permutation: no two identifiers share a token, and only the key leads back. Longer ones go through AES-SIV. One-way:
HMAC-SHA-256, cut to 128 bits. Which of the two applies is decided value by value, so batches do not matter.
Identifiers are brought into one spelling first, or joins would break.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from numpy.typing import NDArray

from audit.text import Text
from deid.errors import DataError, KeyStoreError
from deid.normalise import DASHES, INVISIBLE, SPACES
from deid.randomness import BLOCK_BYTES, decrypt_blocks, encrypt_blocks

TOKEN_CHARACTERS = 2 * BLOCK_BYTES
_PADDING = 0x80
_HEX = np.frombuffer(b"".join(b"%02x%02x" % (two & 0xFF, two >> 8) for two in range(1 << 16)), dtype="<u4")
"""The four hexadecimal digits of each two bytes, which are read as one little-endian number."""
_PLAIN = np.array([bytes([byte]).isalnum() for byte in range(256)])
_SEPARATORS = f"[-\\s._/{DASHES}{SPACES}{INVISIBLE}]"


def identifiers(column: pa.Array, name: str) -> pa.Array:
    """Return identifiers as text in one spelling: NFKC, without separators; nulls and empty ones are null.

    Raises: DataError — if they are numbers with a fraction, which no identifier has.
    """
    if pa.types.is_floating(column.type):
        column = _whole_numbers(column, name)
    texts = column if pa.types.is_string(column.type) else pc.cast(column, pa.string())
    if not _ascii(texts):
        texts = pc.utf8_normalize(texts, form="NFKC")
    texts = pc.replace_substring_regex(texts, pattern=_SEPARATORS, replacement="") if _separated(texts) else texts
    if not len(texts) or bool(_lengths(texts).all()):
        return texts
    return pc.if_else(pc.equal(pc.binary_length(texts), 0), pa.scalar(None, pa.string()), texts)


def reversible(column: pa.Array, key: bytes) -> pa.Array:
    """Return a token of 32 hexadecimal digits or more for each text; null stays null."""
    texts = _compact(column)
    lengths = _lengths(texts)
    if lengths.size and int(lengths.max()) >= BLOCK_BYTES:
        return _with_long(texts, key)
    return _hexadecimal(encrypt_blocks(key, _blocks(texts, lengths)), texts)


def original(token: str, key: bytes) -> str:
    """Return the identifier behind one token.

    Raises: KeyStoreError — if this key did not make it.
    """
    value = found_original(token, key)
    if value is None:
        raise KeyStoreError(Text("이 키로 만든 가명이 아닙니다.", "this key did not make that token."))
    return value


def found_original(token: str, key: bytes) -> str | None:
    """Return the identifier behind one token, or nothing if this key did not make it.

    A token that is unknown goes the whole way of one that is known: the time taken says nothing.
    """
    try:
        data = bytes.fromhex(token)
    except ValueError:
        return None
    if len(data) > BLOCK_BYTES:
        return _found_long(data, key)
    if len(data) != BLOCK_BYTES:
        return None
    block = decrypt_blocks(key, np.frombuffer(data, dtype=np.uint8).reshape(1, BLOCK_BYTES))[0].tobytes()
    text, mark, rest = block.rpartition(bytes([_PADDING]))
    whole = bool(mark) & (not any(rest))
    value = str(text, "utf-8", "replace")
    return value if whole and value.encode() == text else None


def _found_long(data: bytes, key: bytes) -> str | None:
    try:
        return str(AESSIV(_long_key(key)).decrypt(data, None), "utf-8")
    except (ValueError, InvalidTag):
        return None


def one_way(column: pa.Array, key: bytes) -> pa.Array:
    """Return a token of 32 hexadecimal digits for each text, which no key leads back from; null stays null."""
    encoded = pc.dictionary_encode(_compact(column))
    inner, outer = _pads(key)
    tokens = [_hmac(value, inner, outer) for value in encoded.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(encoded.indices, pa.array(tokens, pa.string())).cast(pa.string())


def _whole_numbers(column: pa.Array, name: str) -> pa.Array:
    # Whole numbers with a gap are read as floats elsewhere, and the gap as NaN.
    column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    try:
        return pc.cast(column, pa.int64())
    except pa.ArrowInvalid:
        raise DataError(
            Text(
                f"{name} 열: 식별자에 소수가 있습니다. 글자나 정수로 읽어야 합니다.",
                f"column {name}: identifiers with fractions; read them as text or whole numbers.",
            )
        ) from None


def _ascii(texts: pa.Array) -> bool:
    data = _bytes(texts)
    return not data.size or bool(data.max() < 0x80)


def _separated(texts: pa.Array) -> bool:
    """Return whether a separator may be in it; letters and digits alone are the common case."""
    data = _bytes(texts)
    if not data.size:
        return False
    if int(data.min()) >= ord("0") and int(data.max()) <= ord("9"):
        return False
    return not bool(np.take(_PLAIN, data, mode="clip").all())


def _bytes(texts: pa.Array) -> NDArray[np.uint8]:
    compact = _compact(texts)
    buffer = compact.buffers()[2]
    if buffer is None:
        return np.empty(0, dtype=np.uint8)
    return np.frombuffer(buffer, dtype=np.uint8)[_offsets(compact)[0] : _offsets(compact)[-1]]


def _offsets(texts: pa.Array) -> NDArray[np.int32]:
    return np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]


def _lengths(texts: pa.Array) -> NDArray[np.int32]:
    """Return the bytes of each text; a null has none."""
    if texts.null_count:
        texts = texts.fill_null("")
    return np.diff(_offsets(texts))


def _compact(column: Any) -> pa.Array:
    """Return one array of plain strings."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array if pa.types.is_string(array.type) else pc.cast(array, pa.string())


def _blocks(texts: pa.Array, lengths: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Return each text padded to one block; a null becomes an empty one, which is masked afterwards."""
    count = len(texts)
    blocks = np.frombuffer(pa.allocate_buffer(count * BLOCK_BYTES), dtype=np.uint8).reshape(count, BLOCK_BYTES)
    if not count:
        return blocks
    if texts.null_count:
        texts = texts.fill_null("")
    offsets, data = _offsets(texts), texts.buffers()[2]
    source = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]] if data is not None else None
    width = int(lengths[0])
    if source is not None and source.size == count * width and bool((lengths == width).all()):
        blocks[:, :width] = source.reshape(count, width)
        blocks[:, width] = _PADDING
        blocks[:, width + 1 :] = 0
        return blocks
    flat = blocks.reshape(-1)
    flat[:] = 0
    starts = np.arange(count, dtype=np.int64) * BLOCK_BYTES
    if source is not None and source.size:
        # Byte j of the source belongs at its row's block, behind the bytes of that row before it.
        shift = np.repeat(starts - (offsets[:-1].astype(np.int64) - offsets[0]), lengths)
        flat[shift + np.arange(source.size, dtype=np.int64)] = source
    flat[starts + lengths] = _PADDING
    return blocks


def _hexadecimal(blocks: NDArray[np.uint8], texts: pa.Array) -> pa.Array:
    # Arrow's memory is used again from batch to batch; new pages from the system would cost more than the digits.
    characters = pa.allocate_buffer(2 * blocks.size)
    np.take(_HEX, blocks.reshape(-1).view("<u2"), out=np.frombuffer(characters, dtype="<u4"), mode="clip")
    offsets = pa.py_buffer(np.arange(0, (len(texts) + 1) * TOKEN_CHARACTERS, TOKEN_CHARACTERS, dtype=np.int32))
    tokens = pa.StringArray.from_buffers(len(texts), offsets, characters)
    return pc.if_else(texts.is_valid(), tokens, pa.scalar(None, pa.string())) if texts.null_count else tokens


def _with_long(texts: pa.Array, key: bytes) -> pa.Array:
    """Return tokens where some text needs more than a block: those one by one, by distinct value."""
    encoded = pc.dictionary_encode(texts)
    values = encoded.dictionary
    long = pc.greater_equal(pc.binary_length(values), BLOCK_BYTES)
    short = reversible(pc.if_else(long, pa.scalar("", pa.string()), values), key)
    cipher = AESSIV(_long_key(key))
    tokens = [
        cipher.encrypt(value.encode("utf-8"), None).hex() if is_long else token
        for value, is_long, token in zip(values.to_pylist(), long.to_pylist(), short.to_pylist(), strict=True)
    ]
    return pa.DictionaryArray.from_arrays(encoded.indices, pa.array(tokens, pa.string())).cast(pa.string())


def _long_key(key: bytes) -> bytes:
    return hashlib.sha512(b"ansim-deid-long/v1" + key).digest()


def _pads(key: bytes) -> tuple[Any, Any]:
    """Return SHA-256 states behind the inner and the outer pad of HMAC, computed once for all values."""
    padded = key.ljust(64, b"\0")
    return hashlib.sha256(bytes(b ^ 0x36 for b in padded)), hashlib.sha256(bytes(b ^ 0x5C for b in padded))


def _hmac(value: str | None, inner: Any, outer: Any) -> str | None:
    if value is None:
        return None
    first, second = inner.copy(), outer.copy()
    first.update(value.encode("utf-8"))
    second.update(first.digest())
    return str(second.hexdigest()[:TOKEN_CHARACTERS])
