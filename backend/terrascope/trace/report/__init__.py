"""One standalone HTML page that shows an answer with its evidence."""

from terrascope.trace.report.write import render_report, write_report

__all__ = ["render_report", "write_report"]
