"""Terra-CoT files: the published JSON lists, and parquet."""
