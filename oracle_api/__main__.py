"""Commands for operators: ``python -m oracle_api --help``."""

import argparse
import sys
from collections.abc import Sequence

from oracle_api.commands import token
from oracle_api.exceptions import OracleApiError


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry a command out.

    Args:
        arguments: of the command line; None is the process's own.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m oracle_api", description="Commands for operators of oracle_api."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    token.add_to(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except OracleApiError as exc:
        sys.stderr.write(f"{parser.prog}: {exc.detail}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
