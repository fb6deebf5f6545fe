"""Captions and wordings from an OpenAI-compatible endpoint, against a real server on this machine."""

from __future__ import annotations

import base64
import io
import json
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from terrascope_lab.cot.captions.endpoint import Endpoint, EndpointError, complete
from terrascope_lab.cot.captions.llm import EndpointCaptioner
from terrascope_lab.cot.captions.overlays import colours, overlay
from terrascope_lab.cot.check.run import check_entry
from terrascope_lab.cot.compose.choose import questions
from terrascope_lab.cot.compose.llm import EndpointComposer, keeps
from terrascope_lab.cot.drafts import Draft
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.formats.record import record

from . import made


class Server(ThreadingHTTPServer):
    """Answers with what `replies` says, in order (the last one again and again): a text, or (status, headers, body)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: list = []
        self.asked: list[dict] = []
        self.headers: list[dict] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        server.headers.append(dict(self.headers))
        reply = server.replies[min(len(server.asked), len(server.replies)) - 1]
        if callable(reply):
            reply = reply(server.asked[-1])
        status, headers, body = reply if isinstance(reply, tuple) else (200, {}, _said(reply))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


def _said(text: str) -> str:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]})


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()


def caption_of(request: dict) -> str:
    """What a good model writes: every class marked, with the shares that it was told."""
    text = request["messages"][1]["content"][0]["text"]
    rows = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    think = " ".join(f"There is <p>{row['class']}</p> [SEG] here." for row in rows)
    said = ", ".join(f"{row['class']} {row['share']}" for row in rows)
    return f"<think>{think}</think><caption>The scene has {said}.</caption>"


def test_a_model_is_shown_the_picture_the_overlay_the_labels_and_the_metadata(server):
    server.replies = [caption_of]
    scene = made.scene(0)
    facts = [Facts(scene, 0)]
    draft = EndpointCaptioner(Endpoint(server.url, "eyes")).caption(scene, facts, random.Random(0))
    text, *images = server.asked[0]["messages"][1]["content"]
    shown = [np.asarray(Image.open(io.BytesIO(base64.b64decode(i["image_url"]["url"].split(",")[1])))) for i in images]
    assert np.array_equal(shown[0], scene.moments[0].optical)
    assert not np.array_equal(shown[1], shown[0])
    assert "Sentinel-2" in text["text"] and "10 m" in text["text"] and "nowhere" in text["text"]
    entry = record(scene, facts, draft, 0)
    check_entry(entry)
    assert entry["query"] == {"captioner": "endpoint:eyes"}
    assert "<p>" in entry["conversations"][1]["value"] or "[SEG]" in entry["conversations"][1]["value"]


def test_a_caption_with_a_made_up_number_or_class_is_asked_for_again_then_made_by_rule(server):
    server.replies = [
        "<think>A <p>castle</p> [SEG]</think><caption>A castle.</caption>",
        "<think>The <p>water</p> [SEG]</think><caption>Water covers 99.9 %.</caption>",
    ]
    scene = made.scene(0)
    draft = EndpointCaptioner(Endpoint(server.url, "eyes")).caption(scene, [Facts(scene, 0)], random.Random(0))
    assert len(server.asked) == 2
    assert "'castle' is none of the classes" in server.asked[1]["messages"][-1]["content"]
    assert draft.query["captioner"] == "rules"


def test_answers_are_kept_and_not_asked_for_twice(server, tmp_path):
    server.replies = ["once"]
    endpoint = Endpoint(server.url, "m", cache=tmp_path)
    messages = [{"role": "user", "content": "hello"}]
    assert [complete(endpoint, messages) for _ in range(3)] == ["once"] * 3
    assert len(server.asked) == 1
    assert complete(Endpoint(server.url, "other", cache=tmp_path), messages) == "once"
    assert len(server.asked) == 2


def test_a_busy_server_is_asked_again_after_the_pause_that_it_wishes(server):
    server.replies = [(429, {"Retry-After": "7"}, "slow down"), (503, {}, ""), "there"]
    pauses: list[float] = []
    assert complete(Endpoint(server.url, "m"), [], pauses.append) == "there"
    assert pauses == [7.0, 2.0]


def test_a_refusal_names_the_way_out_and_is_not_repeated(server, monkeypatch):
    monkeypatch.setenv("TERRASCOPE_LLM_KEY", "wrong")
    server.replies = [(401, {}, '{"error": "bad key"}')]
    with pytest.raises(EndpointError, match=r"401.*bad key.*TERRASCOPE_LLM_KEY"):
        complete(Endpoint(server.url, "m"), [])
    assert len(server.asked) == 1
    assert server.headers[0]["Authorization"] == "Bearer wrong"


def test_a_server_that_is_not_there_or_speaks_otherwise_is_named(server):
    with pytest.raises(EndpointError, match=r"127.0.0.1:9.*2 tries.*finished parts are kept"):
        complete(Endpoint("http://127.0.0.1:9/v1", "m", retries=1, timeout_s=2), [], lambda _: None)
    server.replies = [(200, {}, "<html>")]
    with pytest.raises(EndpointError, match="does not answer as an OpenAI-compatible endpoint"):
        complete(Endpoint(server.url, "m"), [])
    with pytest.raises(EndpointError, match="no web address"):
        Endpoint("localhost", "m")


def test_composed_questions_are_worded_anew_and_their_answers_stay(server):
    scene = made.scene(1)
    facts = [Facts(scene, 0)]
    drafts = questions(scene, random.Random(0), rounds=2)
    composed = [d for d in drafts if d.level.startswith("l2")]

    def reply(request: dict) -> str:
        asked = json.loads(request["messages"][1]["content"].splitlines()[-1])
        return json.dumps([f"As an expert: {each['question']}" for each in asked])

    server.replies = [reply]
    worded = EndpointComposer(Endpoint(server.url, "m")).reword(scene, facts, drafts)
    assert [d.answer for d in worded] == [d.answer for d in drafts]
    assert sum(d.question.startswith("As an expert") for d in worded) == len(composed) > 0
    for number, draft in enumerate(worded):
        check_entry(record(scene, facts, draft, number))


def test_a_wording_that_loses_a_number_or_tells_the_answer_is_not_taken():
    draft = Draft("l2_spatial", "within", "What share of water lies within 100 m of trees?", "41.2 %", ())
    assert keeps(draft, "Within 100 m of trees, how much of the water is found?")
    assert not keeps(draft, "Near trees, how much of the water is found?")
    assert not keeps(draft, "Is it 41.2 % of the water that lies within 100 m of trees?")


def test_every_class_has_a_colour_of_its_own():
    labels = ["water", "inland waters", "marine waters", "trees", "forest", "mixed forest", "moss", "rangeland", "land"]
    assert len(set(colours(labels).values())) == len(labels)
    picture = np.zeros((20, 20, 3), np.uint8)
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    shown = overlay(picture, {"water": mask}, colours(["water"]))
    assert shown[10, 10].any() and not shown[0, 0].any()
    assert (shown[5, 5] > shown[10, 10]).any(), "the outline is stronger than the fill"
