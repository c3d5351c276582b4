"""Embeds files one after the other and prints the most memory taken until then, in kB, for each.

As a program: measured_run.py OUT MODEL FILE...
"""

import sys
from pathlib import Path

from prvipe.bulk.run import embed_all

if __name__ == "__main__":
    out, model, *sources = sys.argv[1:]
    for place, source in enumerate(sources):
        embed_all([source], f"{out}/{place}", model)
        # Not ru_maxrss, in which the program that started this one counts.
        status = Path("/proc/self/status").read_text()
        print(status.partition("VmHWM:")[2].split()[0])
