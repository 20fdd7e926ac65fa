"""`python -m proboost`: the command line."""

from proboost.cli import main

if __name__ == "__main__":
    main()
