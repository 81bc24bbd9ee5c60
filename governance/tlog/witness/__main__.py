"""``python -m governance.tlog.witness``: a witness without Django and without a database server."""

import argparse
import sys

from governance.tlog.witness import serving
from governance.tlog.witness.keeping import Unusable

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m governance.tlog.witness")
    serving.add_arguments(parser)
    try:
        serving.serve(parser.parse_args())
    except Unusable as error:
        sys.exit(f"witness: {error}")
