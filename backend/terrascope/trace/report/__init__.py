"""One standalone HTML page that shows an answer with its evidence."""

from terrascope.trace.report.write import refuse_other_report, render_report, write_report

__all__ = ["refuse_other_report", "render_report", "write_report"]
