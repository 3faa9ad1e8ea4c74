from __future__ import annotations

import hashlib

import pytest

from workbench.errors import NotFound, StoreError


def test_bytes_and_files_lie_under_their_digest(store, tmp_path):
    data = b"the same bytes"
    expected = hashlib.sha256(data).hexdigest()
    assert store.objects.put_bytes(data) == expected
    source = tmp_path / "file"
    source.write_bytes(data)
    assert store.objects.put_file(source) == expected
    assert source.exists()
    assert store.objects.put_file(source, move=True) == expected
    assert not source.exists()
    assert store.objects.read(expected) == data
    assert store.objects.path(expected).stat().st_mode & 0o777 == 0o400
    assert list((store.objects.folder / "tmp").iterdir()) == []


def test_a_changed_object_is_refused(store):
    digest = store.objects.put_bytes(b"x")
    path = store.objects.path(digest)
    path.chmod(0o600)
    path.write_bytes(b"y")
    for look in (store.objects.read, store.objects.verify):
        with pytest.raises(StoreError, match="not what was stored") as refusal:
            look(digest)
        assert refusal.value.code == "store.object_changed"


def test_a_missing_object_is_named(store):
    with pytest.raises(NotFound, match="missing"):
        store.objects.path("0" * 64)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_what_is_no_digest_is_refused(store, digest):
    with pytest.raises(StoreError, match="not the digest"):
        store.objects.path(digest)
