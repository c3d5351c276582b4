"""Poses of a list, looked for in live cameras and growing files.

`Watcher` takes the people of one instant after the other and returns what they strike; it needs
nothing but them. `prvipe.watch.sources` reads cameras, files and folders as they grow, and
`prvipe.watch.watching` joins both for `prvipe watch`.
"""

from prvipe.watch.pose_list import PoseList
from prvipe.watch.records import Alert, WatchSettings
from prvipe.watch.watcher import Watcher

__all__ = ["Alert", "PoseList", "WatchSettings", "Watcher"]
