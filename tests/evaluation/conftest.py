import numpy as np
import pytest

from prvipe.data.benchmark import CrossViewBenchmark


@pytest.fixture
def benchmark() -> CrossViewBenchmark:
    """Forty frames of random bodies, four sequences, seen by cameras 3, 5 and 8 of some rig."""
    rng = np.random.default_rng(0)
    body = rng.normal(size=(17, 3))
    poses = (body + 0.6 * rng.normal(size=(40, 17, 3))).astype(np.float32)
    views = rng.normal(size=(40, 3, 13, 2)).astype(np.float32)
    return CrossViewBenchmark(
        poses3d=poses,
        keypoints={"det": views + np.float32(0.01), "gt": views},
        cameras=np.array([[0, 5, 4], [120, 5, 4], [240, 5, 4]], np.float32),
        sequence=np.repeat(np.arange(4), 10).astype(np.int32),
        sequence_names=np.array(["a", "b", "c", "d"]),
        activity=np.array(["walk", "run", "side_step", "sit"]),
        fps=np.full(4, 30, np.float32),
        camera_ids=np.array([3, 5, 8]),
        source="forty.npz",
    )
