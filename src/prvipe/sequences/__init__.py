"""Recordings compared over time: aligned, found, recognised."""

from prvipe.sequences.alignment import Alignment, align
from prvipe.sequences.classification import Classification, LabelledClip, Neighbour, classify
from prvipe.sequences.motion_search import Occurrence, find
from prvipe.sequences.timeline import EmbeddedRecording, Timeline, embed_recording, make_timeline

__all__ = [
    "Alignment",
    "Classification",
    "EmbeddedRecording",
    "LabelledClip",
    "Neighbour",
    "Occurrence",
    "Timeline",
    "align",
    "classify",
    "embed_recording",
    "find",
    "make_timeline",
]
