"""People in images and videos: reading the media, finding the people, keeping what was found.

`detect` takes media and a `Detector`: `MediaPipeDetector`, `RtmlibDetector`, or any function as a
`FunctionDetector`. `read_frames` reads the media without looking for anybody.
"""

from prvipe.detection.detector import Detector, FunctionDetector, People
from prvipe.detection.frames import Frame, read_frames
from prvipe.detection.mediapipe_pose import MediaPipeDetector
from prvipe.detection.rtmlib_pose import RtmlibDetector
from prvipe.detection.run import Detections, MediaFile, detect, detect_readable

__all__ = [
    "Detections",
    "Detector",
    "Frame",
    "FunctionDetector",
    "MediaFile",
    "MediaPipeDetector",
    "People",
    "RtmlibDetector",
    "detect",
    "detect_readable",
    "read_frames",
]
