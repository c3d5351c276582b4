"""Uploads that are made to hurt: small ones that unpack to gigabytes, and endless ones.

Each ends in a refusal or in what could be read in time; the server's memory stays as it was, and
the next upload is read.
"""

import re
import resource
import struct
import time
import zipfile
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from prvipe.errors import PrvipeError
from prvipe.service.decoding.read_upload import ReadUpload
from prvipe.service.errors import TooSlowError, WorkerDiedError
from prvipe.service.limits import Limits
from prvipe.service.workers import DecodingWorkers

av = pytest.importorskip("av", reason="needs the extra detect")
pytest.importorskip("mediapipe", reason="needs the extra detect")

Run = Callable[[Awaitable[Any]], Any]

SECONDS = 10.0
ENOUGH_SECONDS = 60.0
"""For what is read to its end, or refused for what it is, also on a busy machine."""
LIMITS = Limits(decode_workers=1, upload_frames=60, decode_memory_bytes=3 * 2**29)
FEW_KIB = 60_000


@pytest.fixture(scope="module")
def workers(
    run: Run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[float], DecodingWorkers]]:
    """`workers(seconds)`: those that may take so long."""
    made: dict[float, DecodingWorkers] = {}

    def of(seconds: float) -> DecodingWorkers:
        if seconds not in made:
            limits = replace(LIMITS, decode_seconds=seconds)
            made[seconds] = DecodingWorkers(limits, tmp_path_factory.mktemp("temporary"))
            run(made[seconds].start())
        return made[seconds]

    yield of
    for each in made.values():
        run(each.stop())


@pytest.fixture
def outcome(
    run: Run, workers: Callable[[float], DecodingWorkers], tmp_path: Path
) -> Callable[..., Any]:
    """`outcome(path, seconds)` -> what was read, or why not.

    It took no longer and no more than allowed.
    """

    def read(path: Path, seconds: float) -> ReadUpload:
        with path.open("rb") as file:
            found: ReadUpload = run(workers(seconds).read_upload(file, path.name, "coco13"))
        return found

    def upload(path: Path, seconds: float = SECONDS) -> ReadUpload | PrvipeError:
        np.savez(tmp_path / "good.npz", keypoints=np.random.default_rng(0).normal(9, 3, (2, 13, 2)))
        read(tmp_path / "good.npz", seconds)
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        try:
            found: ReadUpload | PrvipeError = read(path, seconds)
        except PrvipeError as error:
            found = error
        assert time.monotonic() - began < seconds + 20
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < FEW_KIB
        assert len(read(tmp_path / "good.npz", seconds).poses) == 2
        return found

    return upload


def png(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A grey PNG with the pixels (compressed) that it is said to have, or without them."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [b"IHDR" + header, b"IDAT" + (pixels or zlib.compress(b"")), b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )


def zeros(size: int) -> bytes:
    """So many zeros, compressed a thousand times."""
    packer = zlib.compressobj(6)
    block = bytes(2**24)
    parts = [packer.compress(block) for _ in range(size // len(block))]
    return b"".join([*parts, packer.compress(bytes(size % len(block))), packer.flush()])


def test_an_image_of_50_000_by_50_000(outcome: Any, tmp_path: Path) -> None:
    for name in ("a.png", "a.bmp", "a.tif", "a.webp"):
        (tmp_path / name).write_bytes(png(50_000, 50_000))
        assert "has more than 50,000,000 pixels" in str(outcome(tmp_path / name, ENOUGH_SECONDS))


def test_an_image_that_is_just_small_enough(outcome: Any, tmp_path: Path) -> None:
    """All of it is decoded, in a grey, an RGB and a 16-bit image."""
    (tmp_path / "a.png").write_bytes(png(7_071, 7_071, zeros(7_072 * 7_071)))
    assert str(outcome(tmp_path / "a.png", ENOUGH_SECONDS)) == "a.png: nobody was found in it"
    Image.new("RGBA", (7_000, 7_000)).save(tmp_path / "b.png", compress_level=1)
    assert "nobody was found" in str(outcome(tmp_path / "b.png", ENOUGH_SECONDS))


def test_an_image_with_endless_text(outcome: Any, tmp_path: Path) -> None:
    text = b"zTXtnote\0\0" + zeros(2**28)
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    whole = png(10, 10)
    (tmp_path / "a.png").write_bytes(whole[:33] + chunk + whole[33:])
    assert isinstance(outcome(tmp_path / "a.png"), PrvipeError)


def test_a_tiff_of_many_pages(outcome: Any, tmp_path: Path) -> None:
    page = Image.new("L", (8, 8))
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page] * 300)
    assert "nobody was found in it" in str(outcome(tmp_path / "a.tif", ENOUGH_SECONDS))


def test_a_tiff_whose_pages_go_in_circles(outcome: Any, tmp_path: Path) -> None:
    entries = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8)]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    content = b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 8)
    (tmp_path / "a.tif").write_bytes(content)
    assert isinstance(outcome(tmp_path / "a.tif"), PrvipeError)


def test_a_gif_of_100_000_frames(outcome: Any, tmp_path: Path) -> None:
    frame = b"\x21\xf9\x04\0\x02\0\0\0" + b",\0\0\0\0\x20\0\x20\0\0" + b"\x02\x02\x4c\x01\0"
    start = b"GIF89a\x20\0\x20\0\x80\0\0\0\0\0\xff\xff\xff"
    (tmp_path / "a.gif").write_bytes(start + frame * 100_000 + b";")
    found = outcome(tmp_path / "a.gif")
    assert re.search(r"nobody was found in \d+ of its frames", str(found))


def test_a_gif_of_65_535_by_65_535(outcome: Any, tmp_path: Path) -> None:
    size = b"\xff\xff\xff\xff"
    start = b"GIF89a" + size + b"\x80\0\0\0\0\0\xff\xff\xff"
    frame = b",\0\0\0\0" + size + b"\0" + b"\x02\x02\x4c\x01\0"
    (tmp_path / "a.gif").write_bytes(start + frame + b";")
    assert isinstance(outcome(tmp_path / "a.gif"), PrvipeError)


def write_video(path: Path, frames: int, size: int = 64, **options: str) -> bytes:
    with av.open(str(path), "w", options=options) as film:
        stream = film.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = size, size, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((size, size, 3), np.uint8), format="rgb24")
        for _ in range(frames):
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path.read_bytes()


def test_a_video_of_absurd_length(outcome: Any, tmp_path: Path) -> None:
    """By its header it takes years; what it has is read."""
    content = bytearray(write_video(tmp_path / "a.mp4", 50))
    for box, offset in ((b"mvhd", 20), (b"mdhd", 20), (b"tkhd", 24)):
        at = content.index(box) + offset
        content[at : at + 4] = b"\x7f\xff\xff\xff"
    (tmp_path / "a.mp4").write_bytes(content)
    assert "nobody was found in" in str(outcome(tmp_path / "a.mp4", ENOUGH_SECONDS))


def test_a_video_of_absurd_size(outcome: Any, tmp_path: Path) -> None:
    content = bytearray(write_video(tmp_path / "a.mp4", 5))
    at = content.index(b"avc1", content.index(b"stsd")) + 28
    content[at : at + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "a.mp4").write_bytes(content)
    assert isinstance(outcome(tmp_path / "a.mp4"), PrvipeError)
    write_video(tmp_path / "b.mp4", 2, size=7_100)
    assert "7,100 x 7,100 pixels, more than 50,000,000" in str(
        outcome(tmp_path / "b.mp4", ENOUGH_SECONDS)
    )


def test_a_video_without_end(outcome: Any, tmp_path: Path) -> None:
    piece = write_video(tmp_path / "piece.ts", 250)
    (tmp_path / "a.ts").write_bytes(piece * 1_500)  # more frames than can be decoded in time
    found = outcome(tmp_path / "a.ts")
    assert re.search(r"nobody was found in \d+ of its frames", str(found))


def test_a_stream_of_nothing(outcome: Any, tmp_path: Path) -> None:
    empty = b"\x47\x1f\xff\x10" + bytes(184)
    for name, block in (("a.ts", empty), ("b.mpg", b"\0\0\1\xb3"), ("c.mp4", bytes(8))):
        (tmp_path / name).write_bytes(block * (64 * 2**20 // len(block)))
        assert isinstance(outcome(tmp_path / name), PrvipeError)


def test_an_npz_that_unpacks_to_gigabytes(outcome: Any, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("keypoints",):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                shape = (10**8, 13, 2)
                np.lib.format.write_array_header_1_0(
                    stream, {"descr": "<f4", "fortran_order": False, "shape": shape}
                )
                for _ in range(80):
                    stream.write(bytes(2**24))
    found = outcome(tmp_path / "a.npz", ENOUGH_SECONDS)
    assert isinstance(found, PrvipeError)
    assert not isinstance(found, TooSlowError | WorkerDiedError)


def test_an_npy_that_says_it_is_enormous(outcome: Any, tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as stream:
        header = {"descr": "<f8", "fortran_order": False, "shape": (10**12, 13, 2)}
        np.lib.format.write_array_header_1_0(stream, header)
        stream.write(bytes(1_000))
    assert isinstance(outcome(tmp_path / "a.npy"), PrvipeError)


def test_parquet_that_unpacks_to_gigabytes(outcome: Any, tmp_path: Path) -> None:
    """Columns of one value, which are a few bytes long however many rows there are."""
    rows = 20_000_000
    zero = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array([0.0]))
    table = pa.table({"nose_x": zero, "nose_y": zero})
    schema = table.schema
    with pq.ParquetWriter(tmp_path / "a.parquet", schema, compression="zstd") as writer:
        for _ in range(5):
            writer.write_table(table, row_group_size=rows)
    assert (tmp_path / "a.parquet").stat().st_size < 2**21
    assert isinstance(outcome(tmp_path / "a.parquet"), PrvipeError)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deep lists", b"[" * 5_000_000),
        ("deep objects", b'{"a":' * 3_000_000),
        ("deep in annotations", b'{"annotations": [' + b'{"a":[' * 2_000_000),
        ("long number", b'{"annotations": [{"keypoints": [' + b"1" * 20_000_000 + b"]}]}"),
        ("many numbers", b'{"keypoints": [' + b"1," * 5_000_000 + b"1]}"),
        ("many objects", b"[" + b'{"keypoints":[1,2,3]},' * 500_000 + b"{}]"),
        ("one long text", b'{"a": "' + b"x" * 60_000_000),
    ],
)
def test_json_bombs(outcome: Any, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / f"{name}.json").write_bytes(content)
    assert isinstance(outcome(tmp_path / f"{name}.json"), PrvipeError)


def test_text_bombs(outcome: Any, tmp_path: Path) -> None:
    for name, content in (
        ("a.csv", b"nose_x,nose_y\n" + b"1,2\n" * 5_000_000),
        ("b.bvh", b"HIERARCHY\nROOT a\n{\n" + b"JOINT a\n{\n" * 500_000),
        ("c.trc", b"PathFileType\t4\n" + b"\t" * 30_000_000),
    ):
        (tmp_path / name).write_bytes(content)
        assert isinstance(outcome(tmp_path / name), PrvipeError), name


def test_programs_and_playlists_in_disguise(outcome: Any, tmp_path: Path) -> None:
    write_video(tmp_path / "secret.ts", 10)
    playlist = f"#EXTM3U\n#EXTINF:1,\n{tmp_path}/secret.ts\n#EXT-X-ENDLIST\n"
    postscript = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(x) run\n"
    for name, content in (
        ("a.mp4", playlist),
        ("b.mp4", f"ffconcat version 1.0\nfile {tmp_path}/secret.ts\n"),
        ("c.png", postscript),
        ("d.png", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ):
        (tmp_path / name).write_text(content)
        said = str(outcome(tmp_path / name, ENOUGH_SECONDS))
        assert "is no image" in said or "as a video" in said
