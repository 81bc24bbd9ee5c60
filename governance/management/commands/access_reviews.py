"""``manage.py access_reviews``: open, look at, close and export the campaigns of a quarter."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from governance.actions import closing_reviews, opening_reviews
from governance.commands import OperatorCommand
from governance.domain.access_review import Quarter
from governance.errors import BadInput, Conflict, NotFound
from governance.models import AccessReview, Site
from governance.queries import review_results

NOT_SOUND = 3


class Command(OperatorCommand):
    help = "Open, list, show, check, close or export the quarterly reviews of access."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.description = (
            f"{self.help} Exit 0 done, 1 refused or failed, 2 wrong usage, 3 the records of a"
            " closed campaign do not give the seal that the log holds."
        )
        verbs = parser.add_subparsers(dest="verb", required=True)
        begin = verbs.add_parser("open", help="open the campaign of this quarter, once")
        begin.add_argument("--site", metavar="SLUG", help="only there; every site otherwise")
        rows = verbs.add_parser("list", help="campaigns, the newest quarter first")
        rows.add_argument("--quarter", metavar="YYYY-QN", help="only of this quarter")
        for verb, what in (
            ("show", "how far a campaign is and how it was decided"),
            ("check", "whether a closed campaign is as it was sealed"),
            ("close", "seal a campaign in which nothing waits"),
            ("export", "write the sealed result with its proof"),
        ):
            one = verbs.add_parser(verb, help=what)
            one.add_argument("site", help="short name of the site")
            one.add_argument("quarter", help="as in 2026-Q4")
            if verb == "export":
                one.add_argument("file", type=Path, help="a file that does not exist yet")

    def act(self, **options: Any) -> dict[str, Any]:
        match options["verb"]:
            case "open":
                return self._open(options["site"])
            case "list":
                return self._list(options["quarter"])
        review = _found(options["site"], options["quarter"])
        match options["verb"]:
            case "close":
                review = closing_reviews.close(review, by=self.by, at=self.at)
                self.say(f"{review}: sealed as {review.seal}.")
                return _told(review)
            case "check":
                return self._check(review)
            case "export":
                return self._export(review, options["file"])
        return self._show(review)

    def _open(self, slug: str | None) -> dict[str, Any]:
        if slug is None:
            count = opening_reviews.start_due(by=self.by, at=self.at)
            self.say(f"{count} campaigns opened.")
            return {"opened": count}
        site = Site.objects.filter(slug=slug).first()
        if site is None:
            raise NotFound(f"no site {slug!r}")
        review = opening_reviews.start(site, Quarter.of(self.at), by=self.by, at=self.at)
        if review is None:
            raise Conflict(f"nobody has access to anything at {site}")
        self.say(f"{review}: {review.items.count():,} to review, due {review.due_at:%b %d, %Y}.")
        return _told(review)

    def _list(self, quarter: str | None) -> dict[str, Any]:
        rows = AccessReview.objects.select_related("site")
        if quarter is not None:
            rows = rows.filter(quarter=_quarter(quarter))
        found = [_told(row) for row in rows]
        for one in found:
            left = one["counts"]["waiting"]
            self.say(f"{one['site']} {one['quarter']}: {one['state']}, {left:,} left")
        return {"reviews": found}

    def _show(self, review: AccessReview) -> dict[str, Any]:
        paces = review_results.paces(review)
        told = _told(review)
        for name, count in told["counts"].items():
            self.say(f"{name:<11} {count:,}")
        for one in paces:
            stamp = ", rubber stamp" if one.is_rubber_stamp else ""
            self.say(f"{one.by}: {one.decided:,} decided, {one.median_seconds:.1f} s{stamp}")
        return {
            **told,
            "reviewers": [
                {
                    "by": one.by,
                    "decided": one.decided,
                    "kept": one.kept,
                    "in_bulk": one.in_bulk,
                    "median_seconds": one.median_seconds,
                    "rubber_stamp": one.is_rubber_stamp,
                }
                for one in paces
            ],
        }

    def _check(self, review: AccessReview) -> dict[str, Any]:
        found = review_results.check(review)
        if not found.seal:
            raise Conflict(f"{review} is open: there is no seal to check")
        if not found.is_sound:
            self.exit_code = NOT_SOUND
        self.say("As it was sealed." if found.is_sound else "NOT as it was sealed.")
        return {
            **{"seal": found.seal, "logged": found.logged, "computed": found.computed},
            "sound": found.is_sound,
        }

    def _export(self, review: AccessReview, file: Path) -> dict[str, Any]:
        found = closing_reviews.export(review, by=self.by, at=self.at)
        with file.open("x", encoding="utf-8") as target:
            json.dump(found.as_json(), target, ensure_ascii=False, indent=1)
        proven = "with its proof" if found.proof else "not witnessed yet: export it again later"
        self.say(f"{review}: written to {file}, {proven}.")
        return {"file": str(file), "sha256": found.sha256, "proven": found.proof is not None}


def _quarter(text: str) -> str:
    try:
        return str(Quarter.parse(text))
    except ValueError as error:
        raise BadInput(str(error)) from None


def _found(site: str, quarter: str) -> AccessReview:
    rows = AccessReview.objects.select_related("site")
    review = rows.filter(site__slug=site, quarter=_quarter(quarter)).first()
    if review is None:
        known = ", ".join(f"{one.site.slug} {one.quarter}" for one in rows[:20]) or "none"
        raise NotFound(f"there is no access review of {site!r} in {quarter}; known are: {known}")
    return review


def _told(review: AccessReview) -> dict[str, Any]:
    return {
        "site": review.site.slug,
        "quarter": review.quarter,
        "state": review.state,
        "opens_at": review.opens_at,
        "due_at": review.due_at,
        "closed_at": review.closed_at,
        "seal": review.seal,
        "counts": review_results.counts(review),
    }
