"""Spellings of ``stateChangeReason_s``.

The customer's vocabulary is not published; these are the words of Microsoft's public support content for the same
field, with the variants of spelling found there.
"""

STANDBY = ("GlobalStandbyChanged", "GlobalStandby", "GlobalStandby change", "Locally Triggered")
SERVED = ("StandbyChanged", "Standby changed", "Locally Triggered")
FAULT = ("Unknown", "DPD timed out", "")
DEAD_PEER = ("DPD timed out", "Main mode SA assumed to be invalid because peer stopped responding")
CLOSED = ("RemotelyTriggered", "Remotely Triggered", "Received MM delete",
          "Peer sent a main mode delete (0x0000363d)")  # fmt: skip
CRASHED = ("RemoteCrashTriggered",)
POLICY_EDITED = ("EncryptionType changed", "DhGroup changed", "PfsGroup changed", "SALifetimeSeconds changed",
                 "IkeIntegrity changed", "UseNarrowTrafficSelectors changed")  # fmt: skip
KEY_CHANGED = ("Pre-shared Key Changed", "PreSharedKeyChanged")
REMOVED = ("TunnelRemoved",)
NEGOTIATION = ("Policy match error", "IKE authentication credentials are unacceptable", "Error processing KE payload",
               "Invalid payload received")  # fmt: skip
NOTHING = ("", "Unknown")
CONNECT = ("", "", "ServiceTriggered", "RemoteTriggered", "DataTriggered", "RemoteCrashTriggered")
"""Who dialled: says nothing about the drop."""
