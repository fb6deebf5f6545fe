"""Both sides keep to resources/protocol.schema.json."""

from __future__ import annotations

import json
import random

import pytest

from terrascope_plugin.backend_process.messages import LineReader, ProtocolError, check, encode


def test_a_message_split_in_the_middle_of_a_character_arrives_whole():
    line = (
        json.dumps({"type": "text", "id": "a", "step": 1, "text": "Größe 12 km²"}, ensure_ascii=False).encode() + b"\n"
    )
    reader = LineReader()
    messages = []
    for index in range(len(line)):
        messages += reader.feed(line[index : index + 1])[0]
    assert [message["text"] for message in messages] == ["Größe 12 km²"]


def test_what_a_library_prints_is_logged_and_does_no_harm():
    messages, strays = LineReader().feed(b'Loading weights...\n{"type": "pong", "n": 3}\n[1, 2]\n{"type": "pong"}\n')
    assert messages == [{"type": "pong", "n": 3}]
    assert len(strays) == 3


def test_whatever_a_line_holds_the_next_message_is_heard():
    """2,000 lines: broken JSON, other types, deep nesting, numbers that are none, bytes."""
    chance = random.Random(11)
    whole = json.dumps({"type": "mask", "id": "a", "step": 1, "label": "x", "gpkg": "y", "measurements": {}}).encode()
    odd = (
        b"[" * 100_000, b'{"type": []}', b'{"type": {"a": 1}}', b'{"type": null}', b'"\\ud800"', b"1e999", b"null",
        b'{"type": "pong", "n": NaN}', b'{"type": "pong", "n": 1.5}', b'{"type": "pong", "n": true}', b"\xff\xfe\x00",
        b'{"type": "claim", "id": "a", "step": 1, "text": "x", "verdict": "supported", "claimed": Infinity}',
        b'{"a":' * 50_000, b"9" * 10_000,
    )  # fmt: skip
    reader = LineReader()
    for number in range(2000):
        line = bytearray(chance.choice((*odd, whole, whole)))
        for _ in range(chance.choice((0, 1, 5))):
            line[chance.randrange(len(line))] = chance.randrange(256)
        messages, strays = reader.feed(bytes(line).replace(b"\n", b" ") + b'\n{"type": "pong", "n": %d}\n' % number)
        assert messages[-1] == {"type": "pong", "n": number}
        assert all(isinstance(text, str) and len(text) < 1000 for text in strays)


def test_a_question_that_breaks_the_definition_is_not_sent():
    with pytest.raises(ProtocolError, match='lacks "layers"'):
        encode({"type": "ask", "id": "a", "question": "?", "out": "x.gpkg"})
    with pytest.raises(ProtocolError, match="expected integer"):
        check({"type": "ping", "n": True}, "client")
    with pytest.raises(ProtocolError, match="unknown message type"):
        check({"type": "dance"}, "server")


def test_a_null_in_an_optional_field_is_fine():
    check({"type": "answer", "id": "a", "text": "3", "choice": None, "confidence": None}, "server")
