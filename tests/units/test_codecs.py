"""What compressed batches unpack to is what was packed, whatever the codec, and bounded."""

import gzip
from collections.abc import Callable

import cramjam
import pytest
from aiokafka import codec as client
from aiokafka.errors import CorruptRecordException
from aiokafka.record import default_records

from adapters.kafka import codecs

PACK: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "gzip": (client.gzip_encode, codecs._gzip),
    "gzip in members": (lambda told: gzip.compress(told[:7]) + gzip.compress(told[7:]), codecs._gzip),
    "snappy": (lambda told: bytes(cramjam.snappy.compress_raw(told)), codecs._snappy),
    "snappy in blocks": (client.snappy_encode, codecs._snappy),
    "lz4": (client.lz4_encode, codecs._lz4),
    "zstd": (client.zstd_encode, codecs._zstd),
}
both = pytest.mark.parametrize(("pack", "unpack"), PACK.values(), ids=PACK)


@both
@pytest.mark.parametrize("size", [1, 100, 70_000, 3_000_000, codecs.LARGEST])
def test_what_is_packed_is_unpacked(
    pack: Callable[[bytes], bytes], unpack: Callable[[bytes], bytes], size: int
) -> None:
    told = (bytes(range(256)) * (size // 256 + 1))[:size]

    assert unpack(pack(told)) == told


@both
def test_one_byte_more_than_the_limit_is_refused(
    pack: Callable[[bytes], bytes], unpack: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(codecs.UnpackedTooLarge):
        unpack(pack(bytes(codecs.LARGEST + 1)))


@both
@pytest.mark.parametrize("harm", [lambda packed: packed[:-3], lambda packed: b"?" * len(packed)], ids=["cut", "other"])
def test_what_is_damaged_is_said_to_be_so(
    pack: Callable[[bytes], bytes], unpack: Callable[[bytes], bytes], harm: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(CorruptRecordException):
        unpack(harm(pack(b"some text, some other text" * 40)))


def test_the_client_unpacks_with_them() -> None:
    codecs.bound()

    for module in (default_records, *codecs._compiled()):
        for name, decoder in (
            ("gzip_decode", codecs._gzip),
            ("snappy_decode", codecs._snappy),
            ("lz4_decode", codecs._lz4),
        ):
            assert vars(module)[name] is decoder
    assert vars(default_records)["zstd_decode"] is codecs._zstd
