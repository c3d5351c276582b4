"""Pure maths on poses: normalisation, Procrustes alignment, cameras and projection."""

from prvipe.geometry.cameras import PinholeCamera
from prvipe.geometry.normalization import normalize_2d, normalize_3d
from prvipe.geometry.procrustes import np_mpjpe, np_mpjpe_candidates, np_mpjpe_matrix

__all__ = [
    "PinholeCamera",
    "normalize_2d",
    "normalize_3d",
    "np_mpjpe",
    "np_mpjpe_candidates",
    "np_mpjpe_matrix",
]
