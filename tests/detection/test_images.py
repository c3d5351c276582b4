import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from prvipe.detection.images import read_image
from prvipe.errors import InputError

RGB = np.zeros((5, 7, 3), np.uint8)
RGB[:2, :3] = [255, 220, 180]
EXIF_ORIENTATION = 0x0112


def test_odd_sizes_are_read_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "ein Bild ü.PNG"
    Image.fromarray(RGB).save(file)
    np.testing.assert_array_equal(read_image(file), RGB)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_and_mirrors(tmp_path: Path, orientation: int) -> None:
    """The eight orientations of EXIF: what is stored, and what is shown."""
    shown = {
        1: RGB,
        2: RGB[:, ::-1],
        3: RGB[::-1, ::-1],
        4: RGB[::-1],
        5: RGB.transpose(1, 0, 2),
        6: np.rot90(RGB, -1),
        7: RGB[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(RGB),
    }[orientation]
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    Image.fromarray(RGB).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), shown)


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "YCbCr"])
def test_kinds_of_images(tmp_path: Path, mode: str) -> None:
    file = tmp_path / ("a.tif" if mode in ("CMYK", "YCbCr") else "a.png")
    Image.fromarray(RGB).convert(mode).save(file)
    image = read_image(file)
    assert (image.shape, image.dtype) == (RGB.shape, np.uint8)
    assert image[0, 0].mean() > image[4, 6].mean() + 50


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    clear = np.dstack([RGB, np.where(RGB[..., 0] > 0, 255, 0).astype(np.uint8)])
    Image.fromarray(clear).save(tmp_path / "a.png")
    expected = np.where(RGB.any(axis=2, keepdims=True), RGB, 255)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), expected)
    palette = Image.fromarray(RGB).quantize(4)
    palette.save(tmp_path / "b.png", transparency=palette.getpixel((6, 4)))
    image = read_image(tmp_path / "b.png")
    np.testing.assert_array_equal(image[4, 6], [255] * 3)
    np.testing.assert_allclose(image[0, 0], [255, 220, 180], atol=8)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_deep_grey_is_stretched(tmp_path: Path, dtype: type) -> None:
    grey = np.array([[1000, 1500], [2000, 3000]], dtype)
    Image.fromarray(grey).save(tmp_path / "a.tif")
    image = read_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(image[..., 0], [[0, 64], [128, 255]])
    np.testing.assert_array_equal(image[..., 0], image[..., 2])


def test_flat_deep_grey_is_black(tmp_path: Path) -> None:
    Image.fromarray(np.full((3, 3), 700, np.uint16)).save(tmp_path / "a.png")
    assert (read_image(tmp_path / "a.png") == 0).all()


def test_too_many_pixels_are_refused(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "a.png")
    pixels = RGB.shape[0] * RGB.shape[1]
    assert read_image(tmp_path / "a.png", pixels).shape == RGB.shape
    with pytest.raises(InputError, match=f"a.png: has more than {pixels - 1} pixels; make it s"):
        read_image(tmp_path / "a.png", pixels - 1)


def test_far_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    for name, size in (("a.png", 9_700), ("b.png", 50_000)):
        (tmp_path / name).write_bytes(png_announcing(size, size))
        with pytest.raises(InputError, match="has more than 89,478,485 pixels; make it smaller"):
            read_image(tmp_path / name)


def png_announcing(width: int, height: int) -> bytes:
    """A grey PNG whose header is right and whose pixels are missing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [b"IHDR" + header, b"IDAT" + zlib.compress(b""), b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )


def test_formats_that_start_programs_are_not_read(tmp_path: Path) -> None:
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
    (tmp_path / "a.png").write_bytes(postscript)
    Image.open(tmp_path / "a.png").close()  # Pillow itself takes it for an image
    with pytest.raises(InputError, match="is no image, or of a kind that is not read"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"no image at all", "is no image"),
        (b"\x89PNG\r\n\x1a\n", "is no image|truncated"),
        (b"GIF89a", "is no image|truncated"),
    ],
)
def test_what_is_no_image(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_image(tmp_path / "a.png")
    assert str(caught.value).startswith(f"{tmp_path / 'a.png'}: ")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_image(tmp_path / "a.png")


def encoded(kind: str) -> bytes:
    stream = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (24, 24, 3), np.uint8)
    Image.fromarray(noise).save(stream, kind)
    return stream.getvalue()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(["PNG", "JPEG", "TIFF", "WEBP", "BMP", "PPM"]))
def test_damage_ends_in_an_image_or_our_error(
    tmp_path: Path, data: st.DataObject, kind: str
) -> None:
    content = bytearray(encoded(kind))
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(1, len(content)))
    file = tmp_path / "damaged"
    file.write_bytes(content[:end])
    try:
        image = read_image(file)
    except InputError as error:
        complaint = str(error)
    else:
        complaint = f"{file}: none"
        assert (image.ndim, image.dtype) == (3, np.uint8)
    assert complaint.startswith(f"{file}: ")
