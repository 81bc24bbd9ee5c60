"""One command from nothing to a running Wardroom: ``python -m config.up``.

Also ``python -m config.up --throwaway [--demo | --empty] -- COMMAND...``: run one command
against servers that exist only for it.
"""

import argparse
import os
import sys
from collections.abc import Sequence

import config.embedded.own_python as own_python
from config.embedded import environment, product, steps, throwaway
from config.embedded.errors import Interrupted, LaunchError
from config.embedded.stopping import Stopping


def main(argv: Sequence[str] | None = None) -> int:
    """Run Wardroom, or one command; return the exit code (130 or 143 when stopped early)."""
    options = _options(argv)
    stopping = Stopping().listen()
    try:
        if options.throwaway:
            return throwaway.run(
                options.command,
                root=own_python.ROOT,
                environ=os.environ,
                stopping=stopping,
                prepare=_preparation(options),
            )
        return product.run(
            root=own_python.ROOT,
            environ=os.environ,
            stopping=stopping,
            port=options.port,
            demo=os.environ.get("WARDROOM_DEMO", "1") != "0",
        )
    except LaunchError as error:
        print(f"wardroom: {error}", file=sys.stderr)
        return 1
    except Interrupted:
        return 128 + stopping.number


def _preparation(options: argparse.Namespace) -> list[steps.Step]:
    if options.empty:
        return []
    return [steps.MIGRATE, steps.SEED, *([steps.DEMO] if options.demo else [])]


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m config.up",
        description="Run Wardroom with its own PostgreSQL and Valkey; Ctrl-C stops everything. "
        "DATABASE_URL and REDIS_URL name other servers; WARDROOM_DEMO=0 leaves the "
        "demonstration out.",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=os.environ.get("PORT") or environment.DEFAULT_PORT,
        help="port of the web server on 127.0.0.1 (default: PORT, else 8000)",
    )
    parser.add_argument(
        "--throwaway",
        action="store_true",
        help="run COMMAND against fresh servers, migrated and seeded, then remove them",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--demo", action="store_true", help="with the demonstration data")
    what.add_argument("--empty", action="store_true", help="neither migrated nor seeded")
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="with --throwaway, after --")
    words = list(sys.argv[1:] if argv is None else argv)
    split = words.index("--") if "--" in words else len(words)
    options = parser.parse_args(words[:split])
    # Behind the first "--" everything is the command's, its own options and "--" too.
    options.command += words[split + 1 :]
    if options.throwaway and not options.command:
        parser.error("--throwaway needs a command: --throwaway -- COMMAND")
    if not options.throwaway and (options.command or options.demo or options.empty):
        parser.error("COMMAND, --demo and --empty need --throwaway")
    return options


if __name__ == "__main__":
    sys.exit(main())
