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
    ZONE_READ = "catalog:zone:read"
    ZONE_WRITE = "catalog:zone:write"
    CONDUIT_READ = "catalog:conduit:read"
    CONDUIT_WRITE = "catalog:conduit:write"
    FLOW_READ = "catalog:flow:read"
    FLOW_DECLARE = "catalog:flow:declare"
    FLOW_OBSERVE = "catalog:flow:observe"
    RETENTION_READ = "catalog:retention:read"
    RETENTION_WRITE = "catalog:retention:write"
    EXEMPTION_READ = "catalog:exemption:read"
    EXEMPTION_GIVE = "catalog:exemption:give"
    EXEMPTION_END = "catalog:exemption:end"
    OWNER_ASK = "catalog:owner:ask"
    OWNER_CONFIRM = "catalog:owner:confirm"
