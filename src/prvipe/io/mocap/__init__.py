"""Raw motion capture: one reader per format, and `load_motion` for all of them."""

from prvipe.io.mocap.load import load_motion
from prvipe.io.mocap.recording import Recording

__all__ = ["Recording", "load_motion"]
