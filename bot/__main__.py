"""`python -m bot` is `govi`."""

from bot.cli import main

main()
