"""tiny_model.py FOLDER: a small checkpoint in the published layout. Needs the backend's Python with torch."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

from tests.backend.networks.full.conftest import PORTABLE, SEED, write_published  # noqa: E402

write_published(Path(sys.argv[1]), PORTABLE, SEED["portable"], shards=2)
