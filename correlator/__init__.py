"""Why did the tunnel drop? From log rows to a verdict in chat.

LogRow -> GatewayEvent -> Outage + MaintenanceWindow -> Incident -> Notification

The story files read in this order: model, categories, outages, maintenance, circumstances, causes, correlate, announce,
weekly. They are pure. poll tells the story once; sources, stores and channels talk to the world; wiring connects them.
"""

__version__ = "0.1.0"
