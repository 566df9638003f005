"""Zip archives that are damaged, lie or bite."""

from __future__ import annotations

import zipfile
from random import Random

import pytest

from benchmarks.log_files import DEFLATED, STORED, ZSTD, write_zip
from ingest.logs.inspect_ai import archive
from ingest.logs.inspect_ai.archive import Archive
from warehouse.errors import InputError


@pytest.fixture
def made(tmp_path):
    def _made(members, method=ZSTD, change=lambda data: data):
        path = tmp_path / "x.eval"
        write_zip(path, members, method)
        path.write_bytes(change(path.read_bytes()))
        return path

    return _made


def read_all(path):
    with Archive(path) as opened:
        return {name: opened.read(name) for name in opened.names()}


@pytest.mark.parametrize("method", [STORED, DEFLATED, ZSTD])
def test_members_are_read_back(made, method):
    members = [("a", b"one" * 500), ("empty", b""), ("ü/b.json", bytes(range(256)))]
    assert read_all(made(members, method)) == dict(members)


def test_pythons_own_archives_are_read(tmp_path):
    path = tmp_path / "x.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a", b"text" * 99)
        file.comment = b"a comment"
    assert read_all(path) == {"a": b"text" * 99}


def test_of_two_members_with_one_name_the_last_counts(made):
    assert read_all(made([("a", b"old"), ("a", b"new")])) == {"a": b"new"}


def test_a_member_beyond_the_limit_is_refused_before_it_is_expanded(made, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_MEMBER", 10**6)
    path = made([("bomb", bytes(10**7))])
    assert path.stat().st_size < 10_000
    with pytest.raises(InputError, match=r"member bomb: 10,000,000 bytes, beyond 1,000,000"):
        read_all(path)


def test_an_archive_that_claims_too_much_is_refused(made, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_ARCHIVE", 10**6)
    with pytest.raises(InputError, match=r"claims 2,000,000 bytes"):
        read_all(made([("a", bytes(10**6)), ("b", bytes(10**6))]))


@pytest.mark.parametrize("method", [STORED, DEFLATED, ZSTD])
def test_a_member_that_is_larger_than_it_claims_is_damaged(made, method):
    size = (100_000).to_bytes(4, "little")
    path = made([("a", b"x" * 100_000)], method, lambda d: d.replace(size, b"\x10\0\0\0"))
    with pytest.raises(InputError, match=r"damaged|ends early"):
        read_all(path)


@pytest.mark.parametrize("method", [STORED, DEFLATED, ZSTD])
def test_no_changed_byte_passes_unseen(made, method):
    members = [(f"samples/{i}.json", b'{"id": %d, "text": "the same words"}' % i) for i in range(3)]
    whole = made(members, method).read_bytes()
    rng, refused = Random(5), 0
    for _ in range(300):
        data = bytearray(whole)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path = made(members, method, lambda _, new=bytes(data): new)
        try:
            # Names, times and versions carry no checksum; contents do.
            assert set(read_all(path).values()) <= {data for _, data in members}
        except InputError:
            refused += 1
    assert refused > 100


def test_every_truncation_is_one_sentence(made):
    members = [("samples/1.json", b"{}" * 50), ("header.json", b"{}")]
    whole = made(members).read_bytes()
    for end in range(0, len(whole), 7):
        with pytest.raises(InputError, match=r"x\.eval: not a whole zip archive"):
            read_all(made(members, ZSTD, lambda d, end=end: d[:end]))


def test_unknown_compressions_and_encryption_are_named(made):
    with pytest.raises(InputError, match="compression method 14 is not read"):
        read_all(made([("a", b"text")], 14))
    flagged = made([("a", b"text")], STORED, lambda d: d.replace(b"\0\x08\0\0", b"\x01\x08\0\0"))
    with pytest.raises(InputError, match="encrypted"):
        read_all(flagged)


def test_no_name_leaves_the_archive(made, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    path = made([("../../evil", b"1"), ("/etc/evil", b"2"), ("a\\b", b"3")])
    assert sorted(read_all(path).values()) == [b"1", b"2", b"3"]
    assert sorted(tmp_path.rglob("*")) == [*before, path]
