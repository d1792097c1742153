"""`python -m kubetriage.cli`."""

from kubetriage.cli import main

main()
