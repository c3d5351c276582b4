"""Human3.6M: four calibrated cameras around eleven actors (available on request only)."""

from prvipe.io.human36m.cameras import CAMERA_NAMES, Human36mCamera, cameras_of
from prvipe.io.human36m.reader import EVALUATION_SUBJECTS, TRAINING_SUBJECTS, load_human36m

__all__ = [
    "CAMERA_NAMES",
    "EVALUATION_SUBJECTS",
    "TRAINING_SUBJECTS",
    "Human36mCamera",
    "cameras_of",
    "load_human36m",
]
