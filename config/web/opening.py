"""Which addresses of ours open for somebody: nobody is led to a page that refuses them."""

from urllib.parse import urlsplit

from django.contrib import admin
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from governance.board import GovernedAdmin
from governance.models import User

LIST = "_changelist"


def may_open(request: HttpRequest, url: str) -> bool:
    """Say whether ``url`` opens: lists of the board ask the policy, other pages sort out rows."""
    path = urlsplit(url).path
    if not path.startswith("/admin/"):
        return True
    user = request.user
    if not isinstance(user, User) or not user.is_staff:
        return False
    try:
        name = resolve(path).url_name or ""
    except Resolver404:
        return False
    for model, board in admin.site._registry.items():
        if name == f"{model._meta.app_label}_{model._meta.model_name}{LIST}":
            return isinstance(board, GovernedAdmin) and board.has_view_permission(request)
    return True
