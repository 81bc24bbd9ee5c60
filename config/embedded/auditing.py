"""The audit log's own processes: its sequencer, and a witness to demonstrate with.

A witness on the same machine protects from nobody who administers it: for that, set
``AUDIT_WITNESSES`` to those of others.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from config.embedded import ports
from config.embedded.errors import LaunchError
from config.embedded.home import Home
from governance.tlog import keys
from governance.tlog.witness.keeping import Unusable, keep

NAME = "demonstration.local/witness"
SEQUENCER = ("manage.py", "audit_sequencer")


@dataclass(frozen=True)
class Auditing:
    """Commands of the processes by name, and what all children must know of them."""

    commands: Mapping[str, list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)


def prepare(home: Home, env: Mapping[str, str]) -> Auditing:
    """Make the keys on first use, so that settings can name them; nothing is started.

    Raises:
        LaunchError: the log's key is gone but was used, or a file cannot be used.
    """
    sequencer = {"audit": [sys.executable, *SEQUENCER]}
    if "AUDIT_WITNESSES" in env:
        return Auditing(sequencer)
    store, key = home.path / "witness" / "seen.sqlite3", home.path / "witness" / "witness.key"
    origin = env.get("AUDIT_ORIGIN") or f"{urlsplit(env['PUBLIC_URL']).hostname}/audit"
    try:
        vkeys = _of_the_log(home, env, origin=origin, was_used=store.exists())
        cosigner = keep(store, key, name=NAME).vkey
    except (OSError, ValueError, Unusable) as error:
        raise LaunchError(f"the audit log cannot begin: {error}") from error
    port = ports.any_free()
    witness = [sys.executable, "-m", "governance.tlog.witness", "--name", NAME]
    witness += ["--store", str(store), "--key", str(key), "--port", str(port)]
    witness += ["--log", f"{origin}={','.join(vkeys)}"]
    return Auditing(
        {**sequencer, "witness": witness},
        {"AUDIT_WITNESSES": f"{cosigner}@http://127.0.0.1:{port}"},
    )


def _of_the_log(home: Home, env: Mapping[str, str], *, origin: str, was_used: bool) -> list[str]:
    """Return the verifier keys of the log, from the file that the settings will name."""
    data = Path(env.get("WARDROOM_DATA_DIR") or home.path)
    path = Path(env.get("AUDIT_KEY_FILE") or data / "audit" / "log.key")
    if not path.exists():
        if was_used:
            raise LaunchError(
                f"{path} is missing, but the audit log was signed with it: bring it back, or"
                " make clean (deletes demonstration data)"
            )
        return [keys.add(path, name=origin)]
    return keys.load(path).vkeys
