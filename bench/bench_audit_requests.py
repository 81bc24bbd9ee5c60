"""What the audit log costs a request: an asset gets another owner, on a durable server."""

import http.client
import itertools
import os
import re
import subprocess
import sys
import threading
import time
from urllib.parse import urlencode

from bench.abba import compare, repeatable
from bench.durable import on_durable_servers, superuser

on_durable_servers(__file__)

import django

django.setup()

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.figures import Sheet
from catalog.models import Asset
from governance import boundary
from governance.domain import actor as actors
from governance.models import Site
from tests.builders.catalog import NOW
from tests.builders.governance import a_member, a_system, a_user
from tests.builders.signin import proven
from tests.config.running import free_port

SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
ASSETS = 50
CLIENTS = 4
CSRF = "b" * 32
_WRITES = re.compile(r"^\s*(?:WITH .*?\)\s*)?(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.S)


class Endpoint:
    """The form that names an owner, and who uses it."""

    def __init__(self) -> None:
        with boundary.acting(actors.service("bench"), at=NOW), transaction.atomic():
            system = a_system(slug="bench-system")
            self.owners = [a_user() for _ in range(8)]
            steward = a_member("steward", site=Site.objects.get(parent=None))
            Asset.objects.bulk_create(
                Asset(
                    system=system,
                    site=system.site,
                    kind="table",
                    name=f"table_{n}",
                    fqn=f"plant.mes.table_{n}",
                    source_key=f"1/{n}",
                    fingerprint="0" * 64,
                    first_seen_at=NOW,
                )
                for n in range(ASSETS)
            )
        self.assets = list(Asset.objects.filter(system=system).values_list("pk", flat=True))
        with boundary.acting(actors.service("bench"), at=NOW), transaction.atomic():
            self.client: Client = proven(steward)
        name = settings.SESSION_COOKIE_NAME
        session = self.client.cookies[name].value
        self.cookie = f"{name}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"

    def statements(self) -> list[str]:
        """Return what one request sends to the database."""
        with CaptureQueriesContext(connection) as captured:
            answer = self.client.post(
                f"/catalog/{self.assets[0]}/owner/", {"owner": self.owners[0].email}
            )
        assert answer.status_code == 302, answer.content[:300]
        assert answer.headers["Location"] == f"/catalog/{self.assets[0]}/", answer.headers
        return [query["sql"] for query in captured.captured_queries]


class Load:
    """Clients that ask the real server, each again as soon as it is answered."""

    def __init__(self, endpoint: Endpoint, port: int) -> None:
        self._endpoint = endpoint
        self._port = port
        self._turn = itertools.count()

    def rate(self) -> float:
        """Return requests per second."""
        end = time.monotonic() + SECONDS
        done = [0] * CLIENTS
        failed: list[str] = []

        def ask(which: int) -> None:
            client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            while time.monotonic() < end:
                status = self._one(client)
                if status != 302:
                    failed.append(f"status {status}")
                    return
                done[which] += 1
            client.close()

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed, failed
        return sum(done) / SECONDS

    def _one(self, client: http.client.HTTPConnection) -> int:
        turn = next(self._turn)
        # Each request changes something: an asset comes round with the next owner.
        asset = self._endpoint.assets[turn % ASSETS]
        owner = self._endpoint.owners[(turn // ASSETS + turn) % len(self._endpoint.owners)]
        client.request(
            "POST",
            f"/catalog/{asset}/owner/",
            urlencode({"owner": owner.email}),
            {
                "Host": f"localhost:{self._port}",
                "Cookie": self._endpoint.cookie,
                "X-CSRFToken": CSRF,
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        answer = client.getresponse()
        answer.read()
        return answer.status


def watched(tables: list[str], *, on: bool) -> None:
    """Switch the row triggers of ``tables``."""
    state = "ENABLE ALWAYS" if on else "DISABLE"
    with superuser() as session:
        for table in tables:
            for name in ("audit_row", "audit_row_update"):
                session.execute(f'ALTER TABLE "{table}" {state} TRIGGER {name}'.encode())


def main() -> None:
    """Measure one server process with four clients."""
    sheet = Sheet("audit-requests")
    endpoint = Endpoint()
    statements = endpoint.statements()
    for text in statements:
        print("  statement: " + " ".join(text.split())[:160])
    written = {found[1] for text in statements if (found := _WRITES.match(text))}
    written.add("catalog_asset")
    with superuser() as session:
        rows = session.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname = 'audit_row_update'"
        ).fetchall()
    touched = sorted(written & {str(row[0]) for row in rows})
    print("  row triggers switched off: " + ", ".join(touched))
    port = free_port()
    argv = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--no-ws"]
    argv += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    server = subprocess.Popen(
        [*argv, "--blocking-threads", "4", "config.wsgi:application"],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    load = Load(endpoint, port)

    def unaudited() -> float:
        watched(touched, on=False)
        try:
            return load.rate()
        finally:
            watched(touched, on=True)

    try:
        wait(port)
        repeatable(sheet, "requests, audited", load.rate)
        found = compare(unaudited, load.rate)
    finally:
        server.terminate()
        server.wait()
    sheet.figure("a request: statements", len(statements), "")
    sheet.figure("requests without row events", found.a, "1/s")
    sheet.figure("requests with", found.b, "1/s")
    sheet.figure(
        "request: with / without row events", found.ratio, "x", at_least=0.85, note=found.note()
    )
    sheet.close()


def wait(port: int) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + 30
    while True:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            client.request("GET", "/livez", headers={"Host": f"localhost:{port}"})
            if client.getresponse().status == 200:
                return
        except OSError:
            assert time.monotonic() < end, "the server does not answer"
        finally:
            client.close()
        time.sleep(0.1)


if __name__ == "__main__":
    main()
