"""http-api: one HTTP request to an address on the list of those that may be called."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from governance.calling import caller
from incidents.cacao import parts
from incidents.cacao.variables import REFERENCE
from incidents.domain.engine.states import Effect
from incidents.executors import extension, rendering
from incidents.executors.outcomes import Outcome, Result
from incidents.executors.rendering import Find, Unrendered

TYPE = "http-api"
KEPT_ANSWER = 64 * 1024
_PURE, _IDEMPOTENT = ("GET", "HEAD"), ("PUT", "DELETE")
_METHODS = (*_PURE, *_IDEMPOTENT, "POST", "PATCH")
_OURS = ("host", "content-length", "connection", "transfer-encoding", "idempotency-key")
_RETRIED = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Hosts:
    """``origins`` (scheme, name, port) may be called, ``private`` of them wherever they lie.

    ``credentials`` are the values of ``Authorization`` by origin: they are sent, never stored.
    """

    origins: Sequence[str] = ()
    private: Sequence[str] = ()
    credentials: Mapping[str, str] = field(default_factory=dict)
    authority: str = ""


def effect(
    document: Mapping[str, Any], step: Mapping[str, Any], number: int, target: str
) -> Effect:
    """Return the effect class of a command; HUMAN where no address is given for it."""
    method = _line(str(step["commands"][number].get("command", "")))[0]
    if method not in _METHODS or not _base(document, step, number, target):
        return Effect.HUMAN
    default = Effect.AT_MOST_ONCE
    if method in _PURE:
        default = Effect.PURE
    elif method in _IDEMPOTENT:
        default = Effect.IDEMPOTENT
    return extension.effect(step, number, default)


def is_listed(url: str, hosts: Hosts) -> bool:
    """Whether the origin of ``url`` is on the list."""
    return origin(url) in hosts.origins


def origin(url: str) -> str:
    """Return scheme, name and port of an address."""
    parted = urlsplit(url)
    return f"{parted.scheme}://{parted.netloc}"


def address(document: Mapping[str, Any], step: Mapping[str, Any], number: int, target: str) -> str:
    """Return the address that a command goes to, without its path; empty where there is none."""
    return origin(base) if (base := _base(document, step, number, target)) else ""


def render(
    document: Mapping[str, Any], step: Mapping[str, Any], number: int, target: str, find: Find
) -> dict[str, Any]:
    """Return the request as it will be sent, as JSON.

    Raises:
        Unrendered: a variable has no value or would become syntax.
    """
    command = step["commands"][number]
    method, line = _line(str(command["command"]))
    base = _base(document, step, number, target)
    found = {"type": TYPE, "method": method, "url": _url(base, line, find)}
    headers = {
        str(name): [rendering.header(str(one), find) for one in values]
        for name, values in parts.inner(command, "headers").items()
        if isinstance(values, list) and str(name).lower() not in _OURS
    }
    if any(rendering.header(name, find) != name for name in headers):
        raise Unrendered("the name of a header holds a variable")
    content = _content(command, headers, find)
    probe = extension.probe(step, number)
    if probe:
        found["probe"] = _url(base, _line(probe)[1], find)
    return {**found, "headers": headers, "content": content}


def send(request: Mapping[str, Any], *, key: str, hosts: Hosts) -> Result:
    """Send a rendered request once.

    Raises nothing: what went wrong is in the result, with whether anything may have happened.
    """
    return _judge(_call(request, request["method"], request["url"], key, hosts))


def probe(request: Mapping[str, Any], *, key: str, hosts: Hosts) -> bool | None:
    """Ask whether it has happened: success says yes, 404 and 410 no, anything else nothing."""
    answer = _call({**request, "content": ""}, "GET", request["probe"], key, hosts)
    if answer.is_success:
        return True
    return False if answer.status in (404, 410) else None


def values(said: str, wanted: Sequence[str]) -> dict[str, str | None]:
    """Return what a JSON answer says of the variables ``wanted``: ``state`` for ``__state__``."""
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    held = {name: found.get(name.strip("_")) for name in wanted}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in held.items()
        if isinstance(value, str | bool | int | float)
    }


def _call(
    request: Mapping[str, Any], method: str, url: str, key: str, hosts: Hosts
) -> caller.Answer:
    if not is_listed(url, hosts):
        return caller.Answer(0, f"{origin(url)} is not on the list of hosts", False)
    netloc = urlsplit(url).netloc
    headers = {name: ", ".join(many) for name, many in request["headers"].items()}
    headers["Idempotency-Key"] = key
    if secret := hosts.credentials.get(origin(url)):
        headers["Authorization"] = secret
    return caller.call(
        method,
        url,
        base64.b64decode(request["content"]),
        headers,
        allowed=[netloc] if origin(url) in hosts.private else [],
        plain=[netloc],
        authority=hosts.authority,
        keep=KEPT_ANSWER,
    )


def _judge(answer: caller.Answer) -> Result:
    if answer.is_success:
        return Result(Outcome.DONE, answer.body.decode("utf-8", "replace"))
    if answer.status:
        return Result(Outcome.FAILED, answer.said, may_retry=answer.status in _RETRIED)
    if answer.has_begun:
        return Result(Outcome.UNKNOWN, answer.said, may_retry=True)
    return Result(Outcome.FAILED, answer.said, may_retry=True)


def _line(command: str) -> tuple[str, str]:
    """Return method and target of an HTTP start line."""
    words = command.split()
    return (words[0].upper(), words[1]) if len(words) > 1 else ("", "")


def _base(document: Mapping[str, Any], step: Mapping[str, Any], number: int, target: str) -> str:
    """Return the address that the path is added to; no variable stands in its host."""
    line = _line(str(step["commands"][number].get("command", "")))[1]
    if "://" in line:
        found = line
    else:
        place = parts.inner(document, "target_definitions").get(target)
        agent = parts.inner(document, "agent_definitions").get(str(step.get("agent")), {})
        found = _named(place or agent)
    try:
        parted = urlsplit(found)
    except ValueError:
        return ""
    is_sound = parted.scheme in ("http", "https") and bool(parted.hostname)
    return found if is_sound and not _is_variable(parted.netloc) else ""


def _is_variable(text: str) -> bool:
    return bool(REFERENCE.search(text)) or "__" in text


def _named(place: Mapping[str, Any]) -> str:
    held = parts.inner(place, "address")
    urls = parts.listed(held, "url")
    if urls:
        return urls[0]
    names = [*parts.listed(held, "dname"), *parts.listed(held, "ipv4")]
    if not names:
        return ""
    port = str(place.get("port", ""))
    return f"https://{names[0]}" + (f":{port}" if port.isdecimal() and port != "443" else "")


def _url(base: str, line: str, find: Find) -> str:
    if "://" in line:
        parted = urlsplit(line)
        target = (parted.path or "/") + (f"?{parted.query}" if parted.query else "")
        return origin(line) + rendering.path(target, find)
    prefix = rendering.path(urlsplit(base).path.rstrip("/"), find)
    return origin(base) + prefix + rendering.path("/" + line.lstrip("/"), find)


def _content(command: Mapping[str, Any], headers: dict[str, list[str]], find: Find) -> str:
    """Return the body in Base64."""
    if "content_b64" in command:
        try:
            return base64.b64encode(
                base64.b64decode(command["content_b64"], validate=True)
            ).decode()
        except (binascii.Error, ValueError, TypeError) as error:
            raise Unrendered("content_b64 is no Base64") from error
    text = str(command.get("content", ""))
    kinds = {
        one for name, many in headers.items() if name.lower() == "content-type" for one in many
    }
    if text.lstrip()[:1] in ("{", "[") or any("json" in one for one in kinds):
        if not kinds:
            headers["Content-Type"] = ["application/json"]
        filled = rendering.inside_json(text, find)
    elif any("urlencoded" in one for one in kinds):
        filled = rendering.path(text, find)
    else:
        filled = rendering.raw(text, find)
    return base64.b64encode(filled.encode()).decode()
