"""The records of the ground."""

from governance.models.absence import Absence
from governance.models.access_request import PENDING, AccessRequest, RequestState
from governance.models.access_review import AccessReview, AccessReviewItem, ReviewState
from governance.models.alarm import Alarm
from governance.models.audit import (
    AuditCheckpoint,
    AuditCosignature,
    AuditErasure,
    AuditEvent,
    AuditKey,
    AuditLeaf,
    AuditTile,
    AuditVerification,
)
from governance.models.backup import BackupAttestation
from governance.models.break_glass import Activation, SealedAccess
from governance.models.directory import (
    AttributeSource,
    DirectoryHead,
    Entity,
    EntityKind,
    EntityType,
)
from governance.models.drift import (
    DriftFinding,
    DriftState,
    ObservedGrant,
    PrincipalAlias,
    RevocationPlan,
    Snapshot,
    SnapshotState,
    SodRule,
)
from governance.models.enforcement_point import Credential, EnforcementPoint
from governance.models.governed import Governed
from governance.models.grant import Grant
from governance.models.job import Job, JobState
from governance.models.measure import MeasureSample
from governance.models.notice import Notice
from governance.models.people import Membership, Role, User, UserKind
from governance.models.policy import (
    DecisionLog,
    PolicyChange,
    PolicyHead,
    PolicyReview,
    PolicyRule,
    PolicySignature,
    PolicyState,
    PolicyVersion,
)
from governance.models.seed import Seed
from governance.models.shadow import PolicyShadow, ShadowDisagreement
from governance.models.site import Site, SiteKind
from governance.models.system import GovernedSystem, SystemKind

__all__ = [
    "PENDING",
    "Absence",
    "AccessRequest",
    "AccessReview",
    "AccessReviewItem",
    "Activation",
    "Alarm",
    "AttributeSource",
    "AuditCheckpoint",
    "AuditCosignature",
    "AuditErasure",
    "AuditEvent",
    "AuditKey",
    "AuditLeaf",
    "AuditTile",
    "AuditVerification",
    "BackupAttestation",
    "Credential",
    "DecisionLog",
    "DirectoryHead",
    "DriftFinding",
    "DriftState",
    "EnforcementPoint",
    "Entity",
    "EntityKind",
    "EntityType",
    "Governed",
    "GovernedSystem",
    "Grant",
    "Job",
    "JobState",
    "MeasureSample",
    "Membership",
    "Notice",
    "ObservedGrant",
    "PolicyChange",
    "PolicyHead",
    "PolicyReview",
    "PolicyRule",
    "PolicyShadow",
    "PolicySignature",
    "PolicyState",
    "PolicyVersion",
    "PrincipalAlias",
    "RequestState",
    "ReviewState",
    "RevocationPlan",
    "Role",
    "SealedAccess",
    "Seed",
    "ShadowDisagreement",
    "Site",
    "SiteKind",
    "Snapshot",
    "SnapshotState",
    "SodRule",
    "SystemKind",
    "User",
    "UserKind",
]
