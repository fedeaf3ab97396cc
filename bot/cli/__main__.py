"""`python -m bot.cli` is `slate`."""

from bot.cli import main

if __name__ == "__main__":
    main()
