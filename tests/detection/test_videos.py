import io
import re
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prvipe.detection import read_frames
from prvipe.detection.videos import frame_rate
from prvipe.errors import InputError

pytest.importorskip("av", reason="needs the extra detect")
WriteClip = Callable[..., Path]


def center_of(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(image.min(axis=2) > 150)
    return float(columns.mean() + 0.5), float(rows.mean() + 0.5)


def test_frames_come_in_order_with_their_times(write_clip: WriteClip) -> None:
    frames = list(read_frames(write_clip("ein Film: ü.mp4")))
    assert [frame.number for frame in frames] == list(range(20))
    np.testing.assert_allclose([f.time for f in frames], np.arange(20) / 10, atol=1e-3)
    for frame in frames:
        assert (frame.image.shape, frame.image.dtype) == ((80, 120, 3), np.uint8)
        np.testing.assert_allclose(center_of(frame.image), (20 + 2 * frame.number, 40), atol=1)
    assert frames[0].share < 0.1 < 0.9 < frames[-1].share <= 1


def test_uneven_times_are_those_of_the_file(write_clip: WriteClip) -> None:
    times = [0.0, 0.1, 0.5, 0.55, 2.0]
    read = [f.time for f in read_frames(write_clip(count=5, times=times))]
    np.testing.assert_allclose(read, times, atol=1e-3)


def test_time_starts_with_the_first_frame(write_clip: WriteClip) -> None:
    times = [float(7 + number / 10) for number in range(5)]
    read = [f.time for f in read_frames(write_clip("late.mkv", count=5, times=times))]
    np.testing.assert_allclose(read, np.arange(5) / 10, atol=2e-3)


@pytest.mark.parametrize("name", ["a.mkv", "a.mov", "a.avi", "a.ts", "a.MP4"])
def test_other_containers(write_clip: WriteClip, name: str) -> None:
    if name == "a.ts":  # reorders nothing, but starts at 1.4 s
        frames = list(read_frames(write_clip(name)))
        assert frames[0].time == 0
    assert len(list(read_frames(write_clip(name)))) == 20


def test_odd_sizes(write_clip: WriteClip) -> None:
    (frame, *_) = read_frames(write_clip(size=(121, 81)))
    assert frame.image.shape == (81, 121, 3)


@pytest.mark.parametrize(
    ("every", "fps", "taken"),
    [
        (1, None, list(range(20))),
        (7, None, [0, 7, 14]),
        (1, 2.0, [0, 5, 10, 15]),
        (1, 1000.0, list(range(20))),
        (1, 3.0, [0, 4, 7, 10, 14, 17]),
    ],
)
def test_frames_are_chosen_by_number_or_time(
    write_clip: WriteClip, every: int, fps: float | None, taken: list[int]
) -> None:
    clip = write_clip()
    assert [f.number for f in read_frames(clip, every=every, fps=fps)] == taken
    skipped = read_frames(clip, every=every, fps=fps, skip=2)
    assert [f.number for f in skipped] == taken[2:]


@pytest.mark.parametrize(
    ("every", "fps"), [(0, None), (1, 0.0), (1, float("nan")), (1, -3.0), (2, 5.0)]
)
def test_choices_that_make_no_sense(write_clip: WriteClip, every: int, fps: float | None) -> None:
    with pytest.raises(InputError, match="frames"):
        next(read_frames(write_clip(), every=every, fps=fps))


def rotate_in_header(file: Path, matrix: list[int]) -> None:
    """Write the 2 x 2 part of the display matrix into the track header of an MP4."""
    content = bytearray(file.read_bytes())
    start = content.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    a, b, c, d = (value * 0x10000 for value in matrix)
    content[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("matrix", "turned"),
    [
        ([1, 0, 0, 1], lambda x, y, w, h: (x, y, w, h)),
        ([0, 1, -1, 0], lambda x, y, w, h: (h - y, x, h, w)),  # clockwise, as phones held upright
        ([-1, 0, 0, -1], lambda x, y, w, h: (w - x, h - y, w, h)),
        ([0, -1, 1, 0], lambda x, y, w, h: (y, w - x, h, w)),
    ],
)
def test_rotation_is_honoured(
    write_clip: WriteClip, matrix: list[int], turned: Callable[..., tuple[int, ...]]
) -> None:
    clip = write_clip(count=3, size=(120, 90))
    rotate_in_header(clip, matrix)
    x, y, width, height = turned(20, 40, 120, 90)
    (first, *_) = read_frames(clip)
    assert first.image.shape == (height, width, 3)
    np.testing.assert_allclose(center_of(first.image), (x, y), atol=1)


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 80, 80, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(3, 2)
        frame = av.VideoFrame.from_ndarray(np.zeros((80, 80, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert next(read_frames(tmp_path / "a.mkv")).image.shape == (80, 120, 3)


def test_animated_gifs_are_videos(tmp_path: Path) -> None:
    from PIL import Image

    images = [Image.new("RGB", (30, 20), (80 * n, 0, 0)) for n in range(3)]
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=200)
    frames = list(read_frames(tmp_path / "a.gif"))
    np.testing.assert_allclose([f.time for f in frames], [0, 0.2, 0.4], atol=1e-3)


def test_frame_rate(write_clip: WriteClip, tmp_path: Path) -> None:
    assert frame_rate(write_clip(fps=25)) == pytest.approx(25, rel=0.01)
    (tmp_path / "b.mp4").write_bytes(b"x")
    with pytest.raises(InputError, match="cannot be read as a video"):
        frame_rate(tmp_path / "b.mp4")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"no video", "cannot be read as a video"),
        (b"\0\0\0\x18ftypmp42" + bytes(400), "cannot be read as a video|holds no frame|no video"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://localhost:9/a.ts\n", "cannot be read as a video"),
    ],
)
def test_what_is_no_video(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        list(read_frames(tmp_path / "a.mp4"))
    assert str(caught.value).startswith(f"{tmp_path / 'a.mp4'}: ")


def test_playlists_that_name_files_are_no_videos(write_clip: WriteClip, tmp_path: Path) -> None:
    clip = write_clip("secret.ts")
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{clip.name}\n#EXT-X-ENDLIST\n"
    for content in (hls, f"ffconcat version 1.0\nfile {clip.name}\n"):
        (tmp_path / "a.mp4").write_text(content)
        with pytest.raises(InputError, match="cannot be read as a video"):
            list(read_frames(tmp_path / "a.mp4"))


def test_too_large_frames_are_refused(write_clip: WriteClip, tmp_path: Path) -> None:
    import av

    clip = write_clip()
    assert len(list(read_frames(clip, most_pixels=120 * 80))) == 20
    with pytest.raises(InputError, match=r"have 120 x 80 pixels, more than 9,599; make them sma"):
        list(read_frames(clip, most_pixels=120 * 80 - 1))
    # Pixels that are not square may make an innocent frame enormous.
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 400, 400, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(20, 1)
        frame = av.VideoFrame.from_ndarray(np.zeros((400, 400, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(InputError, match="8,000 x 400 pixels, more than 1,000,000"):
        list(read_frames(tmp_path / "a.mkv", most_pixels=1_000_000))


def test_frames_that_grow_on_the_way_are_refused(tmp_path: Path) -> None:
    small, large = (transport_stream(size) for size in (64, 640))
    (tmp_path / "a.ts").write_bytes(small + large)
    with pytest.raises(InputError, match="damaged after frame"):
        list(read_frames(tmp_path / "a.ts", most_pixels=100 * 100))


def transport_stream(size: int) -> bytes:
    """5 frames as they are broadcast."""
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = size, size, "yuv420p"
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((size, size, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()


def test_only_sound(write_sound: Callable[[str], Path]) -> None:
    with pytest.raises(InputError, match="has only sound in it"):
        list(read_frames(write_sound("a.mp4")))


def test_a_video_without_frames(tmp_path: Path) -> None:
    import av

    for name in ("a.mp4", "a.mkv"):
        with av.open(str(tmp_path / name), "w") as container:
            stream = container.add_stream("libx264", rate=10)
            stream.width, stream.height, stream.pix_fmt = 80, 80, "yuv420p"
            container.start_encoding()
        with pytest.raises(
            InputError, match=rf"{name}: (holds no frames|has no video|cannot be read)"
        ):
            list(read_frames(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "options"), [("a.mp4", {"movflags": "faststart"}), ("a.mkv", {}), ("a.ts", {})]
)
def test_a_truncated_video_gives_what_it_has_and_complains(
    write_clip: WriteClip, name: str, options: dict[str, str]
) -> None:
    clip = write_clip(name, count=60, options=options)
    content = clip.read_bytes()
    start = max(content.find(b"mdat"), 0)
    clip.write_bytes(content[: start + (len(content) - start) * 6 // 10])
    numbers, complaint = read_to_the_end(clip)
    assert numbers == list(range(len(numbers)))
    assert 5 < len(numbers) < 60
    if name == "a.ts":  # says nowhere how long it is: that it was cut cannot be told
        assert complaint == ""
    else:
        assert re.search(rf"{name}: (damaged|truncated).* {len(numbers)} frames can be", complaint)


def read_to_the_end(clip: Path) -> tuple[list[int], str]:
    """Return the numbers of the readable frames, and what is complained of after them."""
    numbers = []
    try:
        for frame in read_frames(clip):
            numbers.append(frame.number)
    except InputError as error:
        return numbers, str(error)
    return numbers, ""


def test_a_truncated_plain_mp4_cannot_be_read(write_clip: WriteClip) -> None:
    clip = write_clip()
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with pytest.raises(InputError, match="perhaps it is truncated"):
        next(read_frames(clip))


def test_damage_in_the_middle_is_stepped_over(write_clip: WriteClip) -> None:
    clip = write_clip(count=60, options={"movflags": "faststart"})
    content = bytearray(clip.read_bytes())
    middle = content.index(b"mdat") + (len(content) - content.index(b"mdat")) // 2
    content[middle : middle + 40] = bytes(40)
    clip.write_bytes(content)
    numbers, complaint = read_to_the_end(clip)
    assert len(numbers) > 40
    assert complaint == "" or "damaged after frame" in complaint
