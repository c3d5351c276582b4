import re
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from prvipe.errors import InputError
from prvipe.report.figure_files import save_figure


def make_figure() -> Figure:
    figure = Figure(figsize=(2, 1))
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], clip_on=True)
    axes.set_title("Cross-view")
    return figure


def test_three_files_of_one_figure(tmp_path: Path) -> None:
    files = save_figure(make_figure(), tmp_path, "figure-8")
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert [file.name for file in files] == ["figure-8.svg", "figure-8.pdf", "figure-8.png"]
    assert files.svg.read_bytes().startswith(b"<?xml")
    assert files.pdf.read_bytes().startswith(b"%PDF")
    assert imread(files.png).shape[:2] == (200, 400)


def test_text_is_text(tmp_path: Path) -> None:
    files = save_figure(make_figure(), tmp_path, "figure")
    svg = files.svg.read_text()
    assert "Cross-view</text>" in svg
    assert re.search(r"font[^;]*: *[^;]*'DejaVu Sans'[^;]*Arial[^;]*sans-serif", svg)
    assert b"/TrueType" in files.pdf.read_bytes() or b"/Type0" in files.pdf.read_bytes()
    assert b"/Type3" not in files.pdf.read_bytes()


def test_equal_figures_make_equal_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = save_figure(make_figure(), tmp_path, "first")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")  # what matplotlib takes as today if asked
    second = save_figure(make_figure(), tmp_path, "second")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_failure_leaves_earlier_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = save_figure(make_figure(), tmp_path, "figure")
    before = [file.read_bytes() for file in files]
    broken = make_figure()
    broken.set_facecolor("red")
    save = broken.savefig

    def fail_at_png(path: Path, **options: Any) -> None:
        if options["format"] == "png":
            raise OSError(28, "No space left on device")
        save(path, **options)

    monkeypatch.setattr(broken, "savefig", fail_at_png)
    with pytest.raises(InputError, match="No space left"):
        save_figure(broken, tmp_path, "figure")
    assert [file.read_bytes() for file in files] == before
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        save_figure(make_figure(), tmp_path / "nowhere", "figure")


@pytest.mark.parametrize("name", ["", "a/b", "..", "/tmp"])
def test_names_are_file_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name of a figure"):
        save_figure(make_figure(), tmp_path, name)
