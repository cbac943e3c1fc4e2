"""`python -m sodakd` is the `sodakd` command."""

from sodakd.cli import main

if __name__ == "__main__":
    main()
