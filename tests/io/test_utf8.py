from pathlib import Path

import pytest

from prvipe.errors import InputError
from prvipe.io.utf8 import read_pieces, read_utf8


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pieces_are_the_text_without_a_byte_order_mark(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffé€😀 ok".encode())
    assert "".join(read_pieces(path, size)) == "é€😀 ok"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_other_encodings_are_named(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes('[{"é": 1}]'.encode(encoding))
    with pytest.raises(InputError, match=f"is text in {encoding[:6].upper()}; save it as UTF-8"):
        read_utf8(path)


@pytest.mark.parametrize("content", ["caf\u00e9 au lait".encode("latin-1"), b"ok \xc3"])
def test_what_is_no_utf8_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"is no text in UTF-8 \(.*, byte 0x[ec].\)"):
        read_utf8(path)
