"""A library that was replaced takes no memory, though the server's collector is frozen."""

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest

from prvipe.index import PoseIndex
from prvipe.poses import Poses
from prvipe.service.libraries import Libraries


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_nothing_of_a_replaced_library_is_kept(
    libraries: Libraries, make_poses: Callable[..., Poses]
) -> None:
    before = libraries.get()
    before.index.search(make_poses(1), 3)
    before.index.facets()
    poses = weakref.ref(before.opened)
    index = PoseIndex.load(before.path)
    index.add(make_poses(10, seed=1))
    index.save()
    libraries.reload(before.name)
    del before
    assert poses() is None
