"""Files under their own hash."""

import hashlib
from pathlib import Path

from incidents.evidence.shelf import Shelf


def test_a_file_lies_once_and_is_hashed_again(tmp_path: Path) -> None:
    shelf, data = Shelf(tmp_path / "shelf"), b"seen\n"
    sha256 = hashlib.sha256(data).hexdigest()
    for number, is_new in enumerate((True, False)):
        file = tmp_path / str(number)
        file.write_bytes(data)
        assert shelf.put(file, sha256) is is_new
        assert not file.exists()
    assert shelf.hash_again(sha256) == sha256
    place = shelf.path(sha256)
    assert place.stat().st_mode & 0o777 == 0o440
    place.chmod(0o600)
    place.write_bytes(b"Seen\n")
    assert shelf.hash_again(sha256) == hashlib.sha256(b"Seen\n").hexdigest()
    shelf.remove(sha256)
    shelf.remove(sha256)
    assert shelf.hash_again(sha256) is None
