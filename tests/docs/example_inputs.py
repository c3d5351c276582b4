"""The files that readers are supposed to have: small, made up, in the formats that pages name.

People come from the built-in motions, seen by made-up cameras; pictures from `mannequin` and from
NASA's astronaut in scikit-image.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import mannequin
import numpy as np
from PIL import Image

from prvipe.poses import Poses
from prvipe.skeleton import COCO13, COCO17, H36M17

RATE = 30
_WRITERS = r"(--out|--overlay|--onnx|index build) "


def record(
    activity: str, azimuth: float = 20.0, frames: int = 120, start: int = 0, camera: str = "front"
) -> Poses:
    """A recording of one person: pixels, coco13, with frames, times, camera and source."""
    poses = mannequin.motion(activity)[start : start + frames]
    order = [H36M17.index(joint) for joint in COCO13.joints]
    rng = np.random.default_rng([start, *activity.encode()])
    keypoints = mannequin.camera(azimuth).project(poses[:, order])
    keypoints = keypoints + rng.normal(0, 1.5, keypoints.shape)
    count = len(keypoints)
    return Poses(
        keypoints,
        np.full((count, 13), 0.9),
        COCO13,
        {
            "frame": np.arange(count),
            "time": np.arange(count) / RATE,
            "camera": np.full(count, camera),
            "activity": np.full(count, activity),
            "source": np.full(count, f"{activity}_{camera}.csv"),
        },
    )


def _in(skeleton: str, poses: Poses) -> Poses:
    """The poses as another program would find them: with a nose, or with the ends of the head."""
    there = poses.to(skeleton)
    keypoints, scores = there.keypoints.copy(), there.scores.copy()
    head = poses.keypoints[:, 0]
    shoulders = poses.keypoints[:, 1:3].mean(axis=1)
    for name, place in (("nose", head), ("head_top", head), ("upper_neck", shoulders)):
        if name in there.skeleton.joints:
            keypoints[:, there.skeleton.index(name)] = place
            scores[:, there.skeleton.index(name)] = 0.9
    return Poses(keypoints, scores, there.skeleton, poses.table)


def write_csv(path: Path, poses: Poses, fields: Sequence[str] = ("frame", "time")) -> None:
    """Write named columns."""
    names = [f"{joint}_{part}" for joint in poses.skeleton.joints for part in ("x", "y", "score")]
    values = np.concatenate([poses.keypoints, poses.scores[..., None]], axis=-1)
    lines = [",".join([*names, *fields])]
    for row, numbers in enumerate(values.reshape(len(poses), -1)):
        cells = [f"{number:.3f}" for number in numbers]
        lines.append(",".join([*cells, *(str(poses.table[name][row]) for name in fields)]))
    path.write_text("\n".join(lines) + "\n")


def write_openpose(folder: Path, poses: Poses) -> None:
    """Write a folder of OpenPose's JSON, BODY_25."""
    folder.mkdir()
    there = _in("body25", poses)
    values = np.nan_to_num(np.concatenate([there.keypoints, there.scores[..., None]], axis=-1))
    for frame, person in enumerate(values):
        people = [{"pose_keypoints_2d": person.ravel().round(3).tolist()}]
        text = json.dumps({"version": 1.3, "people": people})
        (folder / f"{folder.name}_{frame:012d}_keypoints.json").write_text(text)


def write_coco(path: Path, people: Poses) -> None:
    """Write person annotations as COCO has them."""
    there = _in("coco17", people)
    annotations = []
    for number, (pose, known) in enumerate(zip(there.keypoints, there.scores, strict=True)):
        triples = np.column_stack([np.nan_to_num(pose), np.where(known > 0, 2, 0)])
        low, high = np.nanmin(pose, axis=0), np.nanmax(pose, axis=0)
        annotations.append(
            {
                "id": number + 1,
                "image_id": number + 1,
                "category_id": 1,
                "iscrowd": 0,
                "num_keypoints": int((known > 0).sum()),
                "keypoints": triples.round(2).ravel().tolist(),
                "bbox": [*map(float, low), *map(float, high - low)],
                "area": float(np.prod(high - low)),
            }
        )
    size = {"width": mannequin.WIDTH, "height": mannequin.HEIGHT}
    images = [{"id": a["id"], "file_name": f"{a['id']:012d}.jpg", **size} for a in annotations]
    categories = [{"id": 1, "name": "person", "keypoints": list(COCO17.joints)}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(content))


def write_coco_npz(path: Path, people: Poses) -> None:
    """Write the same as arrays."""
    there = _in("coco17", people)
    known = np.where(there.scores[..., None] > 0, 2, 0)
    np.savez(
        path,
        keypoints=np.nan_to_num(np.concatenate([there.keypoints, known], axis=-1)),
        image_id=np.arange(len(people)),
        wh=np.tile([mannequin.WIDTH, mannequin.HEIGHT], (len(people), 1)),
    )


def write_mpii(path: Path, people: Poses) -> None:
    """Write people as MPII's annotations have them."""
    import h5py

    with h5py.File(path, "w") as file:
        file["part"] = np.nan_to_num(_in("mpii16", people).keypoints).astype(float)
        file["imgname"] = np.array([f"{row:09d}.jpg" for row in range(len(people))], "S13")


def write_bvh(path: Path, activity: str, frames: int = 120) -> None:
    """Write a motion as BVH, in centimetres with y up: every joint has a position of its own.

    The left knee is there twice, the second time by a name that no program gives it.
    """
    poses = mannequin.motion(activity)[:frames, :, [1, 2, 0]] * 100
    names = ["Head", *(f"{side}{part}" for part in _LIMB_PARTS for side in ("Left", "Right"))]
    names.append("LKnee2")
    joints = [H36M17.index(joint) for joint in (*COCO13.joints, "left_knee")]
    channels = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    lines = ["HIERARCHY", "ROOT Hips", "{", "OFFSET 0 0 0", channels]
    for name in names:
        lines += [f"JOINT {name}", "{", "OFFSET 0 0 0", channels]
        lines += ["End Site", "{", "OFFSET 0 0 0", "}", "}"]
    lines += ["}", "MOTION", f"Frames: {len(poses)}", f"Frame Time: {1 / RATE:.6f}"]
    for pose in poses:
        places = [pose[0], *(pose[joints] - pose[0])]
        lines.append(" ".join(f"{x:.4f} {y:.4f} {z:.4f} 0 0 0" for x, y, z in places))
    path.write_text("\n".join(lines) + "\n")


_LIMB_PARTS = ("Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle")


def write_labelled(path: Path) -> None:
    """Write four activities, each performed twice before three cameras."""
    parts = []
    for activity in ("waving", "lunging", "squatting", "walking"):
        for start in (0, 100):
            for number, azimuth in enumerate((0.0, 60.0, -50.0), 1):
                part = record(activity, azimuth, 60, start, f"camera{number}")
                name = f"{activity}_{start}"
                parts.append(part.with_fields(sequence=[name] * 60, source=[name] * 60))
    Poses.concatenate(parts).save(path)


def write_photograph(path: Path) -> None:
    """Write the astronaut: her legs are out of the picture."""
    import skimage.data

    Image.fromarray(skimage.data.astronaut()).save(path)


def write_picture(path: Path, activity: str, azimuth: float, frame: int) -> None:
    """Write one picture of the mannequin."""
    pose = mannequin.motion(activity)[frame]
    Image.fromarray(mannequin.picture(pose, mannequin.camera(azimuth))).save(path)


def write_benchmark(path: Path, seed: int) -> None:
    """Write a benchmark of the built-in motions in two cameras."""
    from prvipe.data.benchmark import save_benchmark
    from prvipe.data.synthetic import CAMERAS, synthetic_benchmark

    benchmark = synthetic_benchmark(seed, 12, 1, cameras=np.concatenate([CAMERAS, CAMERAS[:1] + 9]))
    save_benchmark(benchmark, path)


def _folder(*makers: tuple[str, Callable[[Path], None]]) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.mkdir()
        for name, write in makers:
            write(path / name)

    return make


def _film(activity: str, azimuth: float, frames: int = 45, start: int = 0) -> Callable[..., None]:
    return lambda path: mannequin.write_film(path, activity, azimuth, frames, start)


def _day(path: Path) -> None:
    """Write a long recording of somebody who does one thing after the other."""
    parts = [record(activity, 70, 90) for activity in ("walking", "waving", "squatting")]
    frames = np.arange(sum(map(len, parts)))
    fields = {"frame": frames, "time": frames / RATE, "source": np.full(len(frames), "day.mp4")}
    Poses.concatenate(parts).with_fields(**fields).save(path)


def _actions(path: Path) -> None:
    """Write labelled recordings: a folder for each activity."""
    for activity in ("walking", "waving", "squatting"):
        (path / activity).mkdir(parents=True)
        for camera in (0, 90):
            record(activity, camera).save(path / activity / f"{camera}.parquet")


def _table(activity: str, azimuth: float) -> Callable[[Path], None]:
    return lambda path: write_csv(path, record(activity, azimuth))


INPUTS: dict[str, Callable[[Path], None]] = {
    "keypoints.csv": lambda path: write_csv(path, record("waving")),
    "keypoints.parquet": lambda path: record("waving").save(path),
    "astronaut.jpg": write_photograph,
    "photo.jpg": lambda path: write_picture(path, "lunging", 60, 20),
    "other.jpg": lambda path: write_picture(path, "lunging", 0, 40),
    "photos/": _folder(
        ("astronaut.jpg", write_photograph),
        ("lunge.jpg", lambda path: write_picture(path, "lunging", 0, 40)),
        ("squat.jpg", lambda path: write_picture(path, "squatting", 20, 20)),
    ),
    "clip.mp4": _film("waving", 20),
    "cam01.mp4": _film("lunging", 0),
    "cam02.mp4": _film("lunging", 45),
    "cam03.mp4": _film("lunging", -45),
    "cam04.mp4": _film("lunging", 70),
    "squats.mp4": _film("squatting", 30, 120),
    "coach.parquet": lambda path: record("macarena", 20).save(path),
    "me.parquet": lambda path: record("macarena", -60, 90, 20).save(path),
    "wave.parquet": lambda path: record("waving", 20, 45, 20).save(path),
    "new.parquet": lambda path: record("waving", 45, 60, 15).save(path),
    "day.parquet": _day,
    "actions/": _actions,
    "walk.bvh": lambda path: write_bvh(path, "walking"),
    "openpose/": lambda path: write_openpose(path, record("walking", frames=20)),
    "people.json": lambda path: write_coco(path, record("macarena")[::6]),
    "coco17_val2017.npz": lambda path: write_coco_npz(path, record("macarena")[::6]),
    "valid.h5": lambda path: write_mpii(path, record("disco")[::6]),
    "clips/": _folder(
        ("walk.bvh", lambda path: write_bvh(path, "walking")),
        ("squats.bvh", lambda path: write_bvh(path, "squatting")),
        *(
            (activity, _folder(("one.csv", _table(activity, 0)), ("two.csv", _table(activity, 60))))
            for activity in ("waving", "lunging", "squatting")
        ),
    ),
    "clips.parquet": write_labelled,
    "coach.mp4": _film("lunging", 10, 60),
    "me.mp4": _film("lunging", 55, 45, 20),
    "new.mp4": _film("waving", -30),
    "wave.mp4": _film("waving", 0, 15),
    "monday.mp4": _film("waving", 40, 60),
    "tuesday.parquet": lambda path: record("waving", 70, 200).save(path),
    "train.npz": lambda path: write_benchmark(path, 1),
    "val.npz": lambda path: write_benchmark(path, 2),
    "test.npz": lambda path: write_benchmark(path, 3),
}
"""Name -> what makes the file, or the folder where it ends in a slash."""


class Inputs:
    """Makes each file once and copies it to those who need it."""

    def __init__(self, store: Path) -> None:
        self._store = store

    def lay_out(self, text: str, folder: Path) -> None:
        """Copy the files that commands and snippets name, unless these write them, to a folder."""
        for name, make in INPUTS.items():
            bare = name.rstrip("/")
            whole = rf"(?<![\w.]){re.escape(bare)}(?![\w.]\w)"
            if re.search(whole, text) and not re.search(_WRITERS + whole, text):
                if not (self._store / bare).exists():
                    make(self._store / bare)
                copy = shutil.copytree if name.endswith("/") else shutil.copyfile
                copy(self._store / bare, folder / bare)
