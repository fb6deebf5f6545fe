"""Training of the full model: stage 1 (mask decoder) and stage 2 (instruction tuning on Terra-CoT)."""
