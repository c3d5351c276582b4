"""`prvipe` and `python -m prvipe`: nothing is imported before Ctrl-C is heard."""

import sys

INTERRUPTED = 128 + 2
"""What a shell calls the end of a program by SIGINT."""


def main() -> None:
    """Run the program; Ctrl-C ends it with a line and exit code 130, while it starts, too."""
    try:
        from prvipe.cli import main as run

        run()
    except (KeyboardInterrupt, RuntimeError) as error:
        # Python 3.11 makes a RuntimeError of whatever is raised while a class is made.
        if not any(isinstance(each, KeyboardInterrupt) for each in (error, error.__cause__)):
            raise
        sys.stderr.write("stopped\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
