"""Makes the pictures of the documentation from real data, which is not part of the repository.

    python docs/make_images.py SHARED_DATA [--only astronaut,wild]

SHARED_DATA holds `pose2sim_demo/` (the demonstration of Pose2Sim: videos, BSD 3-Clause),
`coco/coco17_val2017.npz` and `mpii/valid.h5` (annotations only: people are drawn as stick figures)
and `readers/` (motion capture of CMU). The astronaut is a photograph by NASA that scikit-image
brings. docs/credits.md says whose each picture is.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

import prvipe
from prvipe.detection import MediaPipeDetector, detect, read_frames
from prvipe.index import PoseIndex
from prvipe.report.overlay import draw_pose_on
from prvipe.report.skeletons import draw_skeleton
from prvipe.skeleton import COCO13

IMAGES = Path(__file__).parent / "images"
LARGEST, WIDTH = 150_000, 1000
CAMERAS = ("cam01", "cam02", "cam03", "cam04")
QUERY_FRAME = 40
_T_POSE = 10  # frames that motion capture files begin with, arms stretched out
Pixels = npt.NDArray[np.uint8]


def astronaut(_: Path) -> None:
    """A photograph without legs: what is found, and what the variance says."""
    import skimage.data

    photograph = IMAGES / "astronaut.png"
    Image.fromarray(skimage.data.astronaut()).save(photograph)
    poses = detect(photograph, MediaPipeDetector())
    photograph.unlink()
    seen = poses.to("coco13")
    z = prvipe.Embedder.load("base").embed(poses)
    figure = Figure(figsize=(8.2, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.55))
    left.imshow(_drawn(skimage.data.astronaut(), seen))
    left.set_title(f"{int((seen.scores[0] > 0).sum())} of 13 joints are known", fontsize=10)
    left.axis("off")
    names = ["whole poses", "without the left arm", "this photograph"]
    # The first two are means over the test poses of docs/models.md.
    values = [7.8, 15.2, float(z.variance.sum())]
    bars = right.barh(names, values, color=["#999999", "#999999", "#0072B2"], height=0.55)
    right.bar_label(bars, fmt="%.1f", padding=4, fontsize=10)
    right.axvline(16, color="#D55E00", linewidth=1.2)
    right.text(17, 0.5, "above: not trusted", color="#D55E00", fontsize=9, va="center")
    right.set(xlim=(0, 1.15 * max(values)), title="total variance of the embedding (base)")
    right.title.set_fontsize(10)
    right.invert_yaxis()
    right.spines[["top", "right"]].set_visible(False)
    _save(figure, "astronaut.jpg")


def detected(data: Path) -> None:
    """What `prvipe detect --overlay` draws: four moments of a video."""
    video = data / "pose2sim_demo" / "videos" / "cam03.mp4"
    poses = detect(video, MediaPipeDetector())
    figure = Figure(figsize=(8.2, 4.1), layout="constrained")
    for axes, row in zip(figure.subplots(1, 4), (0, 30, 60, 99), strict=True):
        time = poses.table["time"][row].as_py()
        _show_video(axes, data, "cam03", poses, row, f"{time:.2f} s")
    _save(figure, "detected.jpg")


def cameras(data: Path) -> None:
    """One moment, found in the three other cameras of Pose2Sim's demonstration."""
    index, poses = _index_of_videos(data)
    query = _row(poses, CAMERAS[0], QUERY_FRAME)
    figure = Figure(figsize=(8.2, 4.1), layout="constrained")
    axes = figure.subplots(1, 4)
    time = poses.table["time"][query].as_py()
    _show_video(axes[0], data, CAMERAS[0], poses, query, f"query: {CAMERAS[0]}, {time:.2f} s")
    for place, camera in zip(axes[1:], CAMERAS[1:], strict=True):
        hit = index.search(poses[query], 1, f"camera={camera}")[0].hits[0]
        caption = f"{camera}, {hit.time:.2f} s\nprobability {hit.probability:.2f}"
        _show_video(place, data, camera, poses, hit.row, caption)
    _save(figure, "across-cameras.jpg")


def wild(data: Path) -> None:
    """Motion capture as the query, people in photographs as the gallery."""
    embedder = prvipe.Embedder.load("base")
    galleries = {
        "COCO": prvipe.load(data / "coco" / "coco17_val2017.npz"),
        "MPII": prvipe.load(data / "mpii" / "valid.h5"),
    }
    indexes = {}
    for name, people in galleries.items():
        whole = people.to("coco13").valid()
        indexes[name] = PoseIndex.create(embedder)
        indexes[name].add(people[whole])
    files = ("asf_amc/07_01.amc", "asf_amc/05_06.amc", "bvh/cmu_10_01.bvh")
    figure = Figure(figsize=(8.2, 4.6), layout="constrained")
    axes = figure.subplots(len(files), 7)
    for row, file in zip(axes, files, strict=True):
        motion = prvipe.load(data / "readers" / file, camera=(20, 5, 4))[_T_POSE:][::12]
        results = {name: index.search(motion, 3) for name, index in indexes.items()}
        sums = [
            sum(hits[number].hits[0].probability for hits in results.values())
            for number in range(len(results["COCO"]))
        ]
        best = int(np.argmax(sums))
        _show_figure(row[0], motion.to("coco13").keypoints[best], Path(file).name)
        found = [(name, hit) for name in results for hit in results[name][best].hits]
        for place, (name, hit) in zip(row[1:], found, strict=True):
            _show_figure(place, hit.keypoints, f"{name}, {hit.probability:.2f}")
    _save(figure, "in-the-wild.png")


def bvh(data: Path) -> None:
    """A BVH file as the query, videos as the library."""
    index, poses = _index_of_videos(data)
    motion = prvipe.load(data / "readers" / "bvh" / "cmu_martial_04.bvh", camera=(20, 5, 4))
    motion = motion[::4]
    results = index.search(motion, 3, distinct="0.3s")
    best = max(range(len(results)), key=lambda row: results[row].hits[0].probability)
    figure = Figure(figsize=(8.2, 4.1), layout="constrained")
    axes = figure.subplots(1, 4)
    frame = motion.table["frame"][best].as_py()
    _show_figure(axes[0], motion.to("coco13").keypoints[best], f"query: BVH, frame {frame}")
    for place, hit in zip(axes[1:], results[best].hits, strict=True):
        camera = str(hit.fields["camera"])
        caption = f"{camera}, {hit.time:.2f} s\nprobability {hit.probability:.2f}"
        _show_video(place, data, camera, poses, hit.row, caption)
    _save(figure, "bvh-query.jpg")


def alignment(data: Path) -> None:
    """What `prvipe align` draws of two of the videos."""
    _run("align", _video(data, CAMERAS[0]), _video(data, CAMERAS[2]), "align.jpg")


def comparison(data: Path) -> None:
    """What `prvipe compare` draws of two moments of the recording, seen by two cameras."""
    frames = ("--frame-a", "10", "--frame-b", "80")
    _run("compare", _video(data, CAMERAS[0]), _video(data, CAMERAS[3]), *frames, "compare.jpg")


def key_poses(data: Path) -> None:
    """What `prvipe cluster` draws of a video."""
    _run("cluster", _video(data, CAMERAS[2]), "cluster.jpg")


def _video(data: Path, camera: str) -> str:
    return str(data / "pose2sim_demo" / "videos" / f"{camera}.mp4")


def _run(command: str, *arguments: str) -> None:
    """Run a command of prvipe; the last argument is the picture that its --out makes."""
    *words, name = arguments
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        line = [sys.executable, "-m", "prvipe", command, *words, "--out", str(picture)]
        subprocess.run(line, check=True)
        with Image.open(picture) as image:
            _keep(image.convert("RGB"), name)


PICTURES: dict[str, Callable[[Path], None]] = {
    "astronaut": astronaut,
    "detected": detected,
    "cameras": cameras,
    "wild": wild,
    "bvh": bvh,
    "alignment": alignment,
    "comparison": comparison,
    "key_poses": key_poses,
}


def _index_of_videos(data: Path) -> tuple[PoseIndex, prvipe.Poses]:
    """All embeddable poses of the four videos; a row of the index is a row of the poses."""
    videos = [data / "pose2sim_demo" / "videos" / f"{camera}.mp4" for camera in CAMERAS]
    found = detect(videos, MediaPipeDetector(), every=2)
    poses = found.with_fields(camera=[Path(str(s)).stem for s in found.table["source"]])
    embedder = prvipe.Embedder.load("base")
    poses = poses[embedder.embeddable(poses)]
    index = PoseIndex.create(embedder)
    index.add(poses)
    return index, poses


def _row(poses: prvipe.Poses, camera: str, frame: int) -> int:
    places = zip(poses.table["camera"].to_pylist(), poses.table["frame"].to_pylist(), strict=True)
    return list(places).index((camera, frame))


def _show_video(
    axes: Axes, data: Path, camera: str, poses: prvipe.Poses, row: int, caption: str
) -> None:
    """Show the frame that a pose is from, its joints drawn, cut to the person."""
    number = poses.table["frame"][row].as_py()
    video = data / "pose2sim_demo" / "videos" / f"{camera}.mp4"
    image = next(frame.image for frame in read_frames(video) if frame.number == number)
    one = poses[row].to("coco13")
    drawn = _drawn(image, one)
    low, high = np.nanmin(one.keypoints[0], axis=0), np.nanmax(one.keypoints[0], axis=0)
    middle, half = (low + high) / 2, 0.5 * max(*(high - low)) * 1.25
    left = int(np.clip(middle[0] - 0.75 * half, 0, image.shape[1] - 1.5 * half))
    top = int(np.clip(middle[1] - half, 0, image.shape[0] - 2 * half))
    axes.imshow(drawn[top : top + int(2 * half), left : left + int(1.5 * half)])
    axes.set_title(caption, fontsize=9)
    axes.axis("off")


def _show_figure(axes: Axes, keypoints: npt.NDArray[np.float32], caption: str) -> None:
    draw_skeleton(axes, keypoints, COCO13, size=0.8)
    axes.set_title(caption, fontsize=9)
    for spine in axes.spines.values():
        spine.set_color("#CCCCCC")


def _drawn(image: Pixels, one: prvipe.Poses) -> Pixels:
    return draw_pose_on(image, one.keypoints[0], one.scores[0], one.skeleton)


def _save(figure: Figure, name: str) -> None:
    picture = io.BytesIO()
    figure.savefig(picture, dpi=110, bbox_inches="tight", pad_inches=0.05)
    with Image.open(picture) as image:
        _keep(image.convert("RGB"), name)


def _keep(image: Image.Image, name: str) -> None:
    """Write a picture, no wider than pages are and with few colours if it is drawn."""
    image.thumbnail((WIDTH, 2 * WIDTH), Image.Resampling.LANCZOS)
    if name.endswith(".jpg"):
        image.save(IMAGES / name, quality=82, optimize=True, progressive=True)
    else:
        image.quantize(64).save(IMAGES / name, optimize=True)
    size = (IMAGES / name).stat().st_size
    print(f"{name}: {size:,} bytes")
    if size > LARGEST:
        raise SystemExit(f"{name} is larger than {LARGEST:,} bytes")


def main(arguments: Sequence[str] | None = None) -> None:
    """Make all pictures, or some."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", default=",".join(PICTURES))
    chosen = parser.parse_args(arguments)
    for name in chosen.only.split(","):
        PICTURES[name](chosen.data)


if __name__ == "__main__":
    main()
