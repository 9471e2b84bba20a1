"""What compressed batches unpack to, within a bound: a few kilobytes of zstd can hold gigabytes.

The Kafka client unpacks a batch whole, whatever comes of it, so one record of a partner could take all memory of every
process that reads it. `bound` puts decoders in the client's place that stop at a limit; the broker bounds only what is
packed (`max.message.bytes`).
"""

import zlib
from collections.abc import Callable
from typing import Any, Final

import cramjam
from aiokafka.errors import CorruptRecordException
from aiokafka.record import default_records, legacy_records

LARGEST: Final = 32 * 1024 * 1024
"""Bytes that a batch may unpack to: thirty times what a topic takes at once, packed."""
_FIRST: Final = 64 * 1024
_RATIO: Final = 8
_XERIAL: Final = b"\x82SNAPPY\x00"
_XERIAL_HEAD: Final = 16
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


class UnpackedTooLarge(CorruptRecordException):
    """A batch of a few bytes unpacks to more than the hub takes."""

    def __init__(self) -> None:
        super().__init__(f"it unpacks to more than {LARGEST} bytes")


def bound() -> None:
    """Let the Kafka client of this process unpack no batch beyond the limit; doing it twice changes nothing."""
    decoders = {"gzip_decode": _gzip, "snappy_decode": _snappy, "lz4_decode": _lz4, "zstd_decode": _zstd}
    for module in (default_records, legacy_records, *_compiled()):
        for name, decoder in decoders.items():
            if hasattr(module, name):
                setattr(module, name, decoder)


def _compiled() -> list[Any]:
    """Return the client's modules in C, where it was built with them."""
    try:
        from aiokafka.record import _crecords
    except ImportError:
        return []
    return [_crecords.default_records, _crecords.legacy_records]


def _gzip(payload: Any) -> bytes:
    """Unpack one gzip member after the other, as the client did."""
    found, packed = bytearray(), bytes(payload)
    while packed:
        unpacker = zlib.decompressobj(_GZIP_WINDOW)
        try:
            found += unpacker.decompress(packed, LARGEST + 1 - len(found))
        except zlib.error as error:
            raise CorruptRecordException(f"it can't be unpacked: {error}") from error
        if len(found) > LARGEST:
            raise UnpackedTooLarge
        if not unpacker.eof:
            raise CorruptRecordException("it can't be unpacked: its end is missing")
        packed = unpacker.unused_data
    return bytes(found)


def _zstd(payload: Any) -> bytes:
    return _grown(cramjam.zstd.decompress_into, payload)


def _lz4(payload: Any) -> bytes:
    return _grown(cramjam.lz4.decompress_into, payload)


def _grown(into: Callable[[Any, Any], int], payload: Any) -> bytes:
    """Unpack into a buffer that is made larger until it fits; neither format has to say how large it is."""
    packed = bytes(payload)
    size = min(max(_FIRST, _RATIO * len(packed)), LARGEST)
    while True:
        buffer = bytearray(size)
        try:
            return bytes(memoryview(buffer)[: into(packed, buffer)])
        except cramjam.DecompressionError as error:
            if "whole buffer" not in str(error):
                raise CorruptRecordException(f"it can't be unpacked: {error}") from error
            if size >= LARGEST:
                raise UnpackedTooLarge from error
            size = min(size * _RATIO, LARGEST)


def _snappy(payload: Any) -> bytes:
    """Unpack a block, or the framed blocks that Java clients write; each says first how large it is."""
    packed = memoryview(bytes(payload))
    if bytes(packed[: len(_XERIAL)]) != _XERIAL:
        return _block(packed, LARGEST)
    found, position = bytearray(), _XERIAL_HEAD
    while position < len(packed):
        size = int.from_bytes(packed[position : position + 4], "big")
        found += _block(packed[position + 4 : position + 4 + size], LARGEST - len(found))
        position += 4 + size
    return bytes(found)


def _block(packed: memoryview, room: int) -> bytes:
    try:
        if cramjam.snappy.decompress_raw_len(packed) > room:
            raise UnpackedTooLarge
        return bytes(cramjam.snappy.decompress_raw(packed))
    except cramjam.DecompressionError as error:
        raise CorruptRecordException(f"it can't be unpacked: {error}") from error
