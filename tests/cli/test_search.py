"""`prvipe search`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.index import PoseIndex
from prvipe.poses import Poses

Run = Callable[..., Any]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Twenty poses of two cameras."""
    rng = np.random.default_rng(0)
    keypoints = rng.normal(500, 100, (20, 13, 2)).astype(np.float32)
    camera, frame = np.divmod(np.arange(20), 10)
    fields = {
        "camera": [f"cam{number}" for number in camera],
        "frame": frame,
        "time": frame / 10,
        "person": np.zeros(20, np.int64),
        "speed": np.where(frame > 4, np.nan, 1.5),
    }
    Poses(keypoints, None, "coco13", fields).save(tmp_path / "clip.parquet")
    return tmp_path / "clip.parquet"


@pytest.fixture
def library(prvipe: Run, clip: Path, scored_model_file: Path, tmp_path: Path) -> Path:
    lib = tmp_path / "lib.pvi"
    assert prvipe("index", "build", lib, clip, "--model", scored_model_file).code == 0
    return lib


def test_matches_are_listed_with_where_they_are_from(
    prvipe: Run, library: Path, clip: Path
) -> None:
    done = prvipe("search", library, clip, "--camera", "cam1", "--frame", "3", "-k", "2")
    assert done.code == 0, done.err
    lines = [line.split() for line in done.out.splitlines() if line.strip()]
    assert lines[0] == [
        "probability", "source", "frame", "time", "person", "camera", "speed", "row",
    ]  # fmt: skip
    best = PoseIndex.load(library).search(Poses.load(clip)[13], 1)[0][0]
    assert lines[2] == [
        f"{best.probability:.3f}", str(clip), "3", "0.30", "s", "0", "cam1", "1.5", "13",
    ]  # fmt: skip
    assert len(lines) == 4


def test_json_has_all_columns_and_what_is_doubted(
    prvipe: Run, library: Path, clip: Path, tmp_path: Path
) -> None:
    few = Poses.load(clip)[7]
    scores = few.scores.copy()
    scores[:, 5:] = 0
    Poses(few.keypoints, scores, "coco13").save(tmp_path / "few.parquet")
    done = prvipe("search", library, tmp_path / "few.parquet", "-k", "20", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["query"] == str(tmp_path / "few.parquet")
    assert found["trusted"] is False
    assert found["doubts"][0] == "only 5 of 13 joints are visible: many poses look like this"
    assert found["visible_joints"] == 5
    assert len(found["matches"]) == 20
    by_row = {match["row"]: match for match in found["matches"]}
    assert by_row[17]["camera"] == "cam1"
    assert by_row[17]["speed"] is None
    assert by_row[3]["speed"] == 1.5
    probabilities = [match["probability"] for match in found["matches"]]
    assert probabilities == sorted(probabilities, reverse=True)


def test_doubts_stand_below_the_list(
    prvipe: Run, library: Path, clip: Path, tmp_path: Path
) -> None:
    few = Poses.load(clip)[7]
    scores = few.scores.copy()
    scores[:, 6:] = 0
    Poses(few.keypoints, scores, "coco13").save(tmp_path / "few.parquet")
    done = prvipe("search", library, tmp_path / "few.parquet")
    assert f"note: {tmp_path / 'few.parquet'}: only 6 of 13 joints are visible" in done.err


def test_conditions_rows_and_distances(prvipe: Run, library: Path, clip: Path) -> None:
    def rows(*arguments: object) -> list[int]:
        done = prvipe("search", library, *arguments, "--json")
        assert done.code == 0, done.err
        return [match["row"] for match in json.loads(done.out)["matches"]]

    query = (clip, "--camera", "cam1", "--frame", "3")
    found = rows(*query, "-k", "20", "--where", "camera!=cam1", "--where", "frame<4")
    assert sorted(found) == [0, 1, 2, 3]
    assert 13 not in rows("--row", "13", "-k", "20")
    assert len(rows("--row", "13", "-k", "20")) == 19
    apart = rows("--row", "13", "-k", "20", "--distinct", "0.35s")
    assert not set(apart) & {10, 11, 12, 14, 15, 16}
    assert rows(*query, "-k", "3", "--exact") == rows(*query, "-k", "3")
    assert rows(*query, "--where", "camera=cam7") == []
    done = prvipe("search", library, *query, "--where", "camera=cam7")
    assert "no pose of the index meets the conditions" in done.out
    nothing = json.loads(prvipe("search", library, *query, "--where", "camera=cam7", "--json").out)
    assert nothing["trusted"] is False
    assert nothing["doubts"] == ["no pose of the index meets the conditions"]


def test_hits_that_lack_joints_and_boxes_are_short(
    prvipe: Run, clip: Path, scored_model_file: Path, tmp_path: Path
) -> None:
    poses = Poses.load(clip)
    scores = poses.scores.copy()
    scores[3, 9:] = 0
    boxes = np.full((20, 2), 123.456789).tolist()
    file = tmp_path / "boxes.parquet"
    Poses(poses.keypoints, scores, "coco13", {"frame": np.arange(20), "bbox": boxes}).save(file)
    library = tmp_path / "boxes.pvi"
    assert prvipe("index", "build", library, file, "--model", scored_model_file).code == 0
    done = prvipe("search", library, "--row", "0", "-k", "19")
    assert done.code == 0, done.err
    (lacking,) = [line for line in done.out.splitlines() if "9 of 13" in line]
    assert "123.5, 123.5" in lacking
    assert "123.456" not in done.out
    assert done.out.count("13 of 13") == 18
    found = json.loads(prvipe("search", library, "--row", "0", "-k", "19", "--json").out)
    assert {each["row"]: each["visible_joints"] for each in found["matches"]}[3] == 9


def test_a_picture_shows_the_best_of_very_many(
    prvipe: Run, clip: Path, scored_model_file: Path, tmp_path: Path
) -> None:
    library = tmp_path / "many.pvi"
    poses = Poses.load(clip)
    Poses.concatenate([poses] * 4).save(tmp_path / "many.parquet")
    many = tmp_path / "many.parquet"
    assert prvipe("index", "build", library, many, "--model", scored_model_file).code == 0
    for name, said in (("all.png", True), ("all.html", False)):
        out = tmp_path / name
        done = prvipe("search", library, "--row", "0", "-k", "79", "--gallery", out)
        assert done.code == 0, done.err
        assert (f"{out}: shows the 60 best of 79 matches" in done.err) == said


@pytest.mark.parametrize("name", ["found é.html", "found é.png"])
def test_a_gallery_is_written(
    name: str, prvipe: Run, library: Path, clip: Path, tmp_path: Path
) -> None:
    file = tmp_path / name
    done = prvipe("search", library, "--row", "3", "-k", "4", "--gallery", file)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == f"{file}: written"
    content = file.read_bytes()
    assert content.startswith(b"<!doctype html>" if name.endswith("html") else b"\x89PNG")
    done = prvipe(
        "search", library, clip, "--frame", "3", "--camera", "cam0", "--gallery", file, "--json"
    )
    assert json.loads(done.out)["matches"][0]["row"] >= 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give a file to search for, or a row of the index with --row"),
        (["CLIP", "--row", "3"], "give a file to search for, or a row of the index"),
        (["--row", "20"], "row 20: the index has no such row"),
        (["--row", "1", "--frame", "3"], "--frame 3: chooses in a file; leave it out with --row"),
        (["--row", "1", "--camera", "cam0"], "--camera cam0: chooses in a file"),
        (["--row", "1", "--where", "cam=1"], "no column 'cam'; there are row, camera"),
        (["--row", "1", "--where", "frame=x"], "column frame holds int64"),
        (["--row", "1", "--distinct", "soon"], "expected seconds such as 2s (or 2"),
        (["--row", "1", "--gallery", "x.jpg"], "end the name in .html, .png"),
        (["--row", "1", "--gallery", "no/x.png"], "there is no folder no"),
        (["CLIP", "--camera", "cam0"], "choose one with --frame"),
        (["CLIP", "--camera", "cam0", "--frame", "99"], "--frame 99"),
        (["none.jpg"], "none.jpg: no such file"),
        (["--row", "1", "--model", "small"], "this is model small"),
    ],
)
def test_other_requests_are_refused(
    arguments: list[str], message: str, prvipe: Run, library: Path, clip: Path
) -> None:
    done = prvipe("search", library, *(clip if each == "CLIP" else each for each in arguments))
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_photograph_is_not_overwritten_by_the_gallery(
    prvipe: Run, library: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"a photograph")
    done = prvipe("search", library, photo, "--gallery", photo)
    assert (done.code, done.out) == (2, "")
    assert f"--gallery {photo}: would overwrite {photo}" in done.err
    assert photo.read_bytes() == b"a photograph"


def test_the_query_is_one_source_of_a_file(prvipe: Run, library: Path, tmp_path: Path) -> None:
    pose = Poses.load(tmp_path / "clip.parquet")[:1]
    both = Poses.concatenate(
        [pose.with_fields(camera=["cam0"], source=[name]) for name in ("v/a.mp4", "v/b.mp4")]
    )
    both.save(tmp_path / "both.parquet")
    query = ("search", library, tmp_path / "both.parquet")
    assert "choose one with --source" in prvipe(*query).err
    assert prvipe(*query, "--source", "b.mp4").code == 0
    wrong = prvipe("search", library, "--row", "0", "--source", "b.mp4")
    assert "--source b.mp4: chooses in a file; leave it out with --row" in wrong.err


def test_a_row_of_a_file_with_many_recordings_is_the_query(
    prvipe: Run, library: Path, clip: Path
) -> None:
    refused = prvipe("search", library, clip, "--frame", "3")
    assert refused.code == 2
    assert "choose one with --camera, or give a file of one" in refused.err
    assert "or choose one pose with --query-row (0 to 19)" in refused.err
    by_row = prvipe("search", library, clip, "--query-row", "13", "--json")
    by_frame = prvipe("search", library, clip, "--camera", "cam1", "--frame", "3", "--json")
    assert (by_row.code, by_frame.code) == (0, 0)
    assert json.loads(by_row.out)["query"] == f"{clip}, row 13"
    assert json.loads(by_row.out)["matches"] == json.loads(by_frame.out)["matches"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("{clip}", "--query-row", "20"), "--query-row 20: has the rows 0 to 19"),
        (
            ("{clip}", "--query-row", "3", "--frame", "3"),
            "--frame 3: leave it out with --query-row",
        ),
        (("--row", "3", "--query-row", "3"), "--query-row 3: chooses in a file"),
    ],
)
def test_a_row_of_the_query_that_cannot_be_is_refused(
    options: tuple[str, ...], words: str, prvipe: Run, library: Path, clip: Path
) -> None:
    done = prvipe("search", library, *(each.format(clip=clip) for each in options))
    assert done.code == 2
    assert words in done.err
