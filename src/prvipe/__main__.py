"""`python -m prvipe`."""

from prvipe.cli import main

if __name__ == "__main__":
    main()
