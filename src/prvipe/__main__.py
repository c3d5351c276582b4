"""`prvipe` and `python -m prvipe`: nothing is imported before Ctrl-C is heard."""

import sys

INTERRUPTED = 128 + 2
"""What a shell calls the end of a program by SIGINT."""


def main() -> None:
    """Run the program; Ctrl-C ends it with a line and exit code 130, while it starts, too."""
    try:
        from prvipe.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
