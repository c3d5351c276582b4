"""Libraries and embedded datasets given to commands that read recordings or serve folders."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.cli.refusals import require_library_in_folder, require_recordings
from prvipe.errors import InputError
from prvipe.poses import Poses

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("clips") / "clip.parquet"
    keypoints = np.random.default_rng(0).normal(500, 100, (3, 13, 2)).astype(np.float32)
    Poses(keypoints, None, "coco13", {"frame": [0, 1, 2]}).save(file)
    return file


@pytest.fixture
def dataset(prvipe: Run, clip: Path, scored_model_file: Path, tmp_path: Path) -> Path:
    out = tmp_path / "embedded"
    assert prvipe("embed", clip, "--out", out, "--model", scored_model_file).code == 0
    return out


def test_an_embedded_dataset_is_no_query(prvipe: Run, clip: Path, dataset: Path) -> None:
    library = dataset.with_name("lib.pvi")
    assert prvipe("index", "build", library, dataset).code == 0
    for given, what in ((dataset, "an embedded dataset"), (library, "a library of poses")):
        done = prvipe("search", library, given)
        assert done.code == 2
        said = " ".join(done.err.split())
        assert f"{given}: is {what}" in said
        assert "keypoint files, images or videos" in said
    require_library_in_folder(library)
    with pytest.raises(InputError, match=r"is an embedded dataset.*prvipe index build makes one"):
        require_library_in_folder(dataset)


@pytest.mark.parametrize(
    "command",
    [
        ["align", "{}", "clip"],
        ["align", "clip", "{}"],
        ["find", "clip", "{}"],
        ["find", "{}", "clip"],
        ["classify", "clip", "--labelled", "{}"],
        ["compare", "clip", "{}", "--row-a", "0"],
        ["count", "{}"],
        ["cluster", "{}"],
        ["serve", "{}"],
    ],
)
@pytest.mark.parametrize("library", ["milvus://127.0.0.1:9/poses", "moves.db"])
def test_a_library_in_milvus_is_told_as_such(
    prvipe: Run, clip: Path, command: list[str], library: str
) -> None:
    if command[0] == "serve":
        pytest.importorskip("fastapi", reason="the extra serve is not installed")
        pytest.importorskip("prometheus_client", reason="the extra serve is not installed")
    done = prvipe(
        *(library if each == "{}" else clip if each == "clip" else each for each in command)
    )
    assert done.code == 2
    assert f"{library}: is a library in Milvus" in " ".join(done.err.split())


def test_anything_else_is_read(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    for path in (clip, tmp_path, tmp_path / "nothing.csv", Path("camera.mp4")):
        require_recordings(path)
        require_library_in_folder(path)
