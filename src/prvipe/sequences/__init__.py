"""Recordings compared over time: aligned, found, recognised."""

from prvipe.sequences.alignment import Alignment, align
from prvipe.sequences.classification import Classification, LabelledClip, Neighbour, classify
from prvipe.sequences.keyframes import KeyPoses, find_key_poses
from prvipe.sequences.labelled import load_labelled
from prvipe.sequences.motion_search import Occurrence, find
from prvipe.sequences.repetitions import Repetitions, count_repetitions
from prvipe.sequences.timeline import EmbeddedRecording, Timeline, embed_recording, make_timeline

__all__ = [
    "Alignment",
    "Classification",
    "EmbeddedRecording",
    "KeyPoses",
    "LabelledClip",
    "Neighbour",
    "Occurrence",
    "Repetitions",
    "Timeline",
    "align",
    "classify",
    "count_repetitions",
    "embed_recording",
    "find",
    "find_key_poses",
    "load_labelled",
    "make_timeline",
]
