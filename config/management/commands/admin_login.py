"""``manage.py admin_login``: a one-time password for the administrator, or for anybody else."""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from governance.actions import people
from governance.commands import OperatorCommand
from governance.errors import NotFound
from governance.models import Role, Site, User

ADMINISTRATOR = "admin@localhost.localdomain"
ROLES = ("administrator", "board_member", "data_owner", "incident_commander")


class Command(OperatorCommand):
    help = (
        "Print a new one-time password of the administrator, or of any person who signs in;"
        " only its hash is stored."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--email", default=ADMINISTRATOR, help="whose login; the administrator's if omitted"
        )
        parser.add_argument(
            "--first", action="store_true", help="only while no second factor is enrolled yet"
        )

    @transaction.atomic
    def act(self, **options: Any) -> dict[str, Any]:
        email = str(options["email"]).lower()
        user = User.objects.filter(email=email).first()
        if user is None and email != ADMINISTRATOR:
            raise NotFound(f"nobody signs in as {email}")
        if user is None:
            user = people.invite(
                email=email, name="Administrator", by=self.by, at=self.at, is_staff=True
            )
            root = Site.objects.get(parent=None)
            for slug in ROLES:
                people.give_role(
                    user,
                    Role.objects.get(slug=slug),
                    site=root,
                    by=self.by,
                    at=self.at,
                    reason="first administrator",
                )
        if options["first"] and Authenticator.objects.filter(user=user).exists():
            self.say(f"Sign in as {email} with your password and second factor.")
            return {"email": email}
        password = people.issue_password(user, by=self.by, at=self.at)
        self.say(f"Sign in at {settings.PUBLIC_URL}")
        self.say(f"  email     {email}")
        self.say(f"  password  {password}")
        self.say("The first sign-in enrolls a second factor: have an authenticator app at hand.")
        return {"email": email, "password": password, "url": settings.PUBLIC_URL}
