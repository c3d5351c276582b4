"""Films a mannequin in the built-in motions, for examples that need a video.

Its face is that of `skimage.data.astronaut()`, a photograph by NASA in the public domain: a
detector takes the mannequin for a person, and finds its joints within a few pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from prvipe.data.motions.library import Motions, build_motion_library
from prvipe.geometry.cameras import PinholeCamera
from prvipe.skeleton import H36M17

Frame = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]

WIDTH, HEIGHT, FPS = 360, 480, 15
_FOCAL_LENGTH, _DISTANCE, _ELEVATION = 820.0, 4.2, 5.0
_WALL, _FLOOR = (176, 180, 184), (130, 120, 110)
_SKIN, _SHIRT, _TROUSERS, _SHOE = (214, 160, 130), (60, 90, 150), (50, 50, 60), (230, 230, 230)

# From joint, to joint, radius at either end in metres, colour.
_LIMBS = [
    (f"{side}_{first}", f"{side}_{last}", thick, thin, color)
    for side in ("left", "right")
    for first, last, thick, thin, color in (
        ("hip", "knee", 0.085, 0.06, _TROUSERS),
        ("knee", "ankle", 0.06, 0.045, _SKIN),
        ("shoulder", "elbow", 0.055, 0.045, _SHIRT),
        ("elbow", "wrist", 0.042, 0.03, _SKIN),
    )
]
_TRUNK = [
    ("left_shoulder", "left_hip", 0.07, 0.09, _SHIRT),
    ("right_shoulder", "right_hip", 0.07, 0.09, _SHIRT),
    ("thorax", "hip", 0.07, 0.09, _SHIRT),
    ("thorax", "neck", 0.05, 0.05, _SKIN),
]
_HEAD_HEIGHT = 0.3


@cache
def motions() -> Motions:
    """Every built-in motion by one body each: 240 frames at 30 per second."""
    return build_motion_library(0, frames_per_activity=240, bodies_per_activity=1)


def motion(activity: str) -> Points:
    """Poses (240, 17, 3) of an activity at 30 per second, on the spot; the first one faces +x."""
    library = motions()
    poses = library.poses3d[library.sequence == list(library.activity).index(activity)]
    across = poses[0, _joint("left_shoulder")] - poses[0, _joint("right_shoulder")]
    angle = np.arctan2(*np.cross(across, [0, 0, 1])[1::-1])
    cos, sin = np.cos(angle), np.sin(angle)
    turned = poses.astype(np.float64) @ np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    return turned - turned[:, :1] * [1, 1, 0]


def camera(azimuth: float) -> PinholeCamera:
    """A camera at chest height; at azimuth 0 it sees the person's face."""
    middle = (WIDTH / 2, HEIGHT / 2)
    target = np.array([0.0, 0.0, 0.9])
    return PinholeCamera.around(target, azimuth, _ELEVATION, _DISTANCE, _FOCAL_LENGTH, middle)


def film(activity: str, azimuth: float, frames: int, start: int = 0) -> Iterator[Frame]:
    """Frames (HEIGHT, WIDTH, 3) of an activity, FPS per second."""
    for pose in motion(activity)[start :: 30 // FPS][:frames]:
        yield picture(pose, camera(azimuth))


def write_film(path: Path, activity: str, azimuth: float, frames: int, start: int = 0) -> None:
    """Film an activity into a file."""
    from prvipe.report.video import write_video

    write_video(path, film(activity, azimuth, frames, start), FPS)


def picture(pose: Points, camera: PinholeCamera) -> Frame:
    """A mannequin in a pose (17, 3), farther parts behind nearer ones."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _WALL)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, int(HEIGHT * 0.78), WIDTH, HEIGHT), fill=_FLOOR)
    points = camera.project(pose)
    depths = (pose @ camera.rotation.T + camera.translation)[:, 2]
    parts = [(_depth(depths, "thorax", "hip"), _TRUNK)]
    parts += [(_depth(depths, limb[0], limb[1]), [limb]) for limb in _LIMBS]
    for _, capsules in sorted(parts, key=lambda part: -part[0]):
        for capsule in capsules:
            _draw_capsule(draw, points, _FOCAL_LENGTH / depths, *capsule)
    for side in ("left", "right"):
        _draw_disc(draw, points, depths, f"{side}_wrist", 0.045, _SKIN)
        _draw_disc(draw, points, depths, f"{side}_ankle", 0.06, _SHOE)
    _paste_head(image, points, depths)
    return np.asarray(image)


def _joint(name: str) -> int:
    return H36M17.index(name)


def _depth(depths: Points, first: str, last: str) -> float:
    return float(depths[_joint(first)] + depths[_joint(last)])


def _draw_capsule(
    draw: ImageDraw.ImageDraw,
    points: Points,
    scales: Points,
    first: str,
    last: str,
    thick: float,
    thin: float,
    color: tuple[int, int, int],
) -> None:
    ends = [_joint(first), _joint(last)]
    for share in np.linspace(0, 1, 24):
        weights = np.array([1 - share, share])
        radius = (weights @ [thick, thin]) * (weights @ scales[ends])
        _disc(draw, weights @ points[ends], radius, color)


def _draw_disc(
    draw: ImageDraw.ImageDraw,
    points: Points,
    depths: Points,
    name: str,
    radius: float,
    color: tuple[int, int, int],
) -> None:
    joint = _joint(name)
    _disc(draw, points[joint], radius * _FOCAL_LENGTH / depths[joint], color)


def _disc(
    draw: ImageDraw.ImageDraw, center: Points, radius: float, color: tuple[int, int, int]
) -> None:
    draw.ellipse((*(center - radius), *(center + radius)), fill=color)


def _paste_head(image: Image.Image, points: Points, depths: Points) -> None:
    neck, head = points[_joint("neck")], points[_joint("head")]
    height = _HEAD_HEIGHT * _FOCAL_LENGTH / depths[_joint("head")]
    face, mask = _face()
    size = max(2, int(height * face.width / face.height)), max(2, int(height))
    turn = -float(np.degrees(np.arctan2(head[0] - neck[0], neck[1] - head[1])))
    face, mask = (each.resize(size).rotate(turn, expand=True) for each in (face, mask))
    middle = (neck + head) / 2
    image.paste(face, (int(middle[0] - face.width / 2), int(middle[1] - face.height / 2)), mask)


@cache
def _face() -> tuple[Image.Image, Image.Image]:
    """The astronaut's face and a soft oval around it."""
    import skimage.data

    face = Image.fromarray(skimage.data.astronaut()).crop((165, 10, 290, 190))
    oval = Image.new("L", face.size, 0)
    ImageDraw.Draw(oval).ellipse((12, 4, 113, 176), fill=255)
    return face, oval.filter(ImageFilter.GaussianBlur(3))
