"""`python -m vio` is the `vio` command."""

from vio.cli import main

if __name__ == "__main__":
    main()
