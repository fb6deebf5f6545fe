"""An independent check of Terra-CoT files: every answer is derived again from the stored masks, by code of its own.

Nothing of what makes the samples is used here (rules, measures, encoding): a mistake there cannot hide here.
"""
