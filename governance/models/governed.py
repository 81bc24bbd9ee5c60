"""What every governed record has: a reference, a scope, and nothing hidden."""

from typing import Any, ClassVar

from django.db import models

from governance.domain.gaps import Use


class Governed(models.Model):
    """A record that policy decides about.

    ``site_path`` and ``party_path`` are the lookups from here to the site and to the
    opaque party reference in which roles count; empty where there is none. ``data_use`` says
    which acts reach the data that a record stands for, and what says how these are classified.
    """

    site_path: ClassVar[str] = ""
    party_path: ClassVar[str] = ""
    data_use: ClassVar[Use | None] = None

    class Meta:
        abstract = True

    @property
    def ref(self) -> str:
        """Return the reference of this record, ``catalog.asset:42``."""
        return f"{self._meta.label_lower}:{self.pk if self.pk is not None else 'new'}"

    @classmethod
    def resource_type(cls) -> str:
        return str(cls._meta.label_lower)

    def at_path(self, path: str) -> Any:
        """Follow a lookup path on this instance; None where a step is missing."""
        value: Any = self
        for step in path.split("__"):
            value = getattr(value, step, None)
            if value is None:
                return None
        return value

    def policy_attributes(self) -> dict[str, object]:
        """Return what conditions of the policy may read of this record."""
        return {}

    @classmethod
    def policy_columns(cls) -> dict[str, tuple[Any, type]]:
        """Return the same as SQL, by attribute, each with the type of its values."""
        return {}
