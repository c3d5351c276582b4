"""Whether the frame of a pose is shown, and what is said where it is not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from prvipe.index import PoseIndex
from prvipe.poses import Poses
from prvipe.service.libraries import Libraries
from prvipe.service.limits import Limits
from prvipe.web.app import create_app
from prvipe.web.settings import Settings

MakePoses = Callable[..., Poses]
IMAGE = "/v1/libraries/moves/poses/0/image"
SETTINGS = Settings(limits=Limits(decode_workers=1))


@pytest.mark.parametrize("sized", [False, True])
def test_frames_are_shown_where_their_size_is_known(
    sized: bool, moving: MakePoses, tmp_path: Path
) -> None:
    Image.new("RGB", (800, 600)).save(tmp_path / "clip0.png")
    index = PoseIndex.create("small")
    poses = moving().with_fields(source=["clip0.png"] * len(moving()))
    if sized:
        poses = poses.with_fields(width=[800] * len(poses), height=[600] * len(poses))
    index.add(poses)
    index.save(tmp_path / "moves.pvi")
    with (
        Libraries.open([tmp_path / "moves.pvi"], [tmp_path]) as libraries,
        TestClient(create_app(libraries, SETTINGS), "http://localhost") as client,
    ):
        (library,) = client.get("/v1/libraries").json()["libraries"]
        (hit,) = client.get("/v1/libraries/moves/poses?rows=0").json()["poses"]
        answer = client.get(IMAGE)
    assert (library["has_images"], hit["image"]) == (sized, sized)
    assert answer.status_code == (200 if sized else 404)
    assert sized or "columns width and height, or with --image-size" in answer.json()["detail"]


def test_a_file_that_is_not_there(moving: MakePoses, tmp_path: Path) -> None:
    index = PoseIndex.create("small")
    size = {"width": [800] * len(moving()), "height": [600] * len(moving())}
    index.add(moving().with_fields(**size))
    index.save(tmp_path / "moves.pvi")
    with (
        Libraries.open([tmp_path / "moves.pvi"], [tmp_path]) as libraries,
        TestClient(create_app(libraries, SETTINGS), "http://localhost") as client,
    ):
        told = client.get(IMAGE)
    assert (told.status_code, "is not here" in told.json()["detail"]) == (404, True)
