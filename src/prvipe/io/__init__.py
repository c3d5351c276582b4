"""Every file format <-> poses.

`load` asks the registered loaders in turn. Importing this package registers the built-in
ones; `register_loader` adds another format.
"""

from prvipe.io.arrays import load_npy, load_npz
from prvipe.io.coco import load_coco_json, load_coco_npz
from prvipe.io.mpii import load_mpii_h5, load_mpii_json
from prvipe.io.named_csv import load_named_csv
from prvipe.io.openpose import load_openpose
from prvipe.io.parquet import load_parquet
from prvipe.io.poem_csv import load_poem_csv
from prvipe.io.registry import Loader, load, register_loader
from prvipe.io.xview import load_xview

__all__ = [
    "Loader",
    "load",
    "load_coco_json",
    "load_coco_npz",
    "load_mpii_h5",
    "load_mpii_json",
    "load_named_csv",
    "load_npy",
    "load_npz",
    "load_openpose",
    "load_parquet",
    "load_poem_csv",
    "load_xview",
    "register_loader",
]
