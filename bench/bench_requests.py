"""What a list, an empty view and the middleware cost, as ratios of CPU time in one run."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory
from rest_framework.views import APIView

from bench.figures import Sheet, cpu_microseconds
from bench.views import PAGE, Empty, Instances, Projection
from governance.actions.policy import restamp
from governance.models import Membership, Role, Site, User
from tests.config.running import free_port

NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
REQUESTS = 4000


def fill(count: int) -> None:
    """Have ``count`` memberships of as many people."""
    missing = count - Membership.objects.filter(reason="bench").count()
    people = User.objects.bulk_create(
        User(
            email=f"bench{count}-{number}@example.org",
            name=f"Person {number}",
            created_at=NOW,
            password="!",
        )
        for number in range(missing)
    )
    role, site = Role.objects.get(slug="auditor"), Site.objects.get(parent=None)
    Membership.objects.bulk_create(
        Membership(
            user=user,
            role=role,
            site=site,
            valid_from=NOW,
            granted_by="service:operator",
            reason="bench",
        )
        for user in people
    )
    restamp()


def asked(view: type[APIView]) -> Callable[[], object]:
    answer, factory = view.as_view(), RequestFactory()

    def ask() -> object:
        request: HttpRequest = factory.get("/")
        request.user = AnonymousUser()
        response = answer(request)
        assert response.status_code == 200
        return response.render().content

    return ask


def lists(sheet: Sheet) -> None:
    empty = cpu_microseconds(asked(Empty), times=500)
    sheet.figure("trivial view, in process", empty, "µs CPU")
    for factor in (1, 10, 100):
        fill(PAGE * factor)
        rows = f"page of 100 out of {PAGE * factor:,} rows"
        thin = cpu_microseconds(asked(Projection), times=40)
        thick = cpu_microseconds(asked(Instances), times=20)
        sheet.figure(f"{rows}: .values()", thin, "µs CPU")
        sheet.figure(f"{rows}: ModelSerializer", thick, "µs CPU")
        sheet.figure(f"{rows}: ModelSerializer / .values()", thick / thin, "x", at_least=3)
    sheet.figure("100-row list / trivial view, in process", thin / empty, "x")


def served(application: str, path: str, sheet: Sheet, *, times: int) -> float:
    """Return the CPU of one request at a real server process, start-up excluded."""
    port = free_port()
    argv = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--no-ws"]
    argv += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error", application]
    server = subprocess.Popen(argv, start_new_session=True)
    try:
        ask(port, path, 100)
        best = float("inf")
        for _ in range(3):
            before = cpu_of_session(server.pid)
            ask(port, path, times)
            best = min(best, cpu_of_session(server.pid) - before)
    finally:
        server.terminate()
        server.wait()
    micro = best / times * 1e6
    sheet.figure(f"{path} of {application.partition(':')[0]}, served", micro, "µs CPU")
    return micro


def ask(port: int, path: str, times: int) -> None:
    end = time.monotonic() + 30
    while True:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            for _ in range(times):
                client.request("GET", path, headers={"Host": f"localhost:{port}"})
                response = client.getresponse()
                response.read()
                assert response.status == 200
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.1)
        else:
            return
        finally:
            client.close()


def cpu_of_session(leader: int) -> float:
    total = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if fields[3] == str(leader):
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure lists in this process, middleware through the real server."""
    sheet = Sheet("requests")
    lists(sheet)
    if Path("/proc/self/stat").exists():
        bare_app = "bench.bare:application"
        bare = served(bare_app, "/livez", sheet, times=REQUESTS)
        full = served("config.wsgi:application", "/livez", sheet, times=REQUESTS)
        sheet.figure("middleware: /livez / bare view", full / bare, "x", at_most=2.5)
        empty = served(bare_app, "/empty", sheet, times=REQUESTS)
        rows = served(bare_app, "/projection", sheet, times=REQUESTS // 10)
        sheet.figure("100-row list / trivial view, served", rows / empty, "x", at_most=12)
    sheet.close()


if __name__ == "__main__":
    main()
