"""What is read of uploads of every kind, by the real workers."""

import io
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from keypoint_samples import NAMES, Sample, write_samples
from PIL import Image

from prvipe import Poses, load
from prvipe.errors import InputError
from prvipe.poses.validity import finite_joints
from prvipe.service.decoding.messages import Message
from prvipe.service.decoding.read_upload import ReadUpload, largest
from prvipe.service.limits import Limits
from prvipe.service.workers import DecodingWorkers

Run = Callable[[Awaitable[Any]], Any]
Read = Callable[..., ReadUpload]

LIMITS = Limits(decode_workers=1, decode_seconds=30.0, upload_frames=40, upload_poses=500)


@pytest.fixture(scope="module")
def workers(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DecodingWorkers]:
    made = DecodingWorkers(LIMITS, tmp_path_factory.mktemp("temporary"))
    run(made.start())
    yield made
    run(made.stop())


@pytest.fixture(scope="module")
def read(run: Run, workers: DecodingWorkers) -> Read:
    """`read(path, name)` -> what is read of a file that is uploaded under a name."""

    def read_file(path: Path, name: str | None = None, skeleton: str | None = None) -> ReadUpload:
        with path.open("rb") as file:
            found: ReadUpload = run(
                workers.read_upload(file, path.name if name is None else name, skeleton)
            )
            assert not file.closed
        return found

    return read_file


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return write_samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mediapipe", reason="needs the extra detect")
    data = pytest.importorskip("skimage.data", reason="its photograph of a person is needed")
    path = tmp_path_factory.mktemp("photo") / "astronaut.png"
    Image.fromarray(data.astronaut()).save(path)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_keypoint_files_of_every_format(samples: dict[str, Sample], read: Read, name: str) -> None:
    sample = samples[name]
    options = dict(sample.options)
    if sample.path.is_dir():
        pytest.skip("a folder is no upload")
    if sample.path.suffix in (".h5", ".amc") or "image_size" in options:
        with pytest.raises(InputError, match=rf"^{sample.path.name}: .*(may name|\.asf|image)"):
            read(sample.path)
        return
    moving = options.pop("camera", None)
    found = read(sample.path, skeleton=options.get("skeleton"))
    if moving:
        options["camera"] = (45, 8, 5)
        assert "seen from 45 degrees" in found.notes[0]
    expected = load(sample.path, **options)[:500]
    assert (found.kind, found.poses.skeleton) == ("keypoints", expected.skeleton)
    np.testing.assert_array_equal(found.poses.keypoints, expected.keypoints)
    np.testing.assert_array_equal(found.poses.scores, expected.scores)
    for field in expected.table.schema:
        if not pa.types.is_nested(field.type):
            stated = [None if x != x else x for x in expected.table[field.name].to_pylist()]
            shown = found.poses.table[field.name].to_pylist()
            assert shown == stated or field.name == "source"
    assert found.suggested == largest(expected)


def test_an_image(read: Read, photo: Path) -> None:
    found = read(photo, "C:\\pictures\\..\\me.PNG")
    assert (found.kind, len(found.poses), found.suggested) == ("image", 1, 0)
    assert found.poses.skeleton.name == "mediapipe33"
    (row,) = found.poses.table.to_pylist()
    place = {"frame": 0, "time": None, "person": 0, "width": 512, "height": 512}
    assert row == {**place, "source": "me.PNG"}
    nose = found.poses.to("coco13").keypoints[0, 0]
    assert np.hypot(*(nose - [222, 114])) < 20


def test_an_image_is_turned_as_it_says(read: Read, photo: Path, tmp_path: Path) -> None:
    upright = Image.open(photo).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    upright.rotate(90, expand=True).save(tmp_path / "a.jpg", exif=exif, quality=95)
    nose = read(tmp_path / "a.jpg").poses.to("coco13").keypoints[0, 0]
    assert np.hypot(*(nose - [222, 114])) < 20


def test_a_video(read: Read, shared_data: Path) -> None:
    found = read(shared_data / "pose2sim_demo" / "videos" / "cam01.mp4")
    assert found.kind == "video"
    assert 5 < len(found.poses) <= 26  # fewer on a slow computer
    assert re.fullmatch(r"\d+ frames were looked at, about \d[.\d]* a second", *found.notes)
    times = np.array(found.poses.table["time"])
    assert (np.diff(times) > 0.05).all()
    assert times[-1] > 1.2
    assert finite_joints(found.poses.keypoints[found.suggested]).mean() > 0.5


def test_people_in_a_video_that_stops_early_are_kept(
    read: Read, shared_data: Path, tmp_path: Path
) -> None:
    import av

    with (
        av.open(str(shared_data / "pose2sim_demo" / "videos" / "cam01.mp4")) as whole,
        av.open(str(tmp_path / "cut.mkv"), "w") as cut,
    ):
        out = cut.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.dts is not None:
                packet.stream = out
                cut.mux(packet)
    content = (tmp_path / "cut.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(content[: len(content) * 4 // 10])
    found = read(tmp_path / "cut.mkv")
    assert len(found.poses) > 5
    assert "copy or convert it again" in found.notes[-1]
    assert not any("/" in note for note in found.notes)


def test_the_first_poses_of_a_large_file(read: Read, tmp_path: Path) -> None:
    keypoints = np.random.default_rng(0).normal(100, 20, (900, 17, 2)).astype(np.float32)
    np.savez(tmp_path / "a.npz", keypoints=keypoints)
    found = read(tmp_path / "a.npz", skeleton="coco17")
    np.testing.assert_array_equal(found.poses.keypoints, keypoints[:500])
    assert found.notes == ("the first 500 of 900 poses were read",)


def test_fields_that_are_too_large_are_left_out(read: Read, tmp_path: Path) -> None:
    keypoints = np.random.default_rng(0).normal(100, 20, (500, 13, 2)).astype(np.float32)
    fields = {f"note {n}": [f"{n}" * 1_000] * 500 for n in range(90)} | {"camera": ["left"] * 500}
    Poses(keypoints, None, "coco13", fields).save(tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet")
    assert "fields left out, as they are too large: " in found.notes[0]
    assert 0 < len(found.poses.table.column_names) <= 64
    assert len(found.poses.table["note 0"][0].as_py()) == 300


def test_the_largest_person_is_suggested() -> None:
    person = np.random.default_rng(0).uniform(0, 100, (13, 2))
    keypoints = np.stack([person, person * 3, person * 4, np.full((13, 2), np.nan)])
    keypoints[2, 4:] = np.nan  # larger, but hardly seen
    assert largest(Poses(keypoints, None, "coco13")) == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a", b"x", "a: has no ending that says what it is"),
        ("", b"x", "upload: has no ending"),
        ("..", b"x", "upload: has no ending|no ending"),
        ("a.json/../../b", b"x", "b: has no ending"),
        ("a.j\x00son", b"x", "files ending in '.json' are not|no known content|is no JSON|JSON"),
        ("a.ünd", b"x", "has no ending"),
        ("a." + "x" * 50, b"x", "has no ending"),
        ("a.exe", b"x", r"a.exe: files ending in '.exe' are not read"),
        ("a.svg", b"<svg/>", r"a.svg: .svg is a drawing; save it as PNG"),
        ("a.h5", b"x", r"a.h5: .h5 is not read here, .*; save the keypoints as .npz"),
        ("a.hdf5", b"x", r"a.hdf5: .hdf5 is not read here"),
        ("a.amc", b"x", r"a.amc: .amc needs its .asf, which .*; save the motion as .bvh"),
        ("a.pvi", b"x", r"are not read, only (?!.*(\.amc|\.h5)).*\.bvh"),
        ("a.png", b"", "a.png: the file is empty"),
        ("a.png", b"<svg/>", "a.png: is no image"),
        ("a.mp4", b"x" * 100, "a.mp4: cannot be read as a video"),
        ("a.json", b"{", "a.json: "),
        ("a.npz", b"PK\x03\x04", "a.npz: "),
        ("a.bvh", b"HIERARCHY\nROOT", "a.bvh: "),
        ("a.c3d", b"\x02\x50" + bytes(510), "a.c3d: "),
    ],
)
def test_what_is_refused(
    read: Read, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / "content").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path / "content", name)
    assert str(tmp_path) not in str(caught.value)
    assert "/proc" not in str(caught.value)
    assert "prvipe-serve" not in str(caught.value)


def test_nobody_in_an_image(read: Read, tmp_path: Path) -> None:
    pytest.importorskip("mediapipe", reason="needs the extra detect")
    Image.fromarray(np.full((60, 80, 3), 99, np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"^a.png: nobody was found in it$"):
        read(tmp_path / "a.png")


def test_an_anonymous_file_is_read(run: Run, workers: DecodingWorkers) -> None:
    import tempfile

    with tempfile.TemporaryFile() as file:
        buffer = io.BytesIO()
        np.savez(buffer, keypoints=np.random.default_rng(0).normal(9, 3, (2, 13, 2)))
        file.write(buffer.getvalue())  # not flushed: workers see what the system has
        assert len(run(workers.read_upload(file, "a.npz", "coco13")).poses) == 2


GOOD = {
    "kind": "image",
    "skeleton": "coco13",
    "poses": 2,
    "fields": {"frame": [0, 1]},
    "suggested": 1,
    "notes": ["a note"],
}
BODY = np.zeros(2 * 13 * 3, "<f4").tobytes()


def test_an_answer_is_checked() -> None:
    assert len(ReadUpload.from_message(Message(GOOD, BODY)).poses) == 2
    infinite = np.full(2 * 13 * 3, np.inf, "<f4").tobytes()
    wrong: list[tuple[dict[str, Any], bytes]] = [
        *(({name: value for name, value in GOOD.items() if name != each}, BODY) for each in GOOD),
        *(({**GOOD, "suggested": n}, BODY) for n in (-1, 2, 0.5, True, None, "0")),
        *(({**GOOD, "poses": n}, BODY) for n in (1, 3, -2, 2.0, 10**30, None)),
        *(({**GOOD, "skeleton": n}, BODY) for n in ("coco17", "nothing", None, [])),
        *(({**GOOD, "kind": n}, BODY) for n in ("text", None, ["image"])),
        *(({**GOOD, "fields": n}, BODY) for n in ({"a": [1]}, {"a": 1}, [], None)),
        ({**GOOD, "fields": {"a": [1, "x"]}}, BODY),
        ({**GOOD, "notes": None}, BODY),
        *((GOOD, content) for content in (BODY[:-4], BODY[:-1], BODY + BODY, b"", infinite)),
        (GOOD, np.full(2 * 13 * 3, np.nan, "<f4").tobytes()),
    ]
    for note, body in wrong:
        with pytest.raises(ValueError, match="an upload"):
            ReadUpload.from_message(Message(note, body))
