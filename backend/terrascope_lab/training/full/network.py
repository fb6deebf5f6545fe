"""One training step of the full model, from examples to losses; the same arithmetic as at inference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from terrascope.networks.full.modality import takes_sar
from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration, upscale_mask
from terrascope.networks.full.processing import TerraScopeProcessor
from terrascope.reasoning.selection import select_tokens
from terrascope_lab.training.full.encoding import IGNORED, Spliced, splice
from terrascope_lab.training.full.examples import Example, Selection, to_device
from terrascope_lab.training.full.losses import PointSampling, mask_losses, text_loss


@dataclass(frozen=True)
class Weights:
    """Weights of the losses. Released code: 1, 2, 0.5; the paper: 1, 0.5, 0.5. `quality` trains the mask decoder's
    own estimate of its IoU, which is the confidence that people see (neither does)."""

    text: float = 1.0
    bce: float = 2.0
    dice: float = 0.5
    quality: float = 0.0


class Decoded(NamedTuple):
    """Masks of a batch: logits of the chosen candidates [N, 256, 256], and their predicted IoU [N]."""

    low: Tensor
    iou: Tensor


class Seen(NamedTuple):
    """What the encoders gave for a batch.

    Attributes
    ----------
    banks
        Projector outputs of each example's views, [tokens, width].
    features
        SAM 2 features of all views with a mask, one after the other; None where no mask is trained.
    """

    banks: list[list[Tensor]]
    features: list[Tensor]


class TrainedNetwork(nn.Module):
    """The full model with its losses.

    Every process calls each encoder and the language model equally often a step, whatever its samples hold, so that
    sharded weights can be gathered.

    Parameters
    ----------
    model
        The full model.
    processor
        Its processor.
    selection, weights, sampling
        Of the recipe.
    longest
        Tokens of the longest sequence.
    rounds
        How often predicted masks are computed for one step; with at least as many rounds as [SEG] every mask is the
        one that inference would draw after the tokens that were brought back before it.
    """

    def __init__(
        self,
        model: TerraScopeForConditionalGeneration,
        processor: TerraScopeProcessor,
        selection: Selection,
        weights: Weights,
        sampling: PointSampling,
        longest: int = 8192,
        rounds: int = 1,
    ) -> None:
        super().__init__()
        self.model = model
        self.processor = processor
        self.selection, self.weights, self.sampling = selection, weights, sampling
        self.longest, self.rounds = longest, rounds

    def forward(self, examples: list[Example], mix: float = 0.0) -> dict[str, Tensor]:
        """Losses of a batch.

        Parameters
        ----------
        mix
            Probability that a [SEG] brings back the tokens of its predicted mask instead of the true one's.

        Returns
        -------
        Scalars: `loss` (to be minimised), `text`, `bce`, `dice`, `iou` (of the thresholded masks with the truth) and
        `predicted` (share of [SEG] whose predicted mask was used).
        """
        to_device(examples, self.model.device)
        seen = self._see(examples)
        brought = [list(example.tokens) for example in examples]
        share = 0.0
        if mix > 0:
            brought, share = self._mixed(examples, seen, mix)
        spliced = self._splice(examples, brought)
        states = self._read(examples, spliced, brought, seen)
        losses = self._text(states, spliced)
        losses |= self._masks(states, spliced, examples, seen)
        parts = self.weights
        losses["loss"] = (
            parts.text * losses["text"]
            + parts.bce * losses["bce"]
            + parts.dice * losses["dice"]
            + parts.quality * losses["quality"]
        )
        losses["predicted"] = torch.tensor(share, device=self.model.device)
        return losses

    # the parts of a step

    def _see(self, examples: Sequence[Example]) -> Seen:
        tokens = self.model.encode_tiles(torch.cat([example.tiles for example in examples]))
        banks, at = [], 0
        for example in examples:
            own = []
            for count in example.counts:
                own.append(tokens[at : at + count].reshape(-1, tokens.shape[-1]))
                at += count
            banks.append(own)
        dtype = self.model.sam2.dtype
        pixels = [
            self.processor.sam_normalised(view[None], dtype, alone=len(example.counts) == 1)
            for example in examples
            for view in example.sam
        ]
        side = self.processor.settings.sam_side
        blank = torch.zeros(1, 3, side, side, dtype=dtype, device=self.model.device)
        return Seen(banks, self.model.encode_image(torch.cat(pixels) if pixels else blank))

    def _splice(self, examples: Sequence[Example], brought: Sequence[list[list[int]]]) -> list[Spliced]:
        region = self.processor.tokens.region
        return [
            splice(example.encoded, [len(tokens) for tokens in own], region or 0, self.longest)
            for example, own in zip(examples, brought)
        ]

    def _read(
        self, examples: Sequence[Example], spliced: Sequence[Spliced], brought: Sequence[list[list[int]]], seen: Seen
    ) -> Tensor:
        """Last-layer states [batch, longest, width] of the padded sequences."""
        longest = max(len(each.ids) for each in spliced)
        device = self.model.device
        ids = torch.zeros(len(spliced), longest, dtype=torch.long)
        keep = torch.zeros(len(spliced), longest, dtype=torch.long)
        for row, each in enumerate(spliced):
            ids[row, : len(each.ids)] = torch.tensor(each.ids)
            keep[row, : len(each.ids)] = 1
        embed = self.model.get_input_embeddings()
        embeddings = embed(ids.to(device))
        rows: list[int] = []
        columns: list[int] = []
        vectors: list[Tensor] = []
        for row, (example, each) in enumerate(zip(examples, spliced)):
            images = [at for at, token in enumerate(each.ids) if token == self.processor.image_id]
            whole = torch.cat(seen.banks[row])[: len(images)]
            rows += [row] * len(images)
            columns += images
            vectors.append(whole)
            for k, places in enumerate(each.places):
                if places:
                    rows += [row] * len(places)
                    columns += places
                    vectors.append(self._brought(example, k, brought[row][k], seen.banks[row]))
        index = (torch.tensor(rows, device=device), torch.tensor(columns, device=device))
        embeddings = embeddings.index_put(index, torch.cat(vectors).to(embeddings.dtype))
        output = self.model.internvl.model.language_model(
            inputs_embeds=embeddings, attention_mask=keep.to(device), use_cache=False
        )
        return output.last_hidden_state

    def _brought(self, example: Example, k: int, tokens: list[int], banks: list[Tensor]) -> Tensor:
        """Visual tokens [n, width] that a mask brings back; optical or SAR as the text of the question guides."""
        view = example.views[k]
        own = banks[view][tokens]
        if not example.sar or view != 0:
            return own
        partner = banks[1][tokens]
        with torch.no_grad():
            question = torch.tensor(example.encoded.question, device=own.device)
            taken = takes_sar(own, partner, self.model.get_input_embeddings()(question))
        return torch.where(taken[:, None], partner, own)

    def _text(self, states: Tensor, spliced: Sequence[Spliced]) -> dict[str, Tensor]:
        if not self.weights.text:
            return {"text": states.new_zeros(())}
        rows, places, targets = [], [], []
        for row, each in enumerate(spliced):
            for at in range(1, len(each.ids)):
                if each.labels[at] != IGNORED:  # the token is predicted at the position before it
                    rows.append(row)
                    places.append(at - 1)
                    targets.append(each.labels[at])
        scores = self.model.internvl.lm_head(states[rows, places])
        return {"text": text_loss(scores, torch.tensor(targets, device=states.device))}

    def _masks(
        self, states: Tensor, spliced: Sequence[Spliced], examples: Sequence[Example], seen: Seen
    ) -> dict[str, Tensor]:
        decoded = self._decode(states, spliced, examples, seen)
        if decoded is None:  # as the released code: a dummy mask whose loss counts nothing
            prompt = self.model.seg_head(states[0, :1])
            low, iou = self._decode_on(prompt, [level[:1] for level in seen.features])
            nothing = (low.sum() + iou.sum()) * 0.0
            return {"bce": nothing, "dice": nothing, "quality": nothing, "iou": torch.full_like(nothing, torch.nan)}
        truth = torch.cat([example.truth[: len(each.segs)] for example, each in zip(examples, spliced)])
        losses = mask_losses(decoded.low, truth, self.sampling)
        with torch.no_grad():
            found, wanted = decoded.low > 0, truth > 0
            union = (found | wanted).sum((1, 2))
            iou = torch.where(union > 0, (found & wanted).sum((1, 2)) / union.clamp(min=1), 1.0)
        quality = nn.functional.mse_loss(decoded.iou.float(), iou)
        return {"bce": losses.bce, "dice": losses.dice, "quality": quality, "iou": iou.mean()}

    def _decode(
        self, states: Tensor, spliced: Sequence[Spliced], examples: Sequence[Example], seen: Seen
    ) -> Decoded | None:
        """Masks of all [SEG] of a batch, in order; each on its own view only."""
        low: dict[tuple[int, int], Tensor] = {}
        iou: dict[tuple[int, int], Tensor] = {}
        at = 0
        for row, (example, each) in enumerate(zip(examples, spliced)):
            for place, view in enumerate(example.sam_views):
                own = [k for k in range(len(each.segs)) if example.views[k] == view]
                if own:
                    prompts = self.model.seg_head(states[row, [each.segs[k] for k in own]])
                    masks = self._decode_on(prompts, [f[at + place : at + place + 1] for f in seen.features])
                    for n, k in enumerate(own):
                        low[row, k], iou[row, k] = masks.low[n], masks.iou[n]
            at += len(example.sam_views)
        if not low:
            return None
        order = sorted(low)
        return Decoded(torch.stack([low[key] for key in order]), torch.stack([iou[key] for key in order]))

    def _decode_on(self, prompts: Tensor, features: list[Tensor]) -> Decoded:
        """Masks of several [SEG] vectors [n, prompt_width] on one image."""
        sam, count = self.model.sam2, prompts.shape[0]
        dtype, device = features[-1].dtype, features[-1].device
        points = torch.zeros(1, count, 1, 2, dtype=dtype, device=device)
        labels = -torch.ones(1, count, 1, dtype=torch.int32, device=device)
        sparse, dense = sam.prompt_encoder(input_points=points, input_labels=labels, input_boxes=None, input_masks=None)
        sparse = torch.cat([sparse.to(dtype), prompts.to(dtype).view(1, count, 1, -1)], dim=2)
        masks, ious, _, _ = sam.mask_decoder(
            image_embeddings=features[-1],
            image_positional_embeddings=sam.get_image_wide_positional_embeddings(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=True,
            high_resolution_features=features[:-1],
        )
        best = ious[0].argmax(dim=1)
        every = torch.arange(count, device=device)
        return Decoded(masks[0][every, best], ious[0][every, best])

    # predicted masks in the context

    @torch.no_grad()
    def _mixed(self, examples: Sequence[Example], seen: Seen, mix: float) -> tuple[list[list[list[int]]], float]:
        """Tokens to bring back: of the predicted mask for some [SEG], of the true one for the others."""
        chances = torch.rand(sum(len(example.tokens) for example in examples)).tolist()
        uses: list[list[bool]] = []
        for example in examples:
            uses.append([chances.pop() < mix for _ in example.tokens])
        brought = [list(example.tokens) for example in examples]
        with self._as_at_inference():
            for _ in range(self.rounds):
                spliced = self._splice(examples, brought)
                states = self._read(examples, spliced, brought, seen)
                decoded = self._decode(states, spliced, examples, seen)
                if decoded is None:
                    continue
                n = 0
                for row, (example, each) in enumerate(zip(examples, spliced)):
                    for k in range(len(each.segs)):
                        if uses[row][k]:
                            brought[row][k] = self._tokens_of(decoded.low[n], example, k)
                        n += 1
        count = max(1, sum(map(len, uses)))
        return brought, sum(map(sum, uses)) / count

    def _tokens_of(self, low: Tensor, example: Example, k: int) -> list[int]:
        """Tokens that a predicted mask brings back, by the steps of inference."""
        view = example.views[k]
        probability = torch.sigmoid(upscale_mask(low, *example.sizes[view]))
        mask: np.ndarray = (probability > 0.5).cpu().numpy()
        return select_tokens(mask, example.grids[view], self.selection.name, self.selection.cap)

    @contextmanager
    def _as_at_inference(self) -> Iterator[None]:
        """No dropout; parts that were training go back to it."""
        training = [module for module in self.model.modules() if module.training]
        self.model.eval()
        try:
            yield
        finally:
            for module in training:
                module.training = True
