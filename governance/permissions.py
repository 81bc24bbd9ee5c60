"""What can be done in the ground. Each act is permitted by the policy or by nothing."""

from enum import StrEnum


class Act(StrEnum):
    """``app:noun:verb``."""

    SITE_READ = "governance:site:read"
    SITE_CHANGE = "governance:site:change"
    USER_READ = "governance:user:read"
    USER_CHANGE = "governance:user:change"
    ROLE_READ = "governance:role:read"
    MEMBERSHIP_READ = "governance:membership:read"
    MEMBERSHIP_GRANT = "governance:membership:grant"
    MEMBERSHIP_END = "governance:membership:end"
    POLICY_READ = "governance:policy:read"
    POLICY_PUBLISH = "governance:policy:publish"
    DECISION_READ = "governance:decision:read"
    SYSTEM_READ = "governance:system:read"
    SYSTEM_CHANGE = "governance:system:change"
    REQUEST_READ = "governance:request:read"
    REQUEST_SUBMIT = "governance:request:submit"
    REQUEST_DECIDE = "governance:request:decide"
    GRANT_READ = "governance:grant:read"
    GRANT_GIVE = "governance:grant:give"
    GRANT_REVOKE = "governance:grant:revoke"
    DRIFT_READ = "governance:drift:read"
    DRIFT_DETECT = "governance:drift:detect"
    AUDIT_READ = "governance:audit:read"
    AUDIT_EXPORT = "governance:audit:export"
    RECEIPT_READ = "governance:receipt:read"
    AUDIT_VERIFY = "governance:audit:verify"
    VERIFICATION_READ = "governance:verification:read"
    AUDIT_ERASE = "governance:audit:erase"
    JOB_READ = "governance:job:read"
    JOB_RETRY = "governance:job:retry"
    MEASURE_READ = "governance:measure:read"
    MEASURE_SAMPLE = "governance:measure:sample"
    BACKUP_READ = "governance:backup:read"
    BACKUP_MAKE = "governance:backup:make"
    BACKUP_VALIDATE = "governance:backup:validate"
    BACKUP_ACCEPT = "governance:backup:accept"


class Event(StrEnum):
    """What happens to somebody and is recorded, though nobody is asked to permit it."""

    SIGNED_IN = "auth:session:begin"
    SIGN_IN_REFUSED = "auth:session:refuse"
    BODY_ERASED = "audit:body:erase"
    LOG_EXPORTED = "audit:log:export"
    RESTORED = "system:restore"
    BACKUP_SKIPPED = "system:backup:skip"
