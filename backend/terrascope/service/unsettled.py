"""What is answered where a decision about a layer is open: no number, but the readings to choose from."""

from __future__ import annotations

import json

from terrascope.scene.doubts import UnsettledError
from terrascope.trace.jsonable import jsonable


def unsettled_json(question: str, error: UnsettledError) -> str:
    """Return a trace without steps as JSON, with the message, the way out and the open `doubts`."""
    value = {
        "question": question, "steps": [], "answer": None, "end_reason": "error",
        "warnings": [str(error)], "doubts": [jsonable(each) for each in error.doubts],
    }  # fmt: skip
    return json.dumps(value, indent=1, ensure_ascii=False)
