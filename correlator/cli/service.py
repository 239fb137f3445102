"""The log service for a person at a keyboard: whatever they are signed in with."""

from __future__ import annotations

from azure.identity import DefaultAzureCredential

from correlator.settings import Settings
from correlator.sources.log_analytics import LogAnalytics


def log_analytics(settings: Settings) -> LogAnalytics:
    """Log Analytics with the environment's credential: `az login` is enough."""
    return LogAnalytics.at(settings.logs_endpoint, settings.logs_audience, DefaultAzureCredential())
