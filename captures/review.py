#!/usr/bin/python3
"""Print an annotated review of a capture, with a tshark that has loaded tcpstate. captures/review runs this."""

import sys

from reviewing.command import main

if __name__ == "__main__":
    sys.exit(main())
