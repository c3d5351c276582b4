"""The reading of pages itself: a test that follows nothing would pass."""

from pathlib import Path

import pytest
from pages import blocks_of, first_not_shown, inline_commands, shell_lines
from running import Reader, files_said_to_be_written, unknown_names

PAGE = """# Title

Text with `prvipe embed keypoints.csv --out e.parquet` in it.

```bash
prvipe info base  # a comment
prvipe info \\
    small
```

prints

```text
base: ...
parameters 4,000
```

    prvipe demo

    left as it is

<!-- not run: takes hours -->

```python
import prvipe
```

| command | what |
|---|---|
| `prvipe info base` | what it is |
| `keypoints.csv` | no command |

1. In a list

    ```sh
    make test
    ```
"""


def test_blocks_are_fences_indented_commands_and_rows_of_tables() -> None:
    blocks = blocks_of("page.md", PAGE)
    assert [(block.language, block.line) for block in blocks] == [
        ("shell", 6),
        ("shell", 18),
        ("python", 25),
        ("shell", 30),
        ("shell", 36),
    ]
    assert blocks[0].output == "base: ...\nparameters 4,000"
    assert [block.not_run for block in blocks] == [None, None, "takes hours", None, None]
    assert blocks[3].text == "prvipe info base"
    assert blocks[4].text == "make test"


def test_lines_of_the_shell_are_joined_and_comments_left_out() -> None:
    text = blocks_of("page.md", PAGE)[0].text
    assert shell_lines(text) == ["prvipe info base  # a comment", "prvipe info small"]
    assert shell_lines("# nothing\n\n") == []


def test_stated_output_may_differ_in_numbers_spaces_and_lines_of_tables() -> None:
    printed = "│ base:  one of ours │\nparameters    4,282,402\n"
    assert first_not_shown("base: ...\nparameters 4,000", printed) is None
    assert first_not_shown("base: one of yours", printed) == "base: one of yours"
    assert first_not_shown("...\nparametres 4,000", printed) == "parametres 4,000"


def test_names_that_the_program_does_not_have_are_found() -> None:
    assert inline_commands(PAGE) == [
        "prvipe embed keypoints.csv --out e.parquet",
        "prvipe info base",
    ]
    assert unknown_names("prvipe embed keypoints.csv --out e.parquet --model=base") == []
    assert unknown_names("prvipe data build clips/ --out c.npz --fsp 10") == ["--fsp"]
    assert unknown_names("prvipe embedd keypoints.csv") == ["embedd"]
    assert unknown_names("prvipe data biuld clips/") == ["biuld"]
    assert unknown_names("prvipe COMMAND --help") == []


def test_files_are_said_to_be_written() -> None:
    assert files_said_to_be_written("It writes a gallery, `out/gallery.png`.") == [
        "out/gallery.png"
    ]
    assert files_said_to_be_written("It reads. `gallery.png` is one.") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```bash\nprvipe info nothing\n```", "ends with 2"),
        ("```bash\ntest -d nowhere | cat && false\n```", "ends with 1"),
        ("```python\n1 / 0\n```", "division by zero"),
        ("```bash\nprvipe info base\n```\n```text\nnever printed\n```", "'never printed'"),
        ("```bash\nmake bench\n```", "CI does not run make bench"),
        ('```bash\npip install "prvipe[nonsense]"\n```', "no extra nonsense"),
        ("```bash\necho --out there.png\n```", "does not write there.png"),
    ],
)
def test_what_does_not_work_is_noticed(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path, make_targets=frozenset({"test"}))
    (block,) = blocks_of("page.md", text)
    with pytest.raises((AssertionError, ZeroDivisionError), match=message):
        reader.follow(block)


def test_what_works_goes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "```bash\nmake test\nprvipe info base\n```\n```text\nparameters 1\n```\n"
    text += "```python\nx = 1\n```\n```python\nprint(x + 1)\n```\n```text\n7\n```\n"
    reader = Reader(tmp_path, make_targets=frozenset({"test"}))
    printed = [reader.follow(block) for block in blocks_of("page.md", text)]
    assert printed[1:] == ["", "2\n"]
