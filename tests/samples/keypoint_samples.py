"""A small valid file of every format that `prvipe.load` reads: people who stand, made up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from motion_samples import write_motion_samples
from standing_person import FRAMES, IMAGE_SIZE, PEOPLE, standing

from prvipe.poses import Poses
from prvipe.skeleton import (
    BODY25,
    COCO13,
    COCO17,
    COCO18,
    HALPE26,
    MEDIAPIPE33,
    MPII16,
    Skeleton,
)


@dataclass(frozen=True)
class Sample:
    """A small valid file or folder of a format, and how to load it.

    Attributes:
        path: the file or folder.
        skeleton: what `load` should say it is.
        options: to be handed to `load`.
        people: how many rows it has.
    """

    path: Path
    skeleton: Skeleton
    options: Mapping[str, Any] = field(default_factory=dict)
    people: int = FRAMES * PEOPLE


NAMES = (
    *("coco", "coco_results", "alphapose", "halpe", "mmpose", "mmpose_demo", "mmpose_image"),
    *("mediapipe", "mpii", "openpose body25", "openpose body25 file", "openpose coco18"),
    *("openpose coco18 file", "yolo", "yolo file", "csv", "mediapipe_csv", "mediapipe_numbered"),
    *("poem", "xview", "npz", "coco_npz", "npy", "parquet", "mpii_h5", "bvh", "trc", "amc", "c3d"),
)


def write_samples(folder: Path) -> dict[str, Sample]:
    """Write one `Sample` for each of `NAMES` into a folder that exists."""
    motion = {
        name: Sample(path, COCO13, {"camera": (30, 5, 4)}, people=4)
        for name, path in write_motion_samples(folder).items()
    }
    return (
        write_json_samples(folder)
        | write_text_samples(folder)
        | write_binary_samples(folder)
        | motion
    )


def write_json_samples(folder: Path) -> dict[str, Sample]:
    rows = [(frame, person) for frame in range(FRAMES) for person in range(PEOPLE)]

    def record(skeleton: Skeleton, frame: int, person: int, **more: Any) -> dict[str, Any]:
        points = np.column_stack(
            [standing(skeleton, frame, person), np.full(len(skeleton.joints), 0.8)]
        )
        return {"category_id": 1, "keypoints": points.ravel().tolist(), "score": 0.9, **more}

    def instance(skeleton: Skeleton, frame: int, person: int) -> dict[str, Any]:
        points = standing(skeleton, frame, person)
        scores = [0.8] * len(points)
        return {"keypoints": points.tolist(), "keypoint_scores": scores, "bbox_score": 0.9}

    def landmarks(frame: int, person: int) -> list[dict[str, float]]:
        points = standing(MEDIAPIPE33, frame, person) / IMAGE_SIZE
        return [{"x": x, "y": y, "z": -0.1, "visibility": 0.8} for x, y in points.tolist()]

    coco = {
        "images": [{"id": n, "width": 640, "height": 480} for n in range(FRAMES)],
        "annotations": [
            {
                "id": 10 * frame + person,
                "image_id": frame,
                "bbox": [1, 2, 3, 4],
                "keypoints": np.column_stack([standing(COCO17, frame, person), np.full(17, 2)])
                .astype(int)
                .ravel()
                .tolist(),
            }
            for frame, person in rows
        ],
        "categories": [{"keypoints": list(COCO17.joints)}],
    }
    frames = [
        {"frame_id": f, "instances": [instance(COCO17, f, p) for p in range(PEOPLE)]}
        for f in range(FRAMES)
    ]
    contents: dict[str, tuple[Any, Skeleton, int]] = {
        "coco": (coco, COCO17, len(rows)),
        "coco_results": ([record(COCO17, f, p, image_id=f) for f, p in rows], COCO17, len(rows)),
        "alphapose": (
            [
                record(COCO17, f, p, image_id=f"{f}.jpg", box=[0, 0, 9, 9], idx=7 + p)
                for f, p in rows
            ],
            COCO17,
            len(rows),
        ),
        "halpe": (
            [record(HALPE26, f, p, image_id=f"{f}.jpg") for f, p in rows],
            HALPE26,
            len(rows),
        ),
        "mmpose": (frames, COCO17, len(rows)),
        "mmpose_demo": (
            {"meta_info": {"dataset_name": "coco"}, "instance_info": frames},
            COCO17,
            len(rows),
        ),
        "mmpose_image": ([instance(HALPE26, 0, p) for p in range(PEOPLE)], HALPE26, PEOPLE),
        "mediapipe": (
            {
                "width": IMAGE_SIZE[0],
                "height": IMAGE_SIZE[1],
                "frames": [
                    {"timestamp_ms": 40 * f, "landmarks": [landmarks(f, p) for p in range(PEOPLE)]}
                    for f in range(FRAMES)
                ],
            },
            MEDIAPIPE33,
            len(rows),
        ),
        "mpii": (
            [{"image": "a.jpg", "joints": standing(MPII16, f, p).tolist()} for f, p in rows],
            MPII16,
            len(rows),
        ),
    }
    samples = {}
    for name, (content, skeleton, people) in contents.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        samples[name] = Sample(path, skeleton, people=people)
    for skeleton in (BODY25, COCO18):
        frames_folder = folder / f"openpose {skeleton.name}"
        frames_folder.mkdir()
        for f in range(FRAMES):
            people_of = [record(skeleton, f, p)["keypoints"] for p in range(PEOPLE)]
            content = {"version": 1.3, "people": [{"pose_keypoints_2d": k} for k in people_of]}
            (frames_folder / f"walk_{f:012d}_keypoints.json").write_text(json.dumps(content))
        samples[frames_folder.name] = Sample(frames_folder, skeleton)
        file = frames_folder / "walk_000000000001_keypoints.json"
        samples[f"{frames_folder.name} file"] = Sample(file, skeleton, people=PEOPLE)
    return samples


def write_text_samples(folder: Path) -> dict[str, Sample]:
    rows = [(frame, person) for frame in range(FRAMES) for person in range(PEOPLE)]
    labels = folder / "labels"
    labels.mkdir()
    for f in range(FRAMES):
        lines = []
        for p in range(PEOPLE):
            points = np.column_stack([standing(COCO17, f, p) / IMAGE_SIZE, np.full(17, 0.8)])
            lines.append(" ".join(f"{n:.6g}" for n in (0, 0.5, 0.5, 0.1, 0.2, *points.ravel())))
        (labels / f"walk_{f}.txt").write_text("\n".join(lines) + "\n")
    size = {"image_size": IMAGE_SIZE}

    def table(name: str, header: list[str], lines: list[list[Any]]) -> Path:
        path = folder / f"{name}.csv"
        text = [",".join(header), *(",".join(map(str, line)) for line in lines)]
        path.write_text("\n".join(text) + "\n", encoding="utf-8")
        return path

    def numbers(skeleton: Skeleton, f: int, p: int, scale: Any, *more: float) -> list[float]:
        points = standing(skeleton, f, p) / scale
        return [n for x, y in points.tolist() for n in (x, y, *more)]

    by_joint = [f"{j}_{axis}" for j in COCO13.joints for axis in ("x", "y", "score")]
    named = [f"{j}_{a}" for j in MEDIAPIPE33.joints for a in ("x", "y", "z", "visibility")]
    numbered = [f"{a}{n}" for n in range(1, 34) for a in "xyzv"]
    parts = ["NOSE_TIP" if j == "head" else j.upper() for j in COCO13.joints]
    poem = ["image/width", "image/height"]
    poem += [
        f"image/object/part/{part}/{what}"
        for part in parts
        for what in ("center/x", "center/y", "score")
    ]
    return {
        "yolo": Sample(labels, COCO17, size),
        "yolo file": Sample(labels / "walk_1.txt", COCO17, size, people=PEOPLE),
        "csv": Sample(
            table(
                "by joint",
                ["frame", "person", *by_joint],
                [[f, p, *numbers(COCO13, f, p, 1, 0.8)] for f, p in rows],
            ),
            COCO13,
        ),
        "mediapipe_csv": Sample(
            table(
                "landmarks",
                ["frame", *named],
                [[f, *numbers(MEDIAPIPE33, f, p, IMAGE_SIZE, -0.1, 0.8)] for f, p in rows],
            ),
            MEDIAPIPE33,
            size,
        ),
        "mediapipe_numbered": Sample(
            table(
                "numbered",
                ["class", *numbered],
                [["walk", *numbers(MEDIAPIPE33, f, p, IMAGE_SIZE, -0.1, 0.8)] for f, p in rows],
            ),
            MEDIAPIPE33,
            size,
        ),
        "poem": Sample(
            table(
                "poem",
                poem,
                [[*IMAGE_SIZE, *numbers(COCO13, f, p, IMAGE_SIZE, 0.8)] for f, p in rows],
            ),
            COCO13,
        ),
    }


def write_binary_samples(folder: Path) -> dict[str, Sample]:
    people = np.stack([standing(COCO17, f, p) for f in range(FRAMES) for p in range(PEOPLE)])
    seen = np.concatenate([people, np.full((*people.shape[:2], 1), 2.0)], axis=-1)
    np.savez(folder / "arrays.npz", keypoints=people, scores=np.full(people.shape[:2], 0.8))
    np.savez(
        folder / "coco people.npz",
        keypoints=seen,
        wh=np.tile(IMAGE_SIZE, (len(people), 1)),
        image_id=np.arange(len(people)),
    )
    np.save(folder / "array.npy", people)
    Poses(people, None, COCO17, {"frame": np.arange(len(people))}).save(folder / "poses.parquet")
    named = {"skeleton": "coco17"}
    poses3d = np.zeros((4, 17, 3), np.float32)
    poses3d[:] = np.linspace((0, 0, 0), (0.1, 0.2, 1.6), 17)
    views = np.tile(standing(COCO13) / 480, (4, 2, 1, 1)).astype(np.float32)
    np.savez(
        folder / "benchmark.npz",
        poses3d=poses3d,
        kp2d_det=views,
        cameras=np.array([[45, 8, 5], [135, 8, 5]], np.float32),
        sequence=np.zeros(4, np.int32),
        sequence_names=np.array(["walk"]),
        activity=np.array(["walk"]),
        fps=np.array([25], np.float32),
        joints=np.array(
            [
                *("Hip", "RHip", "RKnee", "RFoot", "LHip", "LKnee", "LFoot", "Spine", "Thorax"),
                *("Neck", "Head", "LShoulder", "LElbow", "LWrist"),
                *("RShoulder", "RElbow", "RWrist"),
            ]
        ),
    )
    with h5py.File(folder / "valid.h5", "w") as file:
        file["part"] = np.stack([standing(MPII16, f, p) for f in range(FRAMES) for p in (0, 1)])
        file["imgname"] = np.array([f"{row:09d}.jpg" for row in range(len(people))], "S13")
    return {
        "mpii_h5": Sample(folder / "valid.h5", MPII16),
        "xview": Sample(folder / "benchmark.npz", COCO13, people=8),
        "npz": Sample(folder / "arrays.npz", COCO17, named),
        "coco_npz": Sample(folder / "coco people.npz", COCO17),
        "npy": Sample(folder / "array.npy", COCO17, named),
        "parquet": Sample(folder / "poses.parquet", COCO17),
    }
