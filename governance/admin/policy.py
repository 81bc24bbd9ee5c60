"""The policy on the board: versions, what they change, their checks, and the next step."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from governance import access
from governance.actions import drafting, policy, reviewing, shadowing
from governance.board import GovernedAdmin, when, who
from governance.errors import BadInput, NotFound, WardroomError
from governance.models import (
    DecisionLog,
    PolicyHead,
    PolicyReview,
    PolicyRule,
    PolicyShadow,
    PolicyVersion,
)
from governance.permissions import Act
from governance.policy import content as contents_of
from governance.policy import diff
from governance.queries import (
    contents,
    explaining,
    instants,
    names,
    policy_checks,
    policy_signatures,
    policy_steps,
    questions,
)

SHOWN = 50
FRESH = ("approve", "publish", "roll_back")
"""Steps that ask for a second factor proven a moment ago."""


@admin.register(PolicyVersion)
class PolicyVersionAdmin(GovernedAdmin[PolicyVersion]):
    """Own pages; every button is a step of the life cycle and calls its action."""

    read_act = Act.POLICY_READ
    search_fields = ["number"]

    def get_urls(self) -> list[URLPattern]:
        steps: dict[str, Callable[..., Any]] = {
            "submit": drafting.submit,
            "rebase": drafting.rebase,
            "approve": reviewing.approve,
            "reject": reviewing.reject,
            "withdraw": reviewing.withdraw,
            "publish": policy.publish,
            "roll_back": reviewing.roll_back,
            "review": reviewing.review,
            "shadow": shadowing.begin,
            "end_shadow": shadowing.end,
        }
        pages = [
            path("explore/", self._guarded(self.explore), name="decision_explorer"),
            path("draft/", self._posted(self.draft), name="policy_draft"),
            path("<int:pk>/rule/", self._guarded(self.rule), name="policy_rule"),
            path("<int:pk>/tests/", self._posted(self.tests), name="policy_tests"),
            path("<int:pk>/export/<str:form>/", self._guarded(self.export), name="policy_export"),
        ]
        for name, action in steps.items():
            view = self._posted(self._step(name, action))
            # The guard of config reads this mark on the view itself.
            view.asks_for_fresh_second_factor = name in FRESH
            pages.append(path(f"<int:pk>/{name}/", view, name=f"policy_{name}"))
        return pages + list(super().get_urls())

    def _guarded(self, view: Any) -> Any:
        return self.admin_site.admin_view(view)

    def _posted(self, view: Any) -> Any:
        return self._guarded(require_POST(view))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List the versions, newest first, and offer a draft."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = list(self.get_queryset(request).select_related("parent", "restores")[:200])
        known = names.named(row.author for row in rows)
        head = PolicyHead.objects.values_list("version_id", flat=True).first()
        return self._show(
            request,
            "list",
            title="Policy",
            rows=[(row, known.get(row.author), row.pk == head) for row in rows],
            may_draft=access.allows(
                who(request), Act.POLICY_DRAFT, PolicyVersion(), at=when(request)
            ),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one version: what it changes, for whom, its checks, its trial, its rules."""
        version = self._version(request, object_id)
        at, by = when(request), who(request)
        head = contents.head()
        new = contents.content(version)
        base = version.parent if version.published_at else head
        old = contents.content(base) if base else new
        effects = policy_checks.effects(old, new, at=at)
        wanted = request.GET.get("q", "").strip().lower()[:80]
        lines = [
            line
            for line in new.lines
            if not wanted or wanted in " ".join(line.rule.values()).lower()
        ]
        trial = PolicyShadow.objects.filter(version=version).first()
        review = PolicyReview.objects.filter(version=version).first()
        people = [
            version.author,
            review.by if review else "",
            version.decided_by,
            version.published_by,
        ]
        people += [effect.subject for effect in effects[:SHOWN]]
        disagreements = list(trial.disagreements.all()[:SHOWN]) if trial else []
        people += [row.subject for row in disagreements]
        return self._show(
            request,
            "version",
            title=f"Policy version {version.number}",
            version=version,
            is_head=bool(head and head.pk == version.pk),
            base=base,
            changes=diff.between(old, new),
            effects=effects[:SHOWN],
            more_effects=max(0, len(effects) - SHOWN),
            checks=policy_checks.check(new, at=at, mutate=bool(request.GET.get("mutate"))),
            faults=policy_signatures.check(version.pk) if version.published_at else (),
            review=review,
            trial=trial,
            disagreements=disagreements,
            lines=lines[:SHOWN] if not wanted else lines[: SHOWN * 10],
            total=len(new.lines),
            found=len(lines),
            wanted=wanted,
            steps=policy_steps.steps(version, by=by, at=at),
            names=names.named(people),
        )

    def explore(self, request: HttpRequest) -> HttpResponse:
        """Answer whether somebody may do something to a record, now or at an instant, and why."""
        self._guard_decisions(request)
        asked = {name: request.GET.get(name, "").strip()[:160] for name in ("who", "act", "what")}
        told = request.GET.get("at", "").strip()[:40]
        problem, found = "", None
        if all(asked.values()):
            try:
                found = explaining.explain(
                    questions.subject(asked["who"]),
                    asked["act"],
                    questions.record(asked["what"]),
                    at=instants.read(told) if told else when(request),
                )
            except WardroomError as error:
                problem = error.detail
        return self._show(
            request,
            "explore",
            title="Decision explorer",
            asked=asked,
            told=told,
            problem=problem,
            found=found,
            acts=sorted(contents.acts()),
        )

    def _guard_decisions(self, request: HttpRequest) -> None:
        may = access.allows_somewhere(
            who(request), Act.DECISION_READ, DecisionLog.resource_type(), at=when(request)
        )
        if not (may and self.has_view_permission(request)):
            raise PermissionDenied

    def draft(self, request: HttpRequest) -> HttpResponse:
        """Copy the policy in force as a draft, and go there."""
        try:
            made = drafting.begin(
                by=who(request), at=when(request), reason=request.POST.get("reason", "")
            )
        except WardroomError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return redirect("admin:governance_policyversion_changelist")
        return redirect("admin:governance_policyversion_change", made.pk)

    def _step(self, name: str, action: Callable[..., Any]) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            version = self._version(request, str(pk))
            said: dict[str, Any] = {"by": who(request), "at": when(request)}
            if name in ("approve", "reject", "withdraw", "roll_back", "review"):
                said["reason"] = request.POST.get("reason", "")
            if name == "approve":
                said["sha256"] = request.POST.get("sha256", "")
            if name == "shadow":
                said["percent"] = _percent(request.POST.get("percent", ""))
            try:
                made = action(version, **said)
            except WardroomError as error:
                self.message_user(request, error.detail, messages.ERROR)
                made = None
            shown = made.pk if isinstance(made, PolicyVersion) else pk
            return redirect("admin:governance_policyversion_change", shown)

        return view

    def rule(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show one rule of a draft in a form, and write what comes back."""
        version = self._version(request, str(pk))
        page = reverse("admin:governance_policyversion_change", args=[pk])
        rid = request.GET.get("rid", "")
        row = version.rules.filter(rid=rid).first() if rid else None
        given: Any = row or PolicyRule(version=version)
        problem = ""
        if request.method == "POST":
            by, at = who(request), when(request)
            try:
                if "drop" in request.POST:
                    drafting.drop_rule(version, rid, by=by, at=at)
                else:
                    drafting.put_rule(version, _line(request.POST.dict()), by=by, at=at)
            except WardroomError as error:
                problem, given = error.detail, request.POST
            else:
                return redirect(page)
        known = contents.vocabulary(when(request))
        return self._show(
            request,
            "rule",
            title=f"Rule {rid}" if row else "A new rule",
            version=version,
            given=given,
            rid=rid,
            problem=problem,
            known=known,
            acts=sorted(known.acts),
            types=sorted(known.types),
            roles=sorted(known.roles),
            scopes=sorted(known.domains),
            steps=policy_steps.steps(version, by=who(request), at=when(request)),
        )

    def tests(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replace the tests of a draft."""
        version = self._version(request, str(pk))
        try:
            drafting.set_tests(
                version, request.POST.get("tests", ""), by=who(request), at=when(request)
            )
        except WardroomError as error:
            self.message_user(request, error.detail, messages.ERROR)
        return redirect("admin:governance_policyversion_change", pk)

    def export(self, request: HttpRequest, pk: int, form: str) -> HttpResponse:
        """Hand out a version as a file that the command takes."""
        kinds = {
            "json": (contents_of.to_json, "application/json"),
            "csv": (contents_of.to_csv, "text/csv; charset=utf-8"),
        }
        if form not in kinds:
            raise NotFound("There is no such form.")
        version = self._version(request, str(pk))
        write, kind = kinds[form]
        name = f"policy-{version.number}.{form}"
        return HttpResponse(
            write(contents.content(version)),
            content_type=kind,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _version(self, request: HttpRequest, pk: str) -> PolicyVersion:
        is_key = pk.isdecimal() and len(pk) < 19
        rows = self.get_queryset(request).select_related("parent", "restores")
        version = rows.filter(pk=pk).first() if is_key else None
        if version is None:
            raise NotFound("There is no such policy version.")
        return version

    def _show(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        page = {**self.admin_site.each_context(request), **context, "opts": self.opts}
        return TemplateResponse(
            request,
            f"admin/governance/policyversion/{template}.html",
            {**page, "at": when(request)},
        )


def _line(given: dict[str, str]) -> contents_of.Line:
    """Read a rule from the form.

    Raises:
        BadInput: a field cannot be read.
    """
    cells = {name: given.get(name, "") for name in contents_of.COLUMNS}
    cells["is_overridable"] = "yes" if given.get("is_overridable") else "no"
    try:
        return contents_of.line_of(cells)
    except contents_of.Unreadable as error:
        raise BadInput(str(error)) from None


def _percent(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else 0
