"""Lines that a client would never send, drawn from the message definition and from nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from terrascope.service.protocol import definition

from .child import Child

text = st.text(max_size=12)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text, st.just("\ud800"), st.just(10**400)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(text, inner, max_size=4)),
    max_leaves=8,
)
_RIGHT: dict[str, Any] = {
    "string": st.one_of(text, st.just("x" * 5000), st.just("/no/such/file.tif")), "integer": st.integers(),
    "number": st.floats(), "boolean": st.booleans(), "array": st.lists(anything, max_size=3),
    "object": st.dictionaries(text, anything, max_size=3), "null": st.none(),
}  # fmt: skip


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A message of a known type, most of its fields right."""
    kinds = [each for each in definition()["client"] if each != "shutdown"]
    kind = draw(st.sampled_from(kinds))
    shape = definition()["client"][kind]
    fields = {**shape["required"], **shape["optional"]}
    message: dict[str, Any] = {"type": kind}
    for name, wanted in fields.items():
        if draw(st.integers(0, 9)) == 0 or (name in shape["optional"] and draw(st.booleans())):
            continue
        wanted = wanted if isinstance(wanted, str) else (wanted or ["string"])[0]
        message[name] = draw(anything if draw(st.integers(0, 3)) == 0 else _RIGHT[wanted])
    if draw(st.integers(0, 4)) == 0:
        message[draw(st.sampled_from(["layers", "area", "id", "extra"]))] = draw(anything)
    return json.dumps(message).encode()


def _no_line_end(data: bytes) -> bytes:
    return data.replace(b"\n", b" ").replace(b"\r", b" ")


raw = st.one_of(
    st.binary(min_size=1, max_size=60),
    anything.map(lambda value: json.dumps(value).encode()),
    st.integers(1, 5000).map(lambda n: b"[" * n),
    st.integers(1, 3000).map(lambda n: b'{"type":' * n + b"1" + b"}" * n),
    st.sampled_from([b"\xed\xa0\x80", b'"\\ud800"', b'{"type":"ping","n":1e999}', b'{"type":"ping","n":NaN}', b"\x00",
                     b'{"type":"ping","n":' + b"9" * 6000 + b"}", b'{"type":"ask","id":"\\udfff"}', b"\xef\xbb\xbf{}"]),
).map(_no_line_end)  # fmt: skip

_line = st.one_of(messages(), messages(), raw).filter(lambda line: bool(line.strip()))
lines = st.lists(_line, min_size=50, max_size=50)


def answers_due(line: bytes) -> int:
    """The least number of answers that a line must have: none where it is a cancel that is in order."""
    try:
        message = json.loads(line)
        return 0 if message["type"] == "cancel" else 1
    except (ValueError, TypeError, KeyError, RecursionError):
        return 1


def fuzz(child: Child, batches: int) -> int:
    """Send batches of 50 lines; after each a ping must be answered, and every line must have been. Returns how many."""
    sent = 0

    @seed(11)
    @settings(max_examples=batches, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(lines)
    def batch(some: list[bytes]) -> None:
        nonlocal sent
        sent += len(some)
        child.send(*some, {"type": "ping", "n": 10_000_000 + sent})
        seen = child.until("pong", n=10_000_000 + sent, timeout=60)
        spoken = sum(message["type"] in ("error", "pong", "hello", "accepted") for message in seen) - 1
        assert spoken >= sum(map(answers_due, some)), (some, seen)

    batch()
    return sent
