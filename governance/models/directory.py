"""Entities that other systems ask about: subjects and resources that are no records of ours."""

import uuid

from django.db import models
from django.db.models import Q, Value

from governance.models.governed import Governed
from governance.models.site import Site


class EntityKind(models.TextChoices):
    SUBJECT = "subject", "Subject"
    RESOURCE = "resource", "Resource"


class AttributeSource(models.TextChoices):
    """Whose word counts for an attribute that both know."""

    SERVER = "server", "The directory's"
    PEP_ELSE_SERVER = "pep_else_server", "The caller's, else the directory's"


class EntityType(Governed):
    """A type of foreign entities. ``acts`` are what can be done to a resource of this type.

    ``data_acts`` are those that reach the data behind it, ``classified_by`` names the property
    that says how these are classified; empty where nothing does.
    """

    kind = models.CharField(max_length=8, choices=EntityKind.choices)
    name = models.CharField(max_length=80)
    source = models.CharField(
        max_length=16, choices=AttributeSource.choices, default=AttributeSource.SERVER
    )
    acts = models.JSONField(default=list, blank=True)
    data_acts = models.JSONField(default=list, blank=True, db_default=Value([], models.JSONField()))
    classified_by = models.CharField(max_length=80, blank=True, default="", db_default="")

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="resource") | Q(data_acts=[], classified_by=""),
                name="entity_type_only_a_resource_has_data",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=EntityKind.values), name="entity_type_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(source__in=AttributeSource.values),
                name="entity_type_source_is_known",
            ),
            models.UniqueConstraint(fields=["kind", "name"], name="entity_type_is_declared_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"


class Entity(Governed):
    """One foreign subject or resource, and what we know of it.

    ``roles`` are those that a subject holds at ``site`` and below, everywhere without one.
    """

    site_path = "site_id"

    kind = models.CharField(max_length=8, choices=EntityKind.choices)
    type = models.CharField(max_length=80)
    key = models.CharField("id", max_length=1000)
    properties = models.JSONField(default=dict, blank=True)
    roles = models.JSONField(default=list, blank=True)
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, blank=True, related_name="entities"
    )

    class Meta:
        ordering = ["kind", "type", "key"]
        verbose_name_plural = "entities"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EntityKind.values), name="entity_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="subject") | Q(roles=[]), name="entity_only_a_subject_has_roles"
            ),
            models.UniqueConstraint(fields=["kind", "type", "key"], name="entity_is_known_once"),
        ]

    def __str__(self) -> str:
        return f"{self.type}:{self.key}"


class DirectoryHead(models.Model):
    """The one row whose ``stamp`` is new with every change of the directory."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="directory_head_is_one_row")]

    def __str__(self) -> str:
        return str(self.stamp)
