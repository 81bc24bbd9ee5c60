"""What can be done with partners, their bills of materials, and findings."""

from enum import StrEnum


class Act(StrEnum):
    """``app:noun:verb``."""

    PARTNER_READ = "partners:partner:read"
    PARTNER_CHANGE = "partners:partner:change"
    PRODUCT_READ = "partners:product:read"
    PRODUCT_CHANGE = "partners:product:change"
    SHARING_READ = "partners:sharing:read"
    SHARING_AGREE = "partners:sharing:agree"
    INTAKE_READ = "partners:intake:read"
    INTAKE_SUBMIT = "partners:intake:submit"
    SBOM_READ = "partners:sbom:read"
    FEED_READ = "partners:feed:read"
    FEED_IMPORT = "partners:feed:import"
    FEED_WATCH = "partners:feed:watch"
    FINDING_READ = "partners:finding:read"
    FINDING_SWEEP = "partners:finding:sweep"
    POLICY_READ = "partners:policy:read"
    POLICY_DECIDE = "partners:policy:decide"
    WAIVER_READ = "partners:waiver:read"
    WAIVER_ASK = "partners:waiver:ask"
    WAIVER_DECIDE = "partners:waiver:decide"
    ANSWER_READ = "partners:answer:read"
    ANSWER_GIVE = "partners:answer:give"
    ANSWER_DECIDE = "partners:answer:decide"
    DOCUMENT_GIVE = "partners:vex:give"
