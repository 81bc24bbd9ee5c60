"""People, named service actors, roles, and who holds which role where and until when."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q

from governance.domain.actor import Actor
from governance.models.governed import Governed
from governance.models.site import Site


class UserKind(models.TextChoices):
    PERSON = "person", "Person"
    SERVICE = "service", "Service actor"


class UserManager(BaseUserManager["User"]):
    """Looks people up by mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin, Governed):
    """Somebody who signs in, or a service actor that never does.

    Rights come from memberships and the policy alone: nobody is a superuser.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=UserKind.choices, default=UserKind.PERSON)
    slug = models.SlugField(max_length=64, blank=True, help_text="Name of a service actor.")
    email = models.EmailField(max_length=254, null=True, blank=True, unique=True)
    name = models.CharField(max_length=120)
    party = models.CharField(
        max_length=120, blank=True, help_text="Reference of the partner this contact belongs to."
    )
    phone = models.CharField(
        "phone number",
        max_length=64,
        default="",
        db_default="",
        blank=True,
        help_text="As +49 341 1234567. Responders of the same site see it in an incident.",
    )
    is_staff = models.BooleanField("may enter the board", default=False)
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=UserKind.values), name="user_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(is_superuser=False), name="user_is_never_above_the_policy"
            ),
            models.CheckConstraint(
                condition=Q(kind="person", email__isnull=False, slug="")
                | Q(kind="service", email=None, is_staff=False, party="") & ~Q(slug=""),
                name="user_person_has_mail_service_has_slug",
            ),
            models.CheckConstraint(
                condition=Q(party="") | Q(is_staff=False), name="user_partner_contact_is_not_staff"
            ),
            models.UniqueConstraint(
                fields=["slug"], condition=~Q(slug=""), name="user_service_slug_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_external(self) -> bool:
        """Whether this person belongs to a partner."""
        return bool(self.party)

    def as_actor(self, *, has_mfa: bool = False) -> Actor:
        """Return the actor that actions take as ``by``."""
        if self.kind == UserKind.SERVICE:
            return Actor(ref=f"service:{self.slug}", name=self.name)
        return Actor(ref=f"user:{self.pk}", name=self.name, party=self.party, has_mfa=has_mfa)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Refuse Django's own permission names: faces ask ``governance.access``."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class Role(Governed):
    """A role as data; what it permits stands in the policy."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=300)
    is_external = models.BooleanField(default=False, help_text="Held by partner contacts.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_force(self, at: datetime) -> "MembershipQuerySet":
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=at), valid_from__lte=at)


class Membership(Governed):
    """A role held at a site and everything below it, or at a partner, for a time.

    The end instant itself lies outside: at ``valid_to`` the role is gone.
    """

    site_path = "site_id"
    party_path = "party"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="memberships")
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    party = models.CharField(max_length=120, blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    granted_by = models.CharField(max_length=120)
    reason = models.CharField(max_length=300)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["user", "role"]
        constraints = [
            models.CheckConstraint(
                condition=Q(site__isnull=False, party="") | (Q(site=None) & ~Q(party="")),
                name="membership_is_at_a_site_or_a_party",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="membership_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "site", "party", "valid_from"],
                nulls_distinct=False,
                name="membership_is_given_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} at {self.site or self.party}"
