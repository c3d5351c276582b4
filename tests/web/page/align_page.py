"""What the tests of the align page share."""

import re
import urllib.request

MOVE = "squatting"
SLIDER = "role=slider[name='Moment of both clips']"


PAINTED = """(side) => {
  const canvas = document.querySelectorAll(".stage-picture")[side];
  if (!canvas.width) return false;
  const pixel = canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1);
  return pixel.data[3] === 255;
}"""


def fetch_bytes(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read()


def frames_shown(page):
    """Frame numbers that are shown of both clips."""
    found = [re.search(r"frame\s+([\d,]+)", text) for text in _captions(page)]
    return tuple(int(each[1].replace(",", "")) for each in found)


def time_shown(page):
    """Seconds that are shown of the first clip."""
    return float(re.search(r"([\d.]+) s", _captions(page)[0])[1])


def _captions(page):
    return page.locator(".stage-caption").all_inner_texts()
