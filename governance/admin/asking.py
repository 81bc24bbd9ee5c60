"""Asking for access on the board: the form, filled in as far as is known, and what it suggests."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from governance import access
from governance.actions import requesting
from governance.admin import request_form
from governance.admin.request_form import RequestForm
from governance.board import GovernedAdmin, when, who
from governance.models import AccessRequest, GovernedSystem, PrincipalAlias, RequestState, User
from governance.permissions import Act
from governance.queries import denials, own_requests, requestable

ASKED = ["system", "principal", "entitlement", "scope", "purpose", "days"]


class AskingAdmin(GovernedAdmin[AccessRequest]):
    """Takes a request; what became of it is shown by whoever derives from it."""

    read_act, write_act = Act.REQUEST_READ, Act.REQUEST_SUBMIT
    form = RequestForm
    change_form_before_template = "governance/board/asking.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the address that tells what the chosen system has."""
        words = self.admin_site.admin_view(self.words)
        own = path("words/", words, name="governance_accessrequest_words")
        return [own, *super().get_urls()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with what was refused: ``?resource=catalog.asset:42&act=catalog:asset:read``.

        Without an act, with what the record's own page asks for: a right in its system.
        """
        resource, act = (request.GET.get(name, "")[:160] for name in ("resource", "act"))
        asked = requestable.asked_for(resource, act, to=who(request), at=when(request))
        assert isinstance(request.user, User)
        return request_form.begin(asked, request.user)

    def get_form(
        self,
        request: HttpRequest,
        obj: AccessRequest | None = None,
        change: bool = False,
        **options: Any,
    ) -> Any:
        """Let the form know who asks for what, so that it refuses beside the fields."""
        if obj is not None:
            return super().get_form(request, obj, change, **{**options, "form": ModelForm})
        form = super().get_form(request, obj, change, **options)
        known = {
            "by": who(request),
            "at": when(request),
            "user": request.user,
            "words_url": reverse("admin:governance_accessrequest_words"),
            "is_about_record": lambda _, data: bool(self._refused(request, data)),
        }
        return type("RequestForm", (form,), known)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form with what can be asked for in the system that it begins with."""
        begun = request.POST.get("system") or self.get_changeform_initial_data(request).get(
            "system", ""
        )
        more = self._words(request, begun)
        answer: HttpResponse = super().add_view(
            request, form_url, {**(extra_context or {}), **more}
        )
        return answer

    def _words(self, request: HttpRequest, key: str) -> dict[str, Any]:
        system = self._system(request, key)
        assert isinstance(request.user, User)
        return request_form.words(system, request.user, to=who(request), at=when(request))

    def _system(self, request: HttpRequest, key: str) -> GovernedSystem | None:
        is_open = key.isdecimal() and int(key) in self._open_to(request)
        return GovernedSystem.objects.get(pk=key) if is_open else None

    def words(self, request: HttpRequest) -> HttpResponse:
        """Answer with what can be asked for in ``?system=``, and the login there if none is typed.

        Raises:
            PermissionDenied: this person may ask for no access.
        """
        if not self.has_add_permission(request):
            raise PermissionDenied
        key = request.GET.get("system", "")
        typed = request.GET.get("principal", "")
        system, user = self._system(request, key), request.user
        assert isinstance(user, User)
        own = PrincipalAlias.objects.filter(user=user, principal=typed)
        field = None
        if system and (typed in ("", user.email) or own.exists()):
            begun = {"principal": request_form.login(system, user)}
            field = self.get_form(request)(initial=begun)["principal"].as_widget(
                attrs={"hx-swap-oob": "true"}
            )
        context = {**self._words(request, key), "field": field}
        return TemplateResponse(request, "governance/board/words.html", context)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Offer the systems for which this person may ask."""
        if db_field.name == "system":
            options["queryset"] = GovernedSystem.objects.filter(pk__in=self._open_to(request))
        return super().formfield_for_foreignkey(db_field, request, **options)

    def _open_to(self, request: HttpRequest) -> list[int]:
        return [
            row.pk
            for row in GovernedSystem.objects.select_related("site")
            if access.allows(
                who(request), Act.REQUEST_SUBMIT, AccessRequest(system=row), at=when(request)
            )
        ]

    def create(
        self, request: HttpRequest, obj: AccessRequest, data: dict[str, Any]
    ) -> AccessRequest:
        assert isinstance(request.user, User)
        return requesting.submit(
            **data,
            **self._refused(request, data),
            requester=request.user,
            by=who(request),
            at=when(request),
        )

    def response_add(
        self, request: HttpRequest, obj: AccessRequest, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Say what came of it, and show it among what they asked for: many may list no other."""
        url = f"{reverse('own_requests')}#request-{obj.pk}"
        said = own_requests.outcome(obj, at=when(request))
        tone = messages.WARNING if obj.state == RequestState.APPROVED else messages.SUCCESS
        noted = f" {obj.caution}" if obj.caution else ""
        words = format_html('<a href="{}">{}</a>: {}{}', url, obj, said, noted)
        self.message_user(request, words, tone)
        return redirect(request.get_full_path() if "_addanother" in request.POST else url)

    def _refused(self, request: HttpRequest, data: dict[str, Any]) -> dict[str, Any]:
        """Return record, act and case of the refusal that the form was opened from.

        They count only while the form still asks for what was refused.
        """
        resource, act = (request.GET.get(name, "")[:160] for name in ("resource", "act"))
        asked = requestable.asked_for(resource, act, to=who(request), at=when(request))
        # A record that names no scope of its own leaves the words to whoever asks.
        same = (
            asked
            and asked["scope"] in ("", data["scope"])
            and (asked["system"], asked["entitlement"])
            == (str(data["system"].pk), data["entitlement"])
        )
        if not same or not act:
            return {}
        found: dict[str, Any] = {"resource": resource, "act": act}
        if binding := request.GET.get("denial"):
            said = denials.read(binding, subject=who(request).ref, act=act, ref=resource)
            found["denial"] = requesting.Origin(*said)
        return found
