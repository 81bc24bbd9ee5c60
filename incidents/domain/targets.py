"""How soon an incident should be contained: the clock of the room runs against this."""

from collections.abc import Mapping
from datetime import timedelta

from incidents.domain.incidents import Severity

# Defaults of the product; no standard fixes them.
CONTAIN_WITHIN: Mapping[Severity, timedelta] = {
    Severity.SEV1: timedelta(hours=2),
    Severity.SEV2: timedelta(hours=4),
    Severity.SEV3: timedelta(hours=24),
    Severity.SEV4: timedelta(hours=72),
}
