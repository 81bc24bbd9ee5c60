"""Feed imports on the board, for reading only."""

from django.contrib import admin

from governance.board import GovernedAdmin
from partners.models import FeedRun
from partners.permissions import Act


@admin.register(FeedRun)
class FeedRunAdmin(GovernedAdmin[FeedRun]):
    """Files are imported on the shell; what came of each stands here."""

    read_act = Act.FEED_READ
    list_display = ["at", "source", "file", "records", "changed", "defects", "data_date"]
    list_filter = ["source"]
