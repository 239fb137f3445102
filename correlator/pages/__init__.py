"""What is looked at instead of read in a chat: the report page. One file out, no request ever sent from it."""

from __future__ import annotations

from correlator.pages.page import render

__all__ = ["render"]
