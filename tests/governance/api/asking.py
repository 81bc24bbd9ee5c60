"""A client of the AuthZEN interface over real HTTP, written against the standard alone."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Pep:
    """Asks one decision point, as one caller."""

    address: str
    key: str

    def send(
        self, path: str, body: bytes | None, *, method: str = "POST", **headers: str
    ) -> Answered:
        """Send ``body`` as it is; headers are named with underscores."""
        named = {"Content-Type": "application/json"}
        if self.key:
            named["Authorization"] = f"Bearer {self.key}"
        for name, value in headers.items():
            named[name.replace("_", "-").title()] = value
        line = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        try:
            line.request(method, path, body, named)
            answer = line.getresponse()
            return Answered(
                answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
            )
        finally:
            line.close()

    def post(self, name: str, value: Any, **headers: str) -> Answered:
        return self.send(f"/access/v1/{name}", json.dumps(value).encode(), **headers)

    def ask(self, name: str, value: Any) -> Any:
        """Return the answer to a question that must be understood."""
        answer = self.post(name, value)
        assert answer.status == 200, answer.body
        assert answer.headers["content-type"] == "application/json"
        return answer.json()

    def decides(self, value: Any) -> bool:
        found: bool = self.ask("evaluation", value)["decision"]
        return found
