"""One question's life: states, steps so far, cancel. No widgets."""
