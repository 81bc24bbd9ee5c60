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
    LABEL_LOWER = "catalog:label:lower"
    HARVEST_READ = "catalog:harvest:read"
    HARVEST_RUN = "catalog:harvest:run"
    ZONE_READ = "catalog:zone:read"
    ZONE_WRITE = "catalog:zone:write"
    CONDUIT_READ = "catalog:conduit:read"
    CONDUIT_WRITE = "catalog:conduit:write"
    FLOW_READ = "catalog:flow:read"
    FLOW_DECLARE = "catalog:flow:declare"
    FLOW_OBSERVE = "catalog:flow:observe"
    LINEAGE_REPORT = "catalog:lineage:report"
    CONTRACT_READ = "catalog:contract:read"
    CONTRACT_IMPORT = "catalog:contract:import"
    CONTRACT_ACTIVATE = "catalog:contract:activate"
    CONTRACT_RETIRE = "catalog:contract:retire"
