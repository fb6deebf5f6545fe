"""A client for OpenAI-compatible chat endpoints, with the standard library alone.

Answers are kept on disk by the hash of what was asked, so that a build can be repeated without asking again. Nothing is
sent anywhere unless the user names an endpoint.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terrascope.errors import TerraScopeError

#: Statuses after which the same request may succeed.
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE_S = 60.0


class EndpointError(TerraScopeError):
    """An endpoint cannot be reached, refuses, or does not answer as it should."""

    code = "endpoint"


@dataclass(frozen=True)
class Endpoint:
    """Where and how to ask.

    Attributes
    ----------
    url
        Base address, such as "http://localhost:8000/v1"; "/chat/completions" is added.
    model
        Name that the endpoint knows its model by.
    key_variable
        Environment variable with the key; none is sent where it is not set.
    timeout_s, retries
        Seconds an answer may take, and how often a passing failure is tried again.
    cache
        Folder for answers; None keeps none.
    """

    url: str
    model: str
    key_variable: str = "TERRASCOPE_LLM_KEY"
    timeout_s: float = 120.0
    retries: int = 4
    cache: Path | None = None
    temperature: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise EndpointError(
                f"The endpoint {self.url!r} is no web address.", 'Write it as "http://localhost:8000/v1".'
            )


Sleep = Callable[[float], None]


def complete(endpoint: Endpoint, messages: Sequence[Mapping[str, Any]], sleep: Sleep = time.sleep) -> str:
    """Return the text that an endpoint answers to messages.

    Parameters
    ----------
    messages
        In the form of the chat API; `image_part` makes pictures.
    sleep
        Waits between tries, in seconds.

    Raises
    ------
    EndpointError
        Names the address, what went wrong, and the way out.
    """
    asked = {"temperature": endpoint.temperature, "seed": endpoint.seed}
    body = json.dumps({"model": endpoint.model, "messages": list(messages), **asked}, sort_keys=True).encode()
    kept = _kept(endpoint, body)
    if kept is not None and kept.exists():
        return str(json.loads(kept.read_text(encoding="utf-8"))["text"])
    text = _text_of(endpoint, _asked(endpoint, body, sleep))
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps({"model": endpoint.model, "text": text}), encoding="utf-8")
        part.replace(kept)
    return text


def image_part(png: bytes) -> dict[str, Any]:
    """Return a picture as part of a message."""
    return {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(png).decode()}}


def _kept(endpoint: Endpoint, body: bytes) -> Path | None:
    if endpoint.cache is None:
        return None
    name = hashlib.sha256(endpoint.url.encode() + b"\0" + body).hexdigest()
    return endpoint.cache / name[:2] / f"{name}.json"


def _asked(endpoint: Endpoint, body: bytes, sleep: Sleep) -> bytes:
    address = endpoint.url.rstrip("/") + "/chat/completions"
    headers = {"Content-Type": "application/json"}
    key = os.environ.get(endpoint.key_variable, "")
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(address, body, headers)
    problem = ""
    for attempt in range(endpoint.retries + 1):
        pause = min(_LONGEST_PAUSE_S, 2.0**attempt)
        try:
            with urllib.request.urlopen(request, timeout=endpoint.timeout_s) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            detail = error.read(400).decode("utf-8", "replace").strip()
            problem = f"it answers {error.code} {error.reason}: {detail}"
            if error.code not in _PASSING:
                raise EndpointError(f"{address}: {problem}", _way_out(endpoint, error.code)) from error
            pause = _asked_pause(error.headers.get("Retry-After"), pause)
        except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
            problem = f"{getattr(error, 'reason', error) or type(error).__name__}"
        if attempt < endpoint.retries:
            sleep(pause)
    raise EndpointError(
        f"{address} gave no answer in {endpoint.retries + 1} tries of {endpoint.timeout_s:g} s: {problem}",
        "Check that the server runs and the address is right, or raise --timeout; finished parts are kept.",
    )


def _way_out(endpoint: Endpoint, status: int) -> str:
    if status in (401, 403):
        return f"Put a valid key into the environment variable {endpoint.key_variable}."
    if status == 404:
        return f"Check the address and the model name {endpoint.model!r}."
    return "Check the model's limits (pictures, length), or use --captioner rules."


def _asked_pause(header: str | None, otherwise: float) -> float:
    try:
        return min(_LONGEST_PAUSE_S, float(header)) if header else otherwise
    except ValueError:
        return otherwise


def _text_of(endpoint: Endpoint, answer: bytes) -> str:
    try:
        content = json.loads(answer)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise EndpointError(
            f"{endpoint.url} does not answer as an OpenAI-compatible endpoint: {answer[:120]!r}.",
            'The address ends in "/v1" for most servers.',
        ) from error
    if not isinstance(content, str) or not content.strip():
        raise EndpointError(f"{endpoint.url}: the model {endpoint.model!r} wrote nothing.", "Use another model.")
    return content
