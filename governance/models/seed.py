"""What was seeded once, and from which records on it can be taken away again."""

from django.db import models


class Seed(models.Model):
    """One seeding; ``roots`` are the references that it began with."""

    name = models.SlugField(max_length=40, unique=True)
    seeded_at = models.DateTimeField()
    roots = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name
