import json
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from prvipe.report.figure_files import save_figure
from prvipe.report.page import write_numbers, write_page
from prvipe.report.sections import Cell, Claim, ReportFigure, ReportTable, Section, Verdict

RECIPES = {"model": '{"batch_size": 256}'}


class Page(HTMLParser):
    """The tags of a page with their attributes, and its words."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data.split()


@pytest.fixture
def section(tmp_path: Path) -> Section:
    figure = Figure()
    figure.add_subplot().plot([0, 1], [1, 0])
    table = ReportTable(
        "Hits & misses",
        ("Hit@1", "Hit@5"),
        (
            ("Pr-VIPE", (Cell(0.25, 0.762), Cell(0.5, 0.921))),
            ("<ours>", (Cell(0.375), Cell(None))),
        ),
        emphasised="<ours>",
    )
    return Section(
        name="table1",
        title="Table 1: all systems",
        about="About it.",
        tables=[table],
        figures=[ReportFigure(save_figure(figure, tmp_path, "figure1"), "A line.")],
        claims=[Claim("It works", Verdict.FAILS, "0.1 < 0.2.")],
        notes=["Nothing else."],
        numbers={"hits": [0.25]},
    )


@pytest.fixture
def page(section: Section, tmp_path: Path) -> Page:
    write_page(tmp_path / "r.html", "A title", ["Summary."], {"seed": "0"}, RECIPES, [section])
    return Page(tmp_path / "r.html")


def test_the_page_needs_no_other_file(page: Page) -> None:
    addresses = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href")
    ]
    assert addresses
    assert all(value and value.startswith(("#", "data:")) for value in addresses)


def test_the_figure_is_in_the_page_as_vectors(page: Page) -> None:
    (source,) = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
    assert source is not None
    assert source.startswith("data:image/svg+xml;base64,")
    assert b"<svg" in b64decode(source.partition(",")[2])


def test_ours_and_the_paper_s_stand_side_by_side(page: Page) -> None:
    text = " ".join(page.words)
    assert "Pr-VIPE 0.250 0.762 0.500 0.921" in text
    assert "<ours> 0.375 - - -" in text
    assert "Ours, and small beside it the paper's." in text


def test_the_best_of_each_column_and_our_row_stand_out(page: Page) -> None:
    classes = [attributes.get("class") for _, attributes in page.tags]
    assert classes.count("best") == 2
    assert classes.count("emphasised") == 1


def test_claims_notes_and_settings_are_there(page: Page) -> None:
    text = " ".join(page.words)
    for part in ("It works does not hold 0.1 < 0.2.", "Nothing else.", "seed 0", "Hits & misses"):
        assert part in text


def test_json_has_every_number(section: Section, tmp_path: Path) -> None:
    write_numbers(tmp_path / "r.json", {"seed": "0"}, RECIPES, [section])
    written = json.loads((tmp_path / "r.json").read_text())
    (only,) = written["sections"]
    assert only["tables"][0]["rows"]["Pr-VIPE"] == {"ours": [0.25, 0.5], "paper": [0.762, 0.921]}
    assert only["numbers"] == {"hits": [0.25]}
    assert only["claims"][0]["verdict"] == "does not hold"
    assert written["settings"] == {"seed": "0"}
    assert written["recipes"] == {"model": {"batch_size": 256}}


def test_what_is_not_defined_is_null(tmp_path: Path) -> None:
    section = Section("x", "X", "", numbers={"hits": [0.5, float("nan")]})
    write_numbers(tmp_path / "r.json", {}, {}, [section])
    (only,) = json.loads((tmp_path / "r.json").read_text())["sections"]
    assert only["numbers"] == {"hits": [0.5, None]}


def test_rows_must_fill_the_columns() -> None:
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        ReportTable("", ("a", "b"), (("row", (Cell(0.1),)),))
