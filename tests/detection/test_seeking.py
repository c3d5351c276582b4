"""Frames found by seeking are those of reading from the start, to the pixel."""

import contextlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prvipe.detection import Frame, read_frames
from prvipe.detection.seeking import Moment, read_frames_at
from prvipe.errors import InputError

av = pytest.importorskip("av", reason="needs the extra detect")
WriteClip = Callable[..., Path]

LONG = 150


def write_film(
    path: Path,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    times: list[float] | None = None,
    container: dict[str, str] | None = None,
) -> Path:
    """Noise that moves, so that no two frames are alike: 150 frames, 25 a second or as given."""
    noise = np.random.default_rng(0).integers(0, 255, (80, 400, 3), np.uint8)
    with av.open(str(path), "w", options=container or {}) as film:
        stream = film.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = 96, 80, "yuv420p"
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(LONG):
            image = np.ascontiguousarray(noise[:, 2 * number : 2 * number + 96])
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.time_base = Fraction(1, 1000)
            frame.pts = round(1000 * times[number]) if times else 40 * number
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path


UNEVEN = list(np.cumsum(np.random.default_rng(1).choice([0.01, 0.033, 0.04, 0.2, 1.5], LONG)))
FILMS = {
    "B-frames.mp4": {"options": {"bf": "3", "g": "30"}},
    "one key frame.mp4": {"options": {"bf": "3", "g": "1000"}},
    "open GOPs.mkv": {"options": {"bf": "3", "g": "20", "x264-params": "open-gop=1:bframes=3"}},
    "no key frames.mkv": {"options": {"g": "20", "x264-params": "intra-refresh=1"}},
    "broadcast.ts": {"options": {"bf": "2", "g": "50"}},
    "variable rate.mp4": {"times": UNEVEN, "options": {"bf": "2", "g": "12"}},
    "late start.mkv": {"times": [90 + t for t in UNEVEN]},
    "fragments.mp4": {"container": {"movflags": "frag_keyframe+empty_moov"}},
    "old.avi": {"codec": "mpeg4", "options": {"bf": "2", "g": "12"}},
    "old.mpg": {"codec": "mpeg2video", "options": {"bf": "2", "g": "12"}},
    "web.webm": {"codec": "libvpx", "options": {"deadline": "realtime", "auto-alt-ref": "1"}},
    "web9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
}


@pytest.fixture(params=FILMS)
def film(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write_film(tmp_path / request.param, **FILMS[request.param])


def found_at(path: Path, moments: list[Moment]) -> dict[int, np.ndarray]:
    return dict(read_frames_at(path, moments))


def some(frames: list[Frame]) -> list[Frame]:
    """Frames in no order, the last and the first among them."""
    chosen = np.random.default_rng(2).permutation(len(frames))[:12]
    return [frames[number] for number in (*chosen, 0, len(frames) - 1)]


def assert_same(path: Path, wanted: list[Frame], moments: list[Moment]) -> None:
    found = found_at(path, moments)
    assert sorted(found) == list(range(len(wanted)))
    for place, frame in enumerate(wanted):
        np.testing.assert_array_equal(found[place], frame.image, err_msg=str(moments[place]))


def test_by_number_and_time(film: Path) -> None:
    wanted = some(list(read_frames(film)))
    assert_same(film, wanted, [Moment(frame.number, frame.time) for frame in wanted])


def test_by_time(film: Path) -> None:
    wanted = [frame for frame in some(list(read_frames(film))) if frame.time is not None]
    assert_same(film, wanted, [Moment(None, frame.time) for frame in wanted])


def test_by_number(film: Path) -> None:
    wanted = some(list(read_frames(film)))
    assert_same(film, wanted, [Moment(frame.number, None) for frame in wanted])


def test_one_at_a_time(film: Path) -> None:
    for frame in some(list(read_frames(film)))[:4]:
        assert_same(film, [frame], [Moment(frame.number, frame.time)])
        assert_same(film, [frame], [Moment(frame.number, None)])


def test_a_wrong_time_does_not_matter_where_the_number_is_known(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4")
    wanted = list(read_frames(film))[50:53]
    assert_same(film, wanted, [Moment(frame.number, frame.number / 24) for frame in wanted])


def test_what_there_is_not_is_left_out(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4")
    nowhere = [(None, 1.013), (None, -1), (None, 1e300), (None, 99), (150, None), (-1, None)]
    moments = [Moment(*each) for each in (*nowhere, (None, None), (150, 6.0), (None, 1.0401))]
    assert list(found_at(film, moments)) == [len(moments) - 1]


def test_an_edit_list_that_skips_the_start(tmp_path: Path) -> None:
    """As phones and editors write them: the first shown frame is no key frame."""
    whole = write_film(tmp_path / "whole.mp4", options={"bf": "2", "g": "30"})
    content = bytearray(whole.read_bytes())
    start = content.index(b"elst") + 4 + 4 + 4
    scale = 12_800  # ticks a second of the track, as FFmpeg chooses for 25 frames a second
    assert int.from_bytes(content[start : start + 4], "big") > 0
    content[start : start + 4] = (4_000).to_bytes(4, "big")
    media_time = int.from_bytes(content[start + 4 : start + 8], "big")
    content[start + 4 : start + 8] = (media_time + 2 * scale).to_bytes(4, "big")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(content)
    frames = list(read_frames(cut))
    assert len(frames) < LONG - 20
    wanted = some(frames)
    assert_same(cut, wanted, [Moment(frame.number, frame.time) for frame in wanted])
    assert_same(cut, wanted, [Moment(frame.number, None) for frame in wanted])


def test_damage_before_a_frame_does_not_matter(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mkv", options={"bf": "0", "g": "10"})
    content = bytearray(film.read_bytes())
    content[len(content) // 4 : len(content) // 4 + 400] = bytes(400)
    film.write_bytes(content)
    frames = []
    with contextlib.suppress(InputError):
        frames += read_frames(film)
    wanted = frames[-20:-15]
    assert_same(film, wanted, [Moment(frame.number, frame.time) for frame in wanted])


def test_frames_of_one_time_are_told_apart_by_number(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mkv", times=[max(0, n - 40) / 25 for n in range(LONG)])
    frames = list(read_frames(film))
    assert [frame.time for frame in frames[:40]] == [0] * 40
    wanted = frames[35:45]
    assert_same(film, wanted, [Moment(frame.number, None) for frame in wanted])


def test_a_late_frame_costs_what_an_early_one_does(tmp_path: Path) -> None:
    decoded = []

    def count(early: float) -> int:
        from prvipe.detection import seeking

        before = len(decoded)
        original = seeking.decoded_frames

        def counting(*args: object) -> object:
            for each in original(*args):
                decoded.append(each)
                yield each

        seeking.decoded_frames = counting
        try:
            assert len(found_at(film, [Moment(None, early)])) == 1
        finally:
            seeking.decoded_frames = original
        return len(decoded) - before

    film = write_film(tmp_path / "a.mp4", options={"g": "25", "bf": "2"})
    assert count(5.8) <= 26
    assert count(0.8) <= 26


@pytest.mark.parametrize("name", ["cam01.mp4", "cam02.mp4", "cam03.mp4", "cam04.mp4"])
def test_real_videos(name: str, shared_data: Path) -> None:
    film = shared_data / "pose2sim_demo" / "videos" / name
    wanted = [frame for frame in read_frames(film, every=9) if frame.number % 2 == 0]
    assert_same(film, wanted, [Moment(frame.number, frame.time) for frame in wanted])
    assert_same(film, wanted, [Moment(frame.number, None) for frame in wanted])


def test_refusals(write_clip: WriteClip, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing.mp4: no such file"):
        list(read_frames_at(tmp_path / "nothing.mp4", [Moment(0, 0.0)]))
    with pytest.raises(InputError, match="120 x 80 pixels, more than 100"):
        list(read_frames_at(write_clip(), [Moment(0, 0.0)], most_pixels=100))
