"""What can be done in the catalog."""

from enum import StrEnum


class Act(StrEnum):
    """``app:noun:verb``."""

    ASSET_READ = "catalog:asset:read"
    ASSET_ASSIGN = "catalog:asset:assign"
    ASSET_RETIRE = "catalog:asset:retire"
    DATA_READ = "catalog:data:read"
    LABEL_READ = "catalog:label:read"
    LABEL_PROPOSE = "catalog:label:propose"
    LABEL_DECIDE = "catalog:label:decide"
    HARVEST_READ = "catalog:harvest:read"
    HARVEST_RUN = "catalog:harvest:run"
