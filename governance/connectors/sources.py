"""All connectors that read grants over a connection: a new one is a file here and a line below."""

from collections.abc import Callable, Mapping

from governance.connectors import postgresql
from governance.domain.drift import Observation

FILE = "file"
"""Name of no connector: the grants of such a system come as snapshot files only."""

SOURCES: Mapping[str, Callable[[str], Observation]] = {"postgresql": postgresql.observe}
"""Name -> what observes the system at a connection string; raises ``ConnectorFailed``."""
