"""``python -m rpmsim`` is the same program as ``rpmsim``."""

from rpmsim.cli import main

if __name__ == "__main__":
    main()
