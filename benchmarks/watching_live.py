"""`prvipe watch` before a live source: memory and latency in real time.

    python benchmarks/watching_live.py VIDEO LIST [--minutes 15] [--fps 30] [--height 480]

VIDEO is sent forwards and backwards, again and again, as MPEG-TS by UDP to 127.0.0.1, as a camera
in a network would; a process of `prvipe watch` looks at it. Its memory is sampled every second, of
which the first tenth is left out; what it says of itself (frames looked at and dropped, latency
from a frame's arrival to the decision) is printed every minute and at the end.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from prvipe.files import write_json

PORT = 23_571
PAGE = os.sysconf("SC_PAGE_SIZE")


def read_frames(video: Path, height: int) -> list[Any]:
    """The frames of a video, smaller."""
    with av.open(str(video)) as container:
        decoded = list(container.decode(video=0))
    width = 2 * round(height * decoded[0].width / decoded[0].height / 2)
    return [each.reformat(width=width, height=height, format="yuv420p") for each in decoded]


def send(frames: list[Any], fps: int, ended: threading.Event) -> None:
    """Send frames forwards and backwards, at their pace, until it is enough."""
    order = [*frames, *frames[-2:0:-1]]
    address = f"udp://127.0.0.1:{PORT}?pkt_size=1316"
    with av.open(address, "w", format="mpegts", options={"flush_packets": "1"}) as container:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        stream.bit_rate, stream.codec_context.gop_size = 1_500_000, fps // 2
        began, number = time.monotonic(), 0
        while not ended.is_set():
            frame = order[number % len(order)]
            frame.pts, frame.time_base = number, Fraction(1, fps)
            for packet in stream.encode(frame):
                container.mux(packet)
            number += 1
            time.sleep(max(0.0, began + number / fps - time.monotonic()))


def resident(process: int) -> int:
    """Bytes of memory that a process has."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Watching a live source.")
    parser.add_argument("video", type=Path)
    parser.add_argument("poses", type=Path)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--json", type=Path, help="where to write the samples")
    arguments = parser.parse_args()
    ended = threading.Event()
    frames = read_frames(arguments.video, arguments.height)
    sender = threading.Thread(target=send, args=(frames, arguments.fps, ended))
    sender.start()
    source = f"udp://127.0.0.1:{PORT}"
    words = ["-m", "prvipe", "watch", source, "--poses", str(arguments.poses), "--json"]
    watch = subprocess.Popen([sys.executable, *words, "--stats", "60s"])
    samples = []
    began = time.monotonic()
    while (passed := time.monotonic() - began) < 60 * arguments.minutes and watch.poll() is None:
        samples.append((passed / 3600, resident(watch.pid)))
        time.sleep(1)
    watch.send_signal(signal.SIGTERM)
    print("exit code", watch.wait())
    ended.set()
    sender.join()
    hours, sizes = np.array(samples[max(len(samples) // 10, 60) :], float).T
    slope = np.polyfit(hours, sizes, 1)[0]
    half = hours > hours.mean()
    later = np.polyfit(hours[half], sizes[half], 1)[0]
    print(
        f"memory over {60 * (hours[-1] - hours[0]):.1f} minutes: first {sizes[0] / 1e6:.1f} MB, "
        f"last {sizes[-1] / 1e6:.1f} MB, most {sizes.max() / 1e6:.1f} MB; "
        f"{slope / 1e6:+.2f} MB per hour ({later / 1e6:+.2f} in the second half)"
    )
    if arguments.json:
        write_json(arguments.json, {"hours": hours.tolist(), "bytes": sizes.tolist()})


if __name__ == "__main__":
    main()
