"""Every file format <-> poses.

`load` asks the registered loaders in turn. Importing this package registers the built-in
ones; `register_loader` adds another format.
"""

# Asked last: a folder of keypoints may hold the images they are from.
from prvipe.io.media import load_media  # isort: skip

from prvipe.io.alphapose import load_alphapose
from prvipe.io.arrays import load_npy, load_npz
from prvipe.io.coco import load_coco_json, load_coco_npz
from prvipe.io.coco_results import load_coco_results
from prvipe.io.mediapipe_json import load_mediapipe_json
from prvipe.io.mmpose import load_mmpose
from prvipe.io.mocap.seen import load_seen_motion
from prvipe.io.mpii import load_mpii_h5, load_mpii_json
from prvipe.io.named_csv import load_named_csv
from prvipe.io.openpose import load_openpose
from prvipe.io.parquet import load_parquet
from prvipe.io.poem_csv import load_poem_csv
from prvipe.io.reading import ReadingOptions
from prvipe.io.registry import (
    Loader,
    load,
    load_poses3d,
    register_loader,
    register_loader_with_options,
)
from prvipe.io.xview import load_xview
from prvipe.io.yolo import load_yolo

# Asked before the CSV by joint, which its columns would fit too.
from prvipe.io.mediapipe_csv import load_mediapipe_csv  # isort: skip

__all__ = [
    "Loader",
    "ReadingOptions",
    "load",
    "load_alphapose",
    "load_coco_json",
    "load_coco_npz",
    "load_coco_results",
    "load_media",
    "load_mediapipe_csv",
    "load_mediapipe_json",
    "load_mmpose",
    "load_mpii_h5",
    "load_mpii_json",
    "load_named_csv",
    "load_npy",
    "load_npz",
    "load_openpose",
    "load_parquet",
    "load_poem_csv",
    "load_poses3d",
    "load_seen_motion",
    "load_xview",
    "load_yolo",
    "register_loader",
    "register_loader_with_options",
]
