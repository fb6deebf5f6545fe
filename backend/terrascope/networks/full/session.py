"""The full model as a `Network`: one loaded checkpoint, and the generations that run on it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Union

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import DynamicCache

from terrascope import __version__
from terrascope.errors import NetworkError
from terrascope.networks.full.devices import memory_errors
from terrascope.networks.full.loading import Loaded, load_model
from terrascope.networks.full.modality import takes_sar
from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration, upscale_mask
from terrascope.networks.full.processing import TerraScopeProcessor
from terrascope.networks.interface import MaskPrediction, NetworkInfo, Prompt, TokenGrid
from terrascope.scene.render import render_rgb, render_sar
from terrascope.scene.types import Role, Scene, View

log = logging.getLogger(__name__)

#: A scene, or its pictures as uint8 [H, W, 3].
SceneOrPictures = Union[Scene, Sequence[NDArray[np.uint8]]]

_TILES_AT_ONCE = 16
#: Settings the published checkpoint was trained with; reasoning takes them where the user chose nothing else.
RELEASED_DEFAULTS = {"selection": "released", "selection_cap": 8, "modality": "text_guided"}


def load_full(
    folder: str | Path, device: str | None = None, precision: str | None = None, *, attention: str = "sdpa"
) -> FullNetwork:
    """Load an imported checkpoint.

    Parameters
    ----------
    folder
        Checkpoint in our layout.
    device
        "cuda", "mps", "cpu" or "auto"; proven by running a kernel.
    precision
        "fp32", "bf16", "fp16", "nf4", "int4" or "auto".
    attention
        "sdpa" or "eager" (bit-compatible with the published code).

    Raises
    ------
    NetworkError
        If the checkpoint is damaged, the device does not work, or the memory is not enough.
    """
    loaded = load_model(Path(folder), device=device, precision=precision, attention=attention)
    return FullNetwork(loaded, TerraScopeProcessor.from_pretrained(folder))


def rgb_of(view: View) -> NDArray[np.uint8]:
    """Render a view as the model was trained to see it: RGB, or (VH, VV, mean) for SAR; uint8 [H, W, 3]."""
    return render_sar(view) if view.role is Role.SAR else render_rgb(view)


@dataclass
class _SceneState:
    """What stays the same while questions are asked about one scene."""

    scene: SceneOrPictures
    pictures: list[NDArray[np.uint8]]
    counts: tuple[int, ...]
    grids: tuple[TokenGrid, ...]
    banks: list[Tensor]  #: projector outputs of each view, [tokens, width]
    features: dict[int, list[Tensor]] = field(default_factory=dict)  #: SAM 2 features of a view, once computed
    prefix: list[int] = field(default_factory=list)  #: token ids that `cache` begins with
    cache: DynamicCache | None = None
    active: FullDecoding | None = None  #: the generation that `cache` belongs to


class FullNetwork:
    """A loaded TerraScope model. One question at a time: a new `begin` ends the generation before it.

    Attributes
    ----------
    reuse_prefix
        Keep the keys and values of everything up to the images for the next question on the scene. The prompt is then
        read in two blocks, always, so a reused prefix and a fresh one give the same bits. False reads it in one block.
    image_encodings
        How often SAM 2's image encoder ran; once a view.
    prefix_hits
        How often a question found system text and images already read.
    """

    def __init__(self, loaded: Loaded, processor: TerraScopeProcessor, *, reuse_prefix: bool = True) -> None:
        self.model: TerraScopeForConditionalGeneration = loaded.model
        self.processor = processor
        self.reuse_prefix = reuse_prefix
        self.image_encodings = 0
        self.prefix_hits = 0
        self._state: _SceneState | None = None
        self._info = NetworkInfo(
            name=loaded.name,
            version=__version__,
            weights_sha256=loaded.weights_sha256,
            device=loaded.device_title,
            dtype=loaded.precision,
            tokens=processor.tokens,
            defaults={
                **RELEASED_DEFAULTS,
                "selection": processor.settings.selection,
                "selection_cap": processor.settings.selection_cap,
                "sam_constants": processor.settings.sam_constants,
            },
        )

    @property
    def info(self) -> NetworkInfo:
        """Identity, device, special tokens and defaults."""
        return self._info

    @torch.inference_mode()
    def begin(self, scene: SceneOrPictures, prompt: Prompt) -> FullDecoding:
        """Read the views and the prompt.

        A second question on the same scene object reuses image features and the key-value prefix of everything up to
        the images. The prefix is always read as a block of its own, so the reuse changes no bit of the result.
        """
        state = self._scene_state(scene)
        ids = self.processor.encode(self.processor.prompt_text(prompt, state.counts))
        split = len(ids) - ids[::-1].index(self.processor.image_end_id) if self.reuse_prefix else 0
        embeddings = self._embeddings(ids, state)
        self.check_length(len(ids))
        state.active = None
        if not split or state.cache is None or state.prefix != ids[:split]:
            state.cache, state.prefix = DynamicCache(config=self.model.config.internvl_config.text_config), ids[:split]
            if split:
                self.read(embeddings[:, :split], state)
        else:
            state.cache.crop(split - state.cache.get_seq_length())
            self.prefix_hits += 1
        hidden = self.read(embeddings[:, split:], state)
        state.active = FullDecoding(self, state, ids, hidden)
        return state.active

    def check_length(self, positions: int) -> None:
        """Refuse more positions than the language model was made for."""
        limit = self.model.config.internvl_config.text_config.max_position_embeddings
        if positions > limit:
            raise NetworkError(
                f"Images, question and answer take {positions} tokens; the model reads {limit}.",
                "Ask about fewer images or a smaller area.",
            )

    def read(self, embeddings: Tensor, state: _SceneState) -> Tensor:
        """Read embeddings [1, n, width] after what the cache holds; return the last position's state, [width].

        A cache that a failure left half written is dropped.
        """
        cache, state.cache = state.cache, None
        if cache is None:
            raise NetworkError("This generation failed before.", "Begin the question again.")
        self.check_length(cache.get_seq_length() + embeddings.shape[1])
        with memory_errors(self._info.device):
            hidden = self.model.read(embeddings, cache)
        state.cache = cache
        return hidden[0, -1]

    def forget(self) -> None:
        """Free what is kept for a second question on the last scene."""
        self._state = None

    def _scene_state(self, scene: SceneOrPictures) -> _SceneState:
        if self._state is not None and self._state.scene is scene:
            return self._state
        self._state = None  # frees the features of the scene before
        pictures = [rgb_of(view) for view in scene.views] if isinstance(scene, Scene) else list(scene)
        inputs = self.processor.tiles(pictures)
        banks = self._encode(inputs.tiles, inputs.counts)
        self._state = _SceneState(scene, pictures, inputs.counts, inputs.grids, banks)
        return self._state

    def _encode(self, tiles: Tensor, counts: Sequence[int]) -> list[Tensor]:
        device = self.model.device
        with memory_errors(self._info.device):
            tokens = torch.cat([self.model.encode_tiles(part.to(device)) for part in tiles.split(_TILES_AT_ONCE)])
        return [part.reshape(-1, part.shape[-1]) for part in tokens.split(list(counts))]

    def _embeddings(self, ids: list[int], state: _SceneState) -> Tensor:
        tokens = torch.tensor([ids], device=self.model.device)
        embeddings = self.model.get_input_embeddings()(tokens)
        visual = torch.cat(state.banks).to(embeddings.dtype)
        places = tokens[0] == self.processor.image_id
        if int(places.sum()) != len(visual):
            raise NetworkError(
                f"The prompt has {int(places.sum())} image tokens, the images {len(visual)}.",
                "Do not write <IMG_CONTEXT> into the question.",
            )
        embeddings[0, places] = visual
        return embeddings

    def features(self, state: _SceneState, view: int) -> list[Tensor]:
        """SAM 2 features of a view, computed at the first mask on it."""
        if view not in state.features:
            pixels = self.processor.sam_input(
                state.pictures[view], self.model.sam2.dtype, alone=len(state.pictures) == 1
            )
            with memory_errors(self._info.device):
                state.features[view] = self.model.encode_image(pixels.to(self.model.device))
            self.image_encodings += 1
        return state.features[view]


class FullDecoding:
    """One running generation (see `terrascope.networks.interface.Decoding`)."""

    def __init__(self, network: FullNetwork, state: _SceneState, prompt_ids: list[int], hidden: Tensor) -> None:
        self._network, self._state, self._prompt_ids = network, state, prompt_ids
        self._hidden = hidden  #: last-layer state of the last position, [width]
        self._last: int | None = None
        self._logits: NDArray[np.float32] | None = None
        self.seg_prompt: Tensor | None = None  #: [SEG] vector of the last decoded mask, [prompt_width]

    @property
    def grids(self) -> Sequence[TokenGrid]:
        """Token grid of each view."""
        return self._state.grids

    @torch.inference_mode()
    def logits(self) -> NDArray[np.float32]:
        """Scores of the next token, float32 [vocabulary]."""
        if self._logits is None:
            scores = self._network.model.scores(self._hidden).cpu().numpy()
            if not np.isfinite(scores).all():
                raise NetworkError(
                    f"The model's numbers overflow in {self._network.info.dtype}.", "Load it in bf16 or fp32."
                )
            self._logits = scores
        return self._logits

    @torch.inference_mode()
    def feed_token(self, token_id: int) -> None:
        """Read one token."""
        embedding = self._network.model.get_input_embeddings()
        if not 0 <= token_id < embedding.num_embeddings:
            raise NetworkError(f"There is no token {token_id}; the vocabulary has {embedding.num_embeddings}.")
        self._read(embedding(torch.tensor([[token_id]], device=self._network.model.device)))
        self._last = token_id

    @torch.inference_mode()
    def feed_text(self, text: str) -> int:
        """Read a piece of text as one block; return its number of tokens."""
        ids = self._network.processor.encode(text)
        if ids:
            tokens = torch.tensor([ids], device=self._network.model.device)
            self._read(self._network.model.get_input_embeddings()(tokens))
            self._last = ids[-1]
        return len(ids)

    @torch.inference_mode()
    def feed_visual(self, views: Sequence[int], tokens: Sequence[int]) -> None:
        """Read visual tokens (view, index in its grid) as one block, causal in their order."""
        if len(views) != len(tokens):
            raise NetworkError(f"{len(views)} views are given for {len(tokens)} tokens.", "Give one view a token.")
        if not tokens:
            return
        vectors = [self._vector(view, token) for view, token in zip(views, tokens)]
        self._read(torch.stack(vectors)[None])
        self._last = None

    @torch.inference_mode()
    def decode_mask(self, view: int) -> MaskPrediction:
        """Decode the mask of the [SEG] that was fed last, on a view."""
        self._check_view(view)
        network = self._network
        if self._last != network.info.tokens.seg:
            raise NetworkError(
                "A mask was asked for where the last token is no [SEG].", "Feed the [SEG] token, then decode its mask."
            )
        self._alive()
        self.seg_prompt = network.model.seg_head(self._hidden)
        decoded = network.model.decode_mask(self.seg_prompt, network.features(self._state, view))
        height, width = self._state.pictures[view].shape[:2]
        probability = torch.sigmoid(upscale_mask(decoded.low, height, width)).cpu().numpy()
        confidence = float(decoded.ious[decoded.best].float().clamp(0, 1))
        return MaskPrediction(probability > 0.5, probability, confidence)

    @torch.inference_mode()
    def choose_modality(self, optical: int, sar: int, tokens: Sequence[int]) -> Sequence[int]:
        """For each token index say which of two views it is taken from (text-guided choice of the paper).

        The question's side is the prompt's text alone: training used the whole turn with the answer in it, which is
        not there yet at inference.
        """
        if not tokens:
            return []
        text = self._prompt_text_embeddings()
        banks = [torch.stack([self._vector(view, token) for token in tokens]) for view in (optical, sar)]
        return [sar if taken else optical for taken in takes_sar(banks[0], banks[1], text).tolist()]

    def text(self, token_ids: Sequence[int]) -> str:
        """Decode ids to text, special tokens kept."""
        return self._network.processor.decode(token_ids)

    def _prompt_text_embeddings(self) -> Tensor:
        left_out = (self._network.processor.image_id, self._network.info.tokens.region)
        ids = [token for token in self._prompt_ids if token not in left_out]
        return self._network.model.get_input_embeddings()(torch.tensor(ids, device=self._network.model.device))

    def _read(self, embeddings: Tensor) -> None:
        self._alive()
        self._hidden = self._network.read(embeddings, self._state)
        self._logits = None

    def _alive(self) -> None:
        if self._state.active is not self:
            raise NetworkError(
                "This generation has ended: another question was begun on its scene.", "Begin the question again."
            )

    def _check_view(self, view: int) -> None:
        if not 0 <= view < len(self._state.pictures):
            raise NetworkError(f"There is no view {view}; the scene has {len(self._state.pictures)}.")

    def _vector(self, view: int, token: int) -> Tensor:
        self._check_view(view)
        grid = self._state.grids[view]
        count = grid.cols * grid.rows * grid.side**2
        if not 0 <= token < count:
            raise NetworkError(
                f"View {view} has no token {token}; it has {count}.", "Select tokens on the view's own grid."
            )
        return self._state.banks[view][token]
