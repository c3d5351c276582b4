"""People in images and videos, found by MediaPipe (see `prvipe.detection`)."""

from pathlib import Path

from prvipe.detection import MediaPipeDetector, detect
from prvipe.detection.media_files import IMAGE_SUFFIXES, VIDEO_SUFFIXES, media_inside
from prvipe.io.registry import FOLDER, agreed_skeleton, register_loader
from prvipe.poses import Poses
from prvipe.progress import reading
from prvipe.skeleton import Skeleton


@register_loader(
    "images and videos",
    suffixes=(*IMAGE_SUFFIXES, *VIDEO_SUFFIXES, FOLDER),
    expects="images and videos in which people are looked for",
    accepts=lambda path: not path.is_dir() or any(media_inside(path)),
)
def load_media(path: Path, skeleton: Skeleton | None) -> Poses:
    """Find the person in an image, in every frame of a video, or in all of a folder.

    That takes long; `prvipe detect` does it once, shows how far it is and can be stopped.

    Args:
        path: an image, a video, or a folder of them.
        skeleton: ``mediapipe33`` or None.

    Returns:
        Keypoints in pixels in ``mediapipe33``, one row per frame with a person, with the fields of
        `prvipe.detection.detect`.

    Raises:
        InputError: the extra `detect` is not installed, a file cannot be read to its end, nobody
            was found, or another skeleton was named.
    """
    agreed_skeleton(skeleton, MediaPipeDetector.skeleton)
    return detect(path, MediaPipeDetector(), progress=reading.get())
