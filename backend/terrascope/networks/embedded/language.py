"""The language graphs of the embedded model on ONNX Runtime: question in, words and mask queries out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from terrascope.errors import CheckpointError
from terrascope.hashes import ungrouped
from terrascope.networks.embedded.question import question_text, read_question, settled
from terrascope.networks.embedded.reading import Reading, as_vector, reading_of
from terrascope.networks.embedded.tokens import Vocabulary
from terrascope.networks.embedded.visual_tokens import FEATURES
from terrascope.networks.embedded.wordpiece import WordPieces

Floats = NDArray[np.float32]


class LanguageNetworks:
    """Loads the language files of a model folder and checks them against the manifest.

    Parameters
    ----------
    folder
        Holds `language.json` and the files that it names.
    threads
        Threads of ONNX Runtime.
    providers
        Execution providers in order of preference.

    Raises
    ------
    CheckpointError
        If a file is missing or is not the one of the manifest.
    """

    def __init__(self, folder: Path, threads: int = 2, providers: Sequence[str] = ("CPUExecutionProvider",)) -> None:
        path = folder / "language.json"
        if not path.is_file():
            raise CheckpointError(f"The embedded model lacks {path.name!r} in {folder}.", "Install the plugin again.")
        self.manifest = json.loads(path.read_text(encoding="utf-8"))
        for name, stated in self.manifest["files"].items():
            sha = ungrouped(stated)
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest() if (folder / name).is_file() else "missing"
            if found != sha:
                raise CheckpointError(
                    f"File {name!r} of the embedded model is {found[:12]}, its manifest says {sha[:12]}.",
                    "Install the plugin again.",
                )
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.log_severity_level = 3

        def session(name: str) -> onnxruntime.InferenceSession:
            return onnxruntime.InferenceSession(str(folder / name), settings, providers=list(providers))

        self._encoder, self._inputs = session("language_encoder.onnx"), session("language_inputs.onnx")
        self._decoder = session("language_decoder.onnx")
        self.device = self._decoder.get_providers()[0].removesuffix("ExecutionProvider").lower()
        self.tokenizer = WordPieces.read(folder / "language_tokenizer.json")
        size = len(self.manifest["kinds"]) + 2 * len(self.manifest["labels"]) + len(self.manifest["units"]) + 1
        self._nothing = {
            "ids": np.zeros((1, 1), np.int64),
            "features": np.zeros((1, 1, FEATURES), np.float32),
            "summary": np.zeros((1, size), np.float32),
        }
        self.vocabulary = Vocabulary(self.manifest["words"])

    def read(self, question: str, options: tuple[str, ...], dates: int) -> Reading:
        """Return what a question asks."""
        text = question_text(question, options)
        ids, known, named, plain = read_question(self.tokenizer, text)
        feed = {"ids": np.array([ids], np.int64), "known": np.array([known], np.int64)}
        found = reading_of(self._encoder.run(None, feed)[0][0], self.manifest, named, dates, plain)
        return settled(found, text, dates, bool(options), named)

    def embed_reading(self, reading: Reading) -> Floats:
        """Return the embedding [1, width] of what is asked."""
        return self._embed("asked", summary=as_vector(reading, self.manifest)[None])

    def embed_words(self, ids: Sequence[int]) -> Floats:
        """Return embeddings [N, width] of vocabulary ids."""
        return self._embed("words", ids=np.array([ids], np.int64))[0]

    def embed_visual(self, features: Floats) -> Floats:
        """Return embeddings [M, width] of visual features [M, FEATURES]."""
        return self._embed("visual", features=features[None])[0]

    def _embed(self, output: str, **given: NDArray[np.generic]) -> Floats:
        return self._inputs.run([output], {**self._nothing, **given})[0]

    def stream(self) -> Stream:
        """Return an empty context."""
        shape = (self.manifest["layers"], 2, self.manifest["heads"], 0, self.manifest["head"])
        return Stream(self, np.zeros(shape, np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32))

    def step(self, embeddings: Floats, past: Floats) -> tuple[Floats, Floats, Floats]:
        """Read embeddings [T, width]; returns logits, query of the last position, and the longer past."""
        start = past.shape[3]
        positions = np.arange(start, start + len(embeddings), dtype=np.int64)
        return tuple(self._decoder.run(None, {"inputs_embeds": embeddings[None], "positions": positions, "past": past}))  # type: ignore[return-value]


class Stream(NamedTuple):
    """A context that grows: key-value past, logits [V] and query [atoms] of the last position."""

    networks: LanguageNetworks
    past: Floats
    logits: Floats
    query: Floats

    def read(self, embeddings: Floats) -> Stream:
        """Return the context after reading embeddings [T, width]."""
        logits, query, past = self.networks.step(embeddings, self.past)
        return Stream(self.networks, past, logits, query)
