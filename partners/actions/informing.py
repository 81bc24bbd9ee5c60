"""Writing to a partner's people: what was asked of them, and what was decided."""

from datetime import datetime

from governance import notices
from governance.models import Governed, User
from partners.models import Partner


def inform(
    partner: Partner, subject: str, text: str, *, about: Governed, key: str, at: datetime
) -> None:
    """Tell every active contact of ``partner`` once per ``key``, in the portal and by mail.

    A step of another action, in its transaction and under its permission.
    """
    notices.send(
        to=User.objects.filter(party=partner.party, is_active=True, kind="person"),
        subject=subject,
        text=text,
        ref=about.ref,
        key=key,
        at=at,
    )
