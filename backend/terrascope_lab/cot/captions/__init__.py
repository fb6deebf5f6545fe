"""Cap-CoT: captions with a mask for every region they speak of."""
