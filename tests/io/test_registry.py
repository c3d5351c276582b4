from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from prvipe import Poses, load
from prvipe.errors import InputError
from prvipe.io import register_loader, registry
from prvipe.skeleton import Skeleton


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_LOADERS", dict(registry._LOADERS))
    return


def load_ones(path: Path, skeleton: Skeleton | None) -> Poses:
    return Poses(np.ones((2, 13, 2)), None, skeleton or "coco13")


def test_a_registered_format_is_read_and_gets_a_source(tmp_path: Path) -> None:
    register_loader("ones", suffixes=(".ones",), expects="", accepts=lambda path: True)(load_ones)
    (tmp_path / "A.ONES").write_text("1")
    poses = load(tmp_path / "A.ONES")
    assert poses.table["source"].to_pylist() == [str(tmp_path / "A.ONES")] * 2


def test_a_later_format_is_asked_first_and_may_decline(tmp_path: Path) -> None:
    def starts_with_one(path: Path) -> bool:
        return path.read_bytes()[:1] == b"1"

    register_loader("ones", suffixes=(".npy",), expects="", accepts=starts_with_one)(load_ones)
    path = tmp_path / "a.npy"
    path.write_text("1")
    assert load(path).keypoints.max() == 1
    np.save(path, np.full((1, 13, 2), 5.0))
    assert load(path, "coco13").keypoints.max() == 5


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    register = register_loader("arrays", suffixes=(".x",), expects="", accepts=lambda path: True)
    with pytest.raises(InputError, match="'arrays' is registered already"):
        register(load_ones)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.docx", b"PK", r"files ending in '\.docx' are not read, only \.3gp, \.amc, \.avi"),
        ("poses", b"x", "files ending in '' are not read"),
        ("a.npz", b"", "the file is empty"),
        ("a.npz", b"PK\3\4 and no more", "truncated, damaged or not"),
        ("a.npy", b"1,2,3", "truncated, damaged or not"),
        ("a.parquet", b"PAR1", "truncated, damaged or no Parquet file"),
    ],
)
def test_files_that_are_nothing_are_refused_by_name(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load(tmp_path / name, "coco13")
    assert str(caught.value).startswith(f"{tmp_path / name}: ")


def test_unknown_content_lists_what_is_known(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", positions_2d=np.zeros(3))
    with pytest.raises(InputError, match=r"arrays keypoints \(N, J, 2 or 3\).*; .*kp2d_det"):
        load(tmp_path / "a.npz")


def test_broken_json_is_said_to_be_that(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"image_id": 1, "keyp')
    with pytest.raises(InputError, match=r"a\.json: truncated or no JSON"):
        load(tmp_path / "a.json")


def test_missing_files_and_unknown_skeletons(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"b\.npz: no such file"):
        load(tmp_path / "b.npz")
    np.save(tmp_path / "a.npy", np.zeros((1, 13, 2)))
    with pytest.raises(InputError, match="unknown skeleton 'coco12'"):
        load(str(tmp_path / "a.npy"), "coco12")


@pytest.mark.parametrize("path", [None, 5, 2.5, ["a.npz"]])
def test_what_is_no_path_is_refused(path: object) -> None:
    with pytest.raises(InputError, match="expected the path of a file, got"):
        load(path)  # type: ignore[arg-type]
