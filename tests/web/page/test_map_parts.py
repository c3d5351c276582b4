"""What the map is made of: colours, the search for points, the answer of the server."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest


def colors_of(page: Any, expression: str) -> np.ndarray[Any, Any]:
    """Colours (N, 3), 0 to 1, that an expression on the module `palette` gives as #rrggbb."""
    texts = page.evaluate(
        f"async () => {{ const palette = await import('/app/map/palette.js'); "
        f"return {expression}; }}"
    )
    return np.array([[int(text[at : at + 2], 16) for at in (1, 3, 5)] for text in texts]) / 255


def linear(colors: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """CIELAB of linear sRGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = light @ np.array(to_xyz).T / [0.9505, 1, 1.089]
    bent = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack(
        [
            116 * bent[:, 1] - 16,
            500 * (bent[:, 0] - bent[:, 1]),
            200 * (bent[:, 1] - bent[:, 2]),
        ],
        axis=1,
    )


# Machado, Oliveira and Fernandes (2009), severity 1.
EYES = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.fixture(scope="module")
def palette_page(browser: Any, server: str) -> Iterator[Any]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(server)
    yield page
    context.close()


def test_names_of_categories_are_cut_to_what_tells_them_apart(palette_page):
    labels = """async (names) => {
      const { colorPoints } = await import("/app/map/palette.js");
      const rows = Uint32Array.from(names, (_, place) => place);
      const header = { color: { kind: "category", names } };
      const points = { header, rows, color: Float32Array.from(rows) };
      return colorPoints(points, "light").legend.map(({ label }) => label);
    }"""
    paths = [f"a/long/way/to/{number}.bvh" for number in range(9)]
    told = palette_page.evaluate(labels, paths)
    assert told == [f"{number}.bvh" for number in range(9)], "one that is left has its own name"
    alike = ["a/walk.bvh", "b/walk.bvh"]
    assert palette_page.evaluate(labels, alike) == alike


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eyes", list(EYES))
def test_categories_are_told_apart_by_all_eyes(palette_page, theme, eyes):
    colors = colors_of(palette_page, f"palette.CATEGORIES.{theme}")
    seen = lab(np.clip(linear(colors) @ np.array(EYES[eyes]).T, 0, 1))
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    # The first four are by far the commonest case and lie farther apart.
    assert apart[:4, :4].min() > 30
    assert apart.min() > 15


@pytest.mark.parametrize(("theme", "ground"), [("light", "#ffffff"), ("dark", "#11161c")])
def test_colours_stand_out_from_the_ground(palette_page, theme, ground):
    luminance = [0.2126, 0.7152, 0.0722]
    under = linear(np.array([int(ground[at : at + 2], 16) for at in (1, 3, 5)]) / 255) @ luminance
    for expression in (f"palette.CATEGORIES.{theme}", f"palette.numberScale('{theme}', 12)"):
        over = linear(colors_of(palette_page, expression)) @ luminance
        contrast = (np.maximum(over, under) + 0.05) / (np.minimum(over, under) + 0.05)
        assert contrast.min() > 2.2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_larger_numbers_are_lighter(palette_page, theme):
    lightness = lab(linear(colors_of(palette_page, f"palette.numberScale('{theme}', 32)")))[:, 0]
    assert (np.diff(lightness) > 0).all()


def test_nearest_and_enclosed_points_are_those_of_a_plain_search(palette_page):
    rng = np.random.default_rng(4)
    xy = np.clip(rng.normal(scale=0.4, size=(3000, 2)), -1, 1).astype(np.float32).astype(float)
    shown = rng.random(3000) < 0.7
    asked = rng.uniform(-1.1, 1.1, (60, 2))
    outline = [[-0.5, -0.4], [0.6, -0.5], [0.1, 0.0], [0.5, 0.6], [-0.4, 0.5]]
    nearest, enclosed = palette_page.evaluate(
        """async ([xy, shown, asked, outline]) => {
          const { PointGrid } = await import("/app/map/grid.js");
          const grid = new PointGrid(Float32Array.from(xy.flat()));
          const mask = Uint8Array.from(shown);
          return [asked.map(([x, y]) => grid.nearest(x, y, 0.2, mask)), grid.within(outline, mask)];
        }""",
        [xy.tolist(), shown.tolist(), asked.tolist(), outline],
    )
    distances = np.linalg.norm(asked[:, None] - xy[None], axis=-1)
    distances[:, ~shown] = np.inf
    for place, found in enumerate(nearest):
        best = distances[place].argmin()
        assert found == (best if distances[place, best] <= 0.2 else None)
    from matplotlib.path import Path

    inside = Path(outline).contains_points(xy) & shown
    assert sorted(enclosed) == np.flatnonzero(inside).tolist()


def test_an_answer_that_is_too_short_is_refused(palette_page):
    header = json.dumps({"count": 20, "color": None}).encode().ljust(28)
    body = len(header).to_bytes(4, "little") + header + bytes(16 * 20 - 4)
    message = palette_page.evaluate(
        """async (bytes) => {
          const { readMap } = await import("/app/map/answer.js");
          try { readMap(Uint8Array.from(bytes).buffer); } catch (error) { return error.message; }
        }""",
        list(body),
    )
    assert message == "the map holds 316 bytes, not 16 for each of 20 points"


def test_mixed_colours_are_between_both(palette_page):
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (40, 2, 3))
    shares = rng.integers(0, 257, 40)
    mixed = palette_page.evaluate(
        """async ([colors, shares]) => {
          const { mix, packColor } = await import("/app/map/raster.js");
          return colors.map((pair, at) => {
            const [a, b] = pair.map(([r, g, b]) => packColor(`rgb(${r}, ${g}, ${b})`));
            const color = mix(a, b, shares[at]);
            return [color & 255, (color >>> 8) & 255, (color >>> 16) & 255, color >>> 24];
          });
        }""",
        [colors.tolist(), shares.tolist()],
    )
    share = shares[:, None] / 256
    wanted = colors[:, 1] * share + colors[:, 0] * (1 - share)
    got = np.array(mixed)
    assert (got[:, 3] == 255).all()
    assert np.abs(got[:, :3] - wanted).max() <= 1
