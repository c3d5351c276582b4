"""Whatever happens to the files of an index: only errors of our own come out."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses


@pytest.fixture(scope="module")
def saved(
    embedder: Embedder, make_poses: Callable[..., Poses], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An index with inverted lists, a small segment, deletions, and some poses in space."""
    folder = tmp_path_factory.mktemp("damage") / "lib.pvi"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prvipe.index.segment.APPROXIMATE_FROM", 100)
        patch.setattr("prvipe.index.saving.APPROXIMATE_FROM", 100)
        index = PoseIndex.create(embedder)
        index.add(make_poses(150))
        index.save(folder)
        index.add(make_poses(20, 1), poses3d=np.arange(20 * 39).reshape(20, 13, 3))
        index.remove("frame=0")
        index.save()
    assert len(index._segments) == 2
    return folder


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_noticed_or_found_by_a_check(
    data: st.DataObject,
    saved: Path,
    embedder: Embedder,
    make_poses: Callable[..., Poses],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "copy.pvi"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(saved, folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    file = data.draw(st.sampled_from(files))
    good = file.read_bytes()
    bad = bytearray(good)
    # The first bytes say what a file is, and are where most readers stumble.
    place = data.draw(st.integers(0, min(127, len(good) - 1)) | st.integers(0, len(good) - 1))
    length = data.draw(st.integers(1, 8))
    bad[place : place + length] = data.draw(st.binary(min_size=length, max_size=length))
    if data.draw(st.booleans()):
        bad = bad[: data.draw(st.integers(0, len(bad)))]
    file.write_bytes(bad)
    noticed = ""
    try:
        index = PoseIndex.load(folder, embedder)
        index.search(make_poses(1, 2), 5, "camera!=cam01", distinct="1s")
        index.search_row(7)
        index.sources()
        index.poses3d([1, 153, 169])
        index.recordings(), index.facets(), index.sample(5)
    except InputError as error:
        noticed = str(error)
    if bad == good:
        assert noticed == ""
    else:
        assert noticed == "" or str(folder) in noticed or "index info --check" in noticed
        with pytest.raises(InputError, match=file.name.replace(".", r"\.")):
            PoseIndex.load(folder, embedder).check()


def test_undamaged_files_pass(saved: Path, embedder: Embedder) -> None:
    PoseIndex.load(saved, embedder).check()
    assert len(PoseIndex.load(saved, embedder)) == 153


def test_vectors_that_are_no_numbers_are_an_error(
    saved: Path, embedder: Embedder, make_poses: Callable[..., Poses], tmp_path: Path
) -> None:
    folder = tmp_path / "copy.pvi"
    shutil.copytree(saved, folder)
    for file in folder.rglob("vectors.npy"):
        vectors = np.load(file, mmap_mode="r+")
        vectors[:] = np.nan
        vectors.flush()
    with pytest.raises(InputError, match="prvipe index info --check"):
        PoseIndex.load(folder, embedder).search(make_poses(1, 2))
