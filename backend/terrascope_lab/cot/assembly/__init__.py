"""Build Terra-CoT: from readers to files, in parallel, resumable, in bounded memory."""
