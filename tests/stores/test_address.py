"""What names a library in Milvus."""

from pathlib import Path

import pytest

from prvipe.errors import InputError
from prvipe.stores import is_address
from prvipe.stores.milvus.address import MilvusAddress


@pytest.mark.parametrize(
    ("text", "uri", "collection"),
    [
        ("milvus://host", "http://host:19530", "poses"),
        ("milvus://host:1234/moves", "http://host:1234", "moves"),
        ("milvus+tls://cloud.example.com:443/m_1/", "https://cloud.example.com:443", "m_1"),
        ("milvus://[::1]:19530/m", "http://[::1]:19530", "m"),
        ("moves.db", "moves.db", "poses"),
        ("some/folder/moves.db/clips", "some/folder/moves.db", "clips"),
    ],
)
def test_addresses_are_taken_apart(text: str, uri: str, collection: str) -> None:
    address = MilvusAddress.parse(text)
    assert (address.uri, address.collection) == (uri, collection)
    assert (address.path is None) == text.startswith("milvus")
    assert is_address(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("milvus://", "names no host"),
        ("milvus://host:port/x", "is no address of Milvus"),
        ("milvus://host/a-b", "letters, digits and _"),
        ("milvus://host/a/b", "letters, digits and _"),
        ("http://host/x", "http is no scheme of Milvus"),
        ("moves.db/1st", "letters, digits and _"),
        ("moves.pvi", "no name ending in .db"),
    ],
)
def test_others_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        MilvusAddress.parse(text)


def test_a_secret_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="PRVIPE_MILVUS_TOKEN") as refused:
        MilvusAddress.parse("milvus://root:secret@host/x")
    assert "secret" not in str(refused.value)


def test_the_folder_of_an_index_is_none_whatever_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "lib.db"
    folder.mkdir()
    (folder / "manifest.json").touch()
    assert not is_address(folder)
    assert not is_address("lib.pvi")
    assert not is_address("http://localhost:8765/moves")
