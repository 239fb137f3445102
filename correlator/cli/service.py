"""The log service for a person at a keyboard: whatever they are signed in with."""

from __future__ import annotations

import logging

from azure.identity import DefaultAzureCredential

from correlator.settings import Settings
from correlator.sources.log_analytics import LogAnalytics


def log_analytics(settings: Settings) -> LogAnalytics:
    """Log Analytics with the environment's credential: `az login` is enough."""
    # Every credential that was tried in vain writes its paragraph; ours is the one line that helps.
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
    return LogAnalytics.at(settings.logs_endpoint, settings.logs_audience, DefaultAzureCredential())
