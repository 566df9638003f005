"""Members of a zip archive, whole or one clear sentence; nothing is ever written to disk.

Python 3.11 lists an archive but cannot read Zstandard members (compression method 93, which
Inspect writes), so members are read here: stored, deflated (APPNOTE 4.4.5) or Zstandard.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from warehouse.errors import InputError

LARGEST_MEMBER = 256 * 2**20
LARGEST_ARCHIVE = 8 * 2**30

_STORED, _DEFLATED, _ZSTD = 0, 8, 93
_LOCAL_HEADER = 30
# zipfile checks little of what it parses.
_BROKEN = (zipfile.BadZipFile, OSError, ValueError, OverflowError, struct.error, RuntimeError,
           NotImplementedError, IndexError)  # fmt: skip


class Archive:
    """An open zip archive; enter it with `with`."""

    def __init__(self, path: Path) -> None:
        """List the archive; raise InputError if it is none or claims too much."""
        self.name = path.name
        try:
            with zipfile.ZipFile(path) as listed:
                # Of members with one name the last counts, as in every reader of zip files.
                self._members = dict(listed.NameToInfo)
            self._file: BinaryIO = path.open("rb")
        except _BROKEN as error:
            raise InputError(f"{path.name}: not a whole zip archive ({_short(error)}).") from error
        self._codec = pa.Codec("zstd")
        total = sum(info.file_size for info in self._members.values())
        if total > LARGEST_ARCHIVE:
            self._file.close()
            raise InputError(f"{path.name}: claims {total:,} bytes, beyond {LARGEST_ARCHIVE:,}.")

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __contains__(self, member: str) -> bool:
        return member in self._members

    def names(self) -> Iterator[str]:
        """Yield the members' names in the archive's order."""
        yield from self._members

    def read(self, member: str) -> bytes:
        """Return a member's bytes, checked against its size and CRC-32.

        Raises:
            InputError: the member is damaged, encrypted, too large, or compressed otherwise.
        """
        info, where = self._members[member], f"{self.name}, member {member[:80]}"
        if info.flag_bits & 1:
            raise InputError(f"{where}: is encrypted.")
        if info.file_size > LARGEST_MEMBER:
            raise InputError(f"{where}: {info.file_size:,} bytes, beyond {LARGEST_MEMBER:,}.")
        try:
            data = self._expand(info.compress_type, self._packed(info), info.file_size)
        except NotImplementedError as error:
            raise InputError(f"{where}: {error}.") from error
        except (*_BROKEN, zlib.error, pa.ArrowException) as error:
            raise InputError(f"{where}: is damaged ({_short(error)}).") from error
        if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
            raise InputError(f"{where}: is damaged (its size or checksum is not the listed one).")
        return data

    def _packed(self, info: zipfile.ZipInfo) -> bytes:
        self._file.seek(info.header_offset)
        header = self._file.read(_LOCAL_HEADER)
        if len(header) < _LOCAL_HEADER or header[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile("no local header")
        name, extra = struct.unpack("<HH", header[26:30])
        self._file.seek(name + extra, 1)
        packed = self._file.read(min(info.compress_size, LARGEST_MEMBER))
        if len(packed) != info.compress_size:
            raise zipfile.BadZipFile("the file ends early")
        return packed

    def _expand(self, method: int, packed: bytes, size: int) -> bytes:
        if method == _STORED:
            return packed
        if method == _DEFLATED:
            # One byte more than promised is enough to see a false promise.
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)
        if method == _ZSTD:
            if size == 0:
                return b""
            return bytes(self._codec.decompress(packed, decompressed_size=size, asbytes=True))
        raise NotImplementedError(f"compression method {method} is not read here")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:80].rstrip(".") or type(error).__name__
