"""Rebuild the weights behind the golden figures: every tensor from a generator seeded by its own published name.

rebuild(shapes, lm_head, seed) takes {published key: shape}, the stored `lm_head.safetensors` and the bundle's seed
(16 for golden/, 3 for golden/portable/), and returns {key: float32 tensor}.
"""

import hashlib
import math

import torch


def seeded(name, shape, seed):
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    return torch.randn(shape, generator=generator, dtype=torch.float32)


def initial(name, shape, seed):
    r, last = seeded(name, shape, seed), name.rsplit(".", 1)[-1]
    if name.endswith("positional_encoding_gaussian_matrix") or name.endswith("embed_tokens.weight"):
        v = r
    elif last in ("ls1", "ls2"):
        v = 0.5 + 0.1 * r
    elif last == "g_weight":
        v = 0.1 * r
    elif name.endswith("lm_head.weight"):
        v = 0.02 * r
    elif last == "bias":
        v = 0.05 * r
    elif len(shape) == 1:
        v = 1 + 0.1 * r
    elif "pos_embed" in name or "position_embedding" in name:
        v = 0.3 * r
    elif "output_upscaling" in name and len(shape) == 4:
        v = r / math.sqrt(shape[0])
    elif len(shape) >= 2 and "embed" not in name and "token" not in name.rsplit(".", 2)[-2]:
        v = r / math.sqrt(max(math.prod(shape[1:]), 1))
    else:
        v = 0.5 * r
    if name.startswith("language_model.model.layers.") and len(shape) == 2:
        v = {"q_proj": 2.5, "k_proj": 2.5, "v_proj": 1.2, "o_proj": 1.2}.get(name.split(".")[-2], 0.8) * v
    return v.to(torch.bfloat16).float()


def rebuild(shapes, lm_head, seed):
    weights = {name: initial(name, tuple(shape), seed) for name, shape in shapes.items()}
    direction = seeded("region_direction", (lm_head.shape[1],), seed)
    weights["mlp1.3.weight"] = weights["mlp1.3.weight"] * 0.35
    weights["mlp1.3.bias"] = 7.0 * direction / direction.norm()
    weights["text_hidden_fcs.0.weight"] = weights["text_hidden_fcs.0.weight"] * 2.0
    weights["text_hidden_fcs.2.weight"] = weights["text_hidden_fcs.2.weight"] * 6.0
    weights = {name: w.to(torch.bfloat16).float() for name, w in weights.items()}
    weights["language_model.lm_head.weight"] = lm_head.float()
    return weights
