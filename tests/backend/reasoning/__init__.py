"""Tests of the reasoning room."""
