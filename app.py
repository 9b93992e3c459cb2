"""The app's entry point, a Space's too: `python app.py [--host H] [--port P]`."""

import sys

from playground.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
