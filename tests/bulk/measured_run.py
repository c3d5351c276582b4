"""Embeds as a program and prints the most memory it took, in kB: measured_run.py OUT MODEL FILE."""

import sys
from pathlib import Path

from prvipe.bulk.run import embed_all

if __name__ == "__main__":
    out, model, source = sys.argv[1:]
    embed_all([source], out, model)
    # Not ru_maxrss, in which the program that started this one counts.
    status = Path("/proc/self/status").read_text()
    print(status.partition("VmHWM:")[2].split()[0])
