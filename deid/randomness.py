"""Keyed randomness by row number: the same extract comes out whatever the batches, the workers or their order.

The n-th value is AES-256 of the number n under a key of its own. Nobody without the key can repeat it, and no state
is carried from batch to batch.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from numpy.typing import NDArray

BLOCK_BYTES = 16
_SCALE = 2.0**-53


def encrypt_blocks(key: bytes, blocks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return blocks of 16 bytes, shape (n, 16), each put through AES-256 on its own."""
    # Single blocks of distinct inputs: what is wrong with ECB for messages does not arise.
    encryptor = Cipher(AES(key), ECB()).encryptor()  # noqa: S305
    data = np.ascontiguousarray(blocks).reshape(-1)
    # Arrow's memory is used again from batch to batch; the library wants room for one more block than it fills.
    room = np.frombuffer(pa.allocate_buffer(data.size + BLOCK_BYTES), dtype=np.uint8)
    written = encryptor.update_into(data.data, room.data)
    return room[:written].reshape(-1, BLOCK_BYTES)


def decrypt_blocks(key: bytes, blocks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what `encrypt_blocks` encrypted."""
    decryptor = Cipher(AES(key), ECB()).decryptor()  # noqa: S305
    return np.frombuffer(decryptor.update(np.ascontiguousarray(blocks).data), dtype=np.uint8).reshape(-1, BLOCK_BYTES)


def words(key: bytes, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return two random 64-bit words for each number, shape (n, 2)."""
    blocks = np.zeros((len(numbers), 2), dtype=np.uint64)
    blocks[:, 0] = numbers
    return encrypt_blocks(key, blocks.view(np.uint8).reshape(-1, BLOCK_BYTES)).view(np.uint64).reshape(-1, 2)


def uniform(key: bytes, numbers: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each number given."""
    return (words(key, numbers)[:, 0] >> np.uint64(11)).astype(np.float64) * _SCALE


def normal(key: bytes, numbers: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return a standard normal number for each number given (Box and Muller)."""
    pair = (words(key, numbers) >> np.uint64(11)).astype(np.float64) * _SCALE
    radius = np.sqrt(-2.0 * np.log1p(-pair[:, 0]))
    result: NDArray[np.float64] = radius * np.cos(2.0 * np.pi * pair[:, 1])
    return result


def permutation(key: bytes, size: int) -> NDArray[np.int64]:
    """Return the numbers 0 to size - 1 in a keyed random order."""
    return np.argsort(words(key, np.arange(size, dtype=np.uint64))[:, 0], kind="stable")
