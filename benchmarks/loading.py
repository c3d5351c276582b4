"""Memory and time to read 100,000 frames of every format of keypoints.

    python benchmarks/loading.py [--frames 100000] [--people 1] [FORMAT ...]

Writes one recording per format into a temporary folder, as its detector would, and reads each in a
process of its own. The peak is what that process took in all, importing included.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from prvipe.skeleton import BODY25, COCO13, COCO17, HALPE26, MEDIAPIPE33, Skeleton

SIZE = (1920, 1080)
Array = np.ndarray[Any, np.dtype[np.float64]]


def main() -> None:
    """Write, read and print a row per format."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=", ".join(WRITERS))
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=1, help="in every frame")
    parser.add_argument("--read", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        read(Path(arguments.read))
        return
    print(f"{arguments.frames:,} frames, {arguments.people} in each")
    print(f"{'format':<22} {'size':>8} {'poses':>9} {'seconds':>8} {'peak memory':>12}")
    for name in arguments.formats or WRITERS:
        with tempfile.TemporaryDirectory() as folder:
            path = WRITERS[name](Path(folder), arguments.frames, arguments.people)
            command = [sys.executable, __file__, "--read", str(path)]
            size = sum(each.stat().st_size for each in [path, *path.rglob("*")] if each.is_file())
            found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        poses, seconds, peak = found.split()
        print(
            f"{name:<22} {size / 1e6:>5.0f} MB {int(poses):>9,} {float(seconds):>8.1f} "
            f"{float(peak) / 1e6:>9.2f} GB",
            flush=True,
        )


def read(path: Path) -> None:
    """Read a file and print the poses, seconds and the peak in kilobytes."""
    from prvipe import load

    start = time.perf_counter()
    named = {".npz": "coco17", "": "body25"}.get(path.suffix) if path.name != "labels" else None
    sized = path.suffix == ".txt" or path.name in ("labels", "landmarks.csv", "mediapipe.json")
    poses = load(path, named, image_size=SIZE if sized else None)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(len(poses), seconds, peak)


def people(
    skeleton: Skeleton, frames: int, count: int, scale: tuple[float, float] = (1, 1)
) -> Iterator[tuple[int, int, Array]]:
    """Yield frame, person and x, y, score (J, 3) with the digits that detectors write."""
    rng = np.random.default_rng(0)
    body = rng.uniform((700, 200), (1000, 1000), (len(skeleton.joints), 2))
    for frame in range(frames):
        for person in range(count):
            noise = rng.normal(0, 2, body.shape)
            scores = rng.uniform(0.3, 1, len(body))
            yield frame, person, np.column_stack([(body + noise) / scale, scores])


def write_list(path: Path, items: Iterable[Any]) -> Path:
    """Write a JSON list item by item."""
    with path.open("w") as file:
        for number, item in enumerate(items):
            file.write("[" if number == 0 else ",\n")
            json.dump(item, file)
        file.write("]")
    return path


def coco_results(folder: Path, frames: int, count: int) -> Path:
    """COCO results."""
    return write_list(
        folder / "coco_results.json",
        (
            {"image_id": f, "category_id": 1, "keypoints": k.ravel().tolist(), "score": 0.9}
            for f, _, k in people(COCO17, frames, count)
        ),
    )


def coco(folder: Path, frames: int, count: int) -> Path:
    """COCO annotations, with outlines."""
    path = folder / "coco.json"
    with path.open("w") as file:
        images = [{"id": n, "width": 1920, "height": 1080} for n in range(frames)]
        file.write('{"info": {}, "images": ' + json.dumps(images) + ', "annotations": [')
        for number, (f, p, k) in enumerate(people(COCO17, frames, count)):
            k[:, 2] = 2
            outline = [np.round(k[:, :2], 2).ravel().tolist()]
            person = {"id": number, "image_id": f, "bbox": [1, 2, 3, 4], "person": p}
            person |= {
                "segmentation": outline,
                "keypoints": np.rint(k).astype(int).ravel().tolist(),
            }
            file.write(("," if number else "") + json.dumps(person))
        file.write('], "categories": ' + json.dumps([{"keypoints": COCO17.joints}]) + "}")
    return path


def alphapose(folder: Path, frames: int, count: int) -> Path:
    """AlphaPose's results, Halpe 26."""
    return write_list(
        folder / "alphapose.json",
        (
            {
                "image_id": f"{f}.jpg",
                "category_id": 1,
                "keypoints": k.ravel().tolist(),
                "score": 2.9,
                "box": [1.5, 2.5, 3.5, 4.5],
                "idx": p,
            }
            for f, p, k in people(HALPE26, frames, count)
        ),
    )


def mmpose(folder: Path, frames: int, count: int) -> Path:
    """MMPose's predictions of a video."""

    def videos() -> Iterator[Any]:
        everyone = people(COCO17, frames, count)
        for frame in range(frames):
            found = [next(everyone)[2] for _ in range(count)]
            instances = [
                {"keypoints": k[:, :2].tolist(), "keypoint_scores": k[:, 2].tolist()} for k in found
            ]
            yield {"frame_id": frame, "instances": instances}

    return write_list(folder / "mmpose.json", videos())


def mediapipe(folder: Path, frames: int, count: int) -> Path:
    """MediaPipe's landmarks as JSON."""

    def videos() -> Iterator[Any]:
        everyone = people(MEDIAPIPE33, frames, count, SIZE)
        for frame in range(frames):
            found = [next(everyone)[2].tolist() for _ in range(count)]
            bodies = [
                [{"x": x, "y": y, "z": -x, "visibility": v} for x, y, v in body] for body in found
            ]
            yield {"frame": frame, "landmarks": bodies}

    return write_list(folder / "mediapipe.json", videos())


def write_csv(path: Path, header: list[str], rows: Iterable[Array]) -> Path:
    """Write a CSV row by row."""
    with path.open("w") as file:
        file.write(",".join(header) + "\n")
        for row in rows:
            file.write(",".join(map(repr, row.ravel().tolist())) + "\n")
    return path


def csv(folder: Path, frames: int, count: int) -> Path:
    """A CSV by joint."""
    header = [f"{joint}_{what}" for joint in COCO17.joints for what in ("x", "y", "score")]
    rows = (k for _, _, k in people(COCO17, frames, count))
    return write_csv(folder / "csv.csv", header, rows)


def landmarks(folder: Path, frames: int, count: int) -> Path:
    """MediaPipe's landmarks as CSV."""
    header = [f"{j}_{what}" for j in MEDIAPIPE33.joints for what in ("x", "y", "visibility")]
    rows = (k for _, _, k in people(MEDIAPIPE33, frames, count, SIZE))
    return write_csv(folder / "landmarks.csv", header, rows)


def poem(folder: Path, frames: int, count: int) -> Path:
    """POEM's CSV."""
    names = ["NOSE_TIP" if j == "head" else j.upper() for j in COCO13.joints]
    header = ["image/width", "image/height"]
    header += [
        f"image/object/part/{name}/{what}"
        for name in names
        for what in ("center/x", "center/y", "score")
    ]
    rows = (np.append(SIZE, k.ravel()) for _, _, k in people(COCO13, frames, count, SIZE))
    return write_csv(folder / "poem.csv", header, rows)


def write_folder(folder: Path, files: Iterable[tuple[str, str]]) -> Path:
    """Write one small file per frame."""
    folder.mkdir()
    for name, text in files:
        (folder / name).write_text(text)
    return folder


def openpose(folder: Path, frames: int, count: int) -> Path:
    """A folder of OpenPose's JSON files, BODY_25."""

    def files() -> Iterator[tuple[str, str]]:
        everyone = people(BODY25, frames, count)
        for frame in range(frames):
            found = [np.round(next(everyone)[2], 3).ravel().tolist() for _ in range(count)]
            hands = {"hand_left_keypoints_2d": [], "hand_right_keypoints_2d": []}
            bodies = [{"person_id": [-1], "pose_keypoints_2d": k, **hands} for k in found]
            name = f"walk_{frame:012d}_keypoints.json"
            yield name, json.dumps({"version": 1.3, "people": bodies})

    return write_folder(folder / "openpose", files())


def yolo(folder: Path, frames: int, count: int) -> Path:
    """A folder of YOLO-pose labels."""

    def files() -> Iterator[tuple[str, str]]:
        everyone = people(COCO17, frames, count, SIZE)
        for frame in range(frames):
            lines = []
            for _ in range(count):
                k = next(everyone)[2]
                lines.append(" ".join(f"{n:g}" for n in (0, 0.5, 0.5, 0.2, 0.7, *k.ravel())))
            yield f"walk_{frame}.txt", "\n".join(lines)

    return write_folder(folder / "labels", files())


def yolo_lines(folder: Path, frames: int, count: int) -> Path:
    """YOLO-pose labels in one file."""
    path = folder / "yolo_lines.txt"
    with path.open("w") as file:
        for _, _, k in people(COCO17, frames, count, SIZE):
            file.write(" ".join(f"{n:g}" for n in (0, 0.5, 0.5, 0.2, 0.7, *k.ravel())) + "\n")
    return path


def npz(folder: Path, frames: int, count: int) -> Path:
    """Arrays."""
    path = folder / "npz.npz"
    found = np.stack([k for _, _, k in people(COCO17, frames, count)])
    np.savez(path, keypoints=found[..., :2], scores=found[..., 2])
    return path


def parquet(folder: Path, frames: int, count: int) -> Path:
    """Our own Parquet."""
    from prvipe.poses import Poses

    path = folder / "parquet.parquet"
    found = np.stack([k for _, _, k in people(COCO17, frames, count)])
    Poses(found[..., :2], found[..., 2], COCO17).save(path)
    return path


WRITERS: dict[str, Callable[[Path, int, int], Path]] = {
    each.__name__: each
    for each in (
        *(coco, coco_results, alphapose, mmpose, mediapipe, openpose, yolo, yolo_lines),
        *(csv, landmarks, poem, npz, parquet),
    )
}


if __name__ == "__main__":
    main()
