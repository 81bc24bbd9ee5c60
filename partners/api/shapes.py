"""What the interfaces answer with: findings, intakes, and what is wrong in a file."""

from typing import Any

from rest_framework import serializers

from partners.domain.patching import DueRule
from partners.domain.severity import Band
from partners.models import FindingState, Outcome
from partners.queries.diffs import Kind, Way

Row = dict[str, Any]


class EvidenceRow(serializers.Serializer[Row]):
    """An advisory that names the version: in its list, in a range, or in both."""

    advisory = serializers.CharField()
    said = serializers.ChoiceField(choices=["listed", "range", "both"])


class FindingRow(serializers.Serializer[Row]):
    """One vulnerability in one component version of one product, with its clock."""

    id = serializers.UUIDField()
    vulnerability = serializers.CharField(source="vulnerability_name")
    summary = serializers.CharField()
    component = serializers.CharField(source="component_name")
    package = serializers.CharField(help_text="The name as its ecosystem spells it.")
    version = serializers.CharField(source="component_version")
    product = serializers.SlugField(source="product_slug")
    partner = serializers.SlugField(source="partner_slug")
    site = serializers.CharField(source="site_name")
    state = serializers.ChoiceField(choices=FindingState.values)
    severity = serializers.ChoiceField(source="band", choices=[band.value for band in Band])
    score = serializers.FloatField(allow_null=True)
    rating_source = serializers.CharField(allow_blank=True)
    due_at = serializers.DateTimeField(allow_null=True)
    due_rule = serializers.ChoiceField(choices=[rule.value for rule in DueRule], allow_blank=True)
    why = serializers.CharField(allow_blank=True, help_text="Why it is due then.")
    anchor_at = serializers.DateTimeField(allow_null=True)
    policy_version = serializers.IntegerField()
    fixed_versions = serializers.ListField(child=serializers.CharField())
    evidence = EvidenceRow(many=True)
    is_unbounded = serializers.BooleanField(
        help_text="The affected range names no later end: check before work starts."
    )
    exploited = serializers.BooleanField(source="is_kev", help_text="Listed in CISA's KEV catalog.")
    epss = serializers.FloatField(allow_null=True)
    claim = serializers.CharField(allow_blank=True, help_text="What the supplier says of it.")
    waived_until = serializers.DateTimeField(allow_null=True)
    opened_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    breached_at = serializers.DateTimeField(
        allow_null=True, help_text="The due instant, if it was open then."
    )


class ProblemRow(serializers.Serializer[Row]):
    """One thing wrong in a file: where, what, and what to do."""

    code = serializers.CharField()
    pointer = serializers.CharField(allow_blank=True, help_text="RFC 6901, or a place in XML.")
    detail = serializers.CharField()
    remedy = serializers.CharField(allow_blank=True)


class DiffCounts(serializers.Serializer[Row]):
    """How many components differ from the SBOM before, in which way."""

    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    changed = serializers.IntegerField(help_text="In another version.")
    relicensed = serializers.IntegerField()
    rehashed = serializers.IntegerField()


class ChangeRow(serializers.Serializer[Row]):
    """One component that differs, by its package URL without version, or its name."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    component = serializers.CharField()
    qualifiers = serializers.CharField(allow_blank=True)
    before = serializers.ListField(child=serializers.CharField(allow_blank=True))
    after = serializers.ListField(child=serializers.CharField(allow_blank=True))
    way = serializers.ChoiceField(
        choices=[way.value for way in Way], allow_blank=True, help_text="Of a changed version."
    )


class MovedRow(serializers.Serializer[Row]):
    """A finding that the SBOM opened or ended."""

    id = serializers.UUIDField()
    vulnerability = serializers.CharField(source="vulnerability_name")
    component = serializers.CharField(source="component_name")
    version = serializers.CharField(source="component_version")
    severity = serializers.CharField(source="band")


class DiffRow(serializers.Serializer[Row]):
    """What changed from one SBOM to another; lists are cut after 50 of each kind."""

    sbom = serializers.UUIDField()
    against = serializers.UUIDField(allow_null=True)
    counts = DiffCounts()
    changes = ChangeRow(many=True)
    findings_opened = MovedRow(many=True)
    findings_closed = MovedRow(many=True)


class IntakeRow(serializers.Serializer[Row]):
    """What became of a file. ``problems_count`` may exceed what ``problems`` lists."""

    id = serializers.UUIDField()
    product = serializers.SlugField(source="product__slug")
    file = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    received_at = serializers.DateTimeField()
    outcome = serializers.ChoiceField(choices=Outcome.values)
    finished_at = serializers.DateTimeField(allow_null=True)
    received = serializers.IntegerField(source="sbom__received", allow_null=True)
    stored = serializers.IntegerField(source="sbom__stored", allow_null=True)
    quarantined = serializers.IntegerField(source="sbom__quarantined", allow_null=True)
    merged = serializers.IntegerField(source="sbom__merged", allow_null=True)
    findings_opened = serializers.IntegerField(source="opened")
    findings_closed = serializers.IntegerField(source="closed")
    findings_unchanged = serializers.IntegerField(source="unchanged")
    sbom = serializers.UUIDField(source="sbom_id", allow_null=True)
    quality = serializers.IntegerField(
        source="sbom__quality", allow_null=True, help_text="How much it tells, 0 to 100."
    )
    diff = DiffCounts(allow_null=True, help_text="Against the SBOM that was current before.")
    problems = ProblemRow(many=True)
    problems_count = serializers.IntegerField()


class UploadForm(serializers.Serializer[Row]):
    """One file for one product."""

    product = serializers.SlugField(help_text="Slug of one of your products.")
    sbom = serializers.FileField(
        help_text="CycloneDX or SPDX 2, up to 64 MiB, also packed with gzip."
    )


INTAKE_FIELDS = (
    "id",
    "product__slug",
    "file",
    "sha256",
    "size",
    "received_at",
    "outcome",
    "finished_at",
    "sbom__received",
    "sbom__stored",
    "sbom__quarantined",
    "sbom__merged",
    "opened",
    "closed",
    "unchanged",
    "sbom_id",
    "sbom__quality",
    "diff",
    "problems",
    "problems_count",
)
