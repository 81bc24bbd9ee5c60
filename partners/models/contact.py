"""People at partners."""

from django.db import models
from django.db.models import Q

from governance.models import Governed, User
from partners.models.partner import Partner


class ContactRole(models.TextChoices):
    """What somebody at a partner is asked about."""

    SECURITY = "security", "Security"
    TECHNICAL = "technical", "Technical"
    COMMERCIAL = "commercial", "Commercial"


class Contact(Governed):
    """Somebody at a partner; ``user`` once they were invited to the portal."""

    party_path = "partner__party"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="contacts")
    role = models.CharField(max_length=10, choices=ContactRole.choices)
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254)
    phone = models.CharField(max_length=40, blank=True)
    user = models.OneToOneField(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="partner_contact"
    )
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["partner", "role", "name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=ContactRole.values), name="contact_role_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(email=""), name="contact_can_be_reached"
            ),
            models.UniqueConstraint(
                fields=["partner", "role", "email"],
                condition=Q(ended_at=None),
                name="contact_is_listed_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.get_role_display().lower()} contact of {self.partner}"
