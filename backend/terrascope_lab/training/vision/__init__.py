"""Training, evaluation and export of the embedded vision networks (optical, aerial, SAR). Needs torch."""
