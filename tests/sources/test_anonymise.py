"""Rows made safe to share: nothing that names anybody survives, and what was equal stays equal."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from correlator.sources.anonymise import Anonymiser
from correlator.sources.vocabulary import known
from sandbox.nights.fortnight import rows as fortnight

GUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
GROUP, NAME = "rg-acme-net", "vgw-acme-tokyo"
ID = f"/subscriptions/{GUID}/resourceGroups/{GROUP}/providers/Microsoft.Network/virtualNetworkGateways/{NAME}"
ROW: dict[str, Any] = {
    "TimeGenerated": "2026-08-21T17:13:04Z",
    "Category": "TunnelDiagnosticLog",
    "OperationName": "TunnelDisconnected",
    "Level": "Informational",
    "Resource": NAME.upper(),
    "ResourceGroup": GROUP.upper(),
    "SubscriptionId": GUID,
    "ResourceId": ID.upper(),
    "_ResourceId": ID.lower(),
    "status_s": "Disconnected",
    "instance_s": "GatewayTenantWorker_IN_0",
    "remoteIP_s": "81.2.69.160",
    "stateChangeReason_s": "DPD timed out",
    "Message": "",
}


def safe(*messages: str, **more: Any) -> str:
    """What is shared of ROW with these messages, one row each, as text."""
    return json.dumps(Anonymiser().rows([ROW | {"Message": m} | more for m in messages]), ensure_ascii=False)


def message_of(text: str, **more: Any) -> str:
    """What becomes of one message."""
    (row,) = Anonymiser().rows([ROW | {"Message": text} | more])
    message: str = row["Message"]
    return message


def survives(secret: str, shared: str) -> bool:
    """Whether a secret can still be read, in any case."""
    return secret.lower() in shared.lower()


SECRETS = (GUID, GROUP, NAME, "81.2.69.160")


def test_a_plain_row_names_nobody() -> None:
    """Ids, names and addresses of a plain row are gone from every column."""
    shared = safe("")
    assert not [s for s in SECRETS if survives(s, shared)]


def test_what_the_rules_learn_from_stays() -> None:
    """Times, categories, operations, statuses, reasons and instances stay as they were."""
    (row,) = Anonymiser().rows([ROW])
    kept = ("TimeGenerated", "Category", "OperationName", "Level", "status_s", "instance_s", "stateChangeReason_s")
    assert {k: row[k] for k in kept} == {k: ROW[k] for k in kept}
    assert row["_ResourceId"].startswith("/subscriptions/00000000-0000-0000-0000-")
    assert "/virtualnetworkgateways/gateway-1" in row["_ResourceId"].lower()


def test_the_same_gateway_in_any_case_is_one() -> None:
    """ResourceId in capitals, _ResourceId in small letters and Resource name the same gateway afterwards."""
    (row,) = Anonymiser().rows([ROW])
    assert row["_ResourceId"].lower() == row["ResourceId"].lower()
    assert row["_ResourceId"].endswith(row["Resource"])


@pytest.mark.parametrize(
    "text",
    [
        "81.2.69.160",
        "peer 81.2.69.160.",
        "(81.2.69.160)",
        "81.2.69.160/32",
        "81.2.69.160[500]",
        "https://81.2.69.160/x",
        "a=81.2.69.160,b",
        "81.2.69.160-81.2.69.161",
        "user@81.2.69.160",
        "Remote 81.2.69.160:500: Local 10.1.0.4:500: [SEND]",
        "Remote:81.2.69.160",
        "::ffff:81.2.69.160",
        "peer_81.2.69.160_down",
        "81.2.69.160_0",
        "IP81.2.69.160",
    ],
)
def test_no_address_survives_in_a_message(text: str) -> None:
    """An IPv4 address is gone from a message, whatever stands around it: ports, colons, words."""
    assert not survives("81.2.69.160", safe(text, remoteIP_s=""))


@pytest.mark.parametrize(
    "text",
    [
        "2a02:1234::9:1",
        "2A02:1234::9:1",
        "[2a02:1234::9:1]:500",
        "2a02:1234::9:1%eth0",
        "2a02:1234::9:1/64",
        "from 2a02:1234::9:1, to",
        "Remote 2a02:1234::9:1: [SEND]",
        "Remote:2a02:1234::9:1",
    ],
)
def test_no_address_of_six_survives_in_a_message(text: str) -> None:
    """An IPv6 address is gone from a message, whatever stands around it."""
    assert not survives("2a02:1234::9:1", safe(text))


@pytest.mark.parametrize(
    "text",
    [
        GUID,
        GUID.upper(),
        f"{{{GUID}}}",
        f"SESSION_ID :{{{GUID}}}",
        f"id={GUID};",
        f"conn_{GUID}",
        f"{GUID}_IN_0",
        f"x{GUID}",
    ],
)
def test_no_guid_survives_in_a_message(text: str) -> None:
    """A GUID is gone from a message, in any case and whatever stands around it."""
    assert not survives(GUID, safe(text))


@pytest.mark.parametrize(
    "text",
    [
        NAME,
        NAME.upper(),
        f"'{NAME}'",
        f"gateway {NAME}, restarted",
        f"x/{NAME}/y",
        f"({GROUP})",
        f"{NAME}_IN_0",
        f"{NAME}-pip",
        f"cn-{NAME}-osaka",
        f"pip_{NAME}",
    ],
)
def test_no_name_survives_in_a_message(text: str) -> None:
    """A gateway's or group's name is gone from a message, in any case, also as a part of a longer name."""
    shared = safe(text)
    assert not survives(NAME, shared)
    assert not survives(GROUP, shared)


@pytest.mark.parametrize(
    "mail",
    [
        "alice@acme.co.jp",
        "Alice.Smith+x@ACME.example",
        "a@b.c",
        "seamus.o'neill@acme.example",
        "alice_acme.example#EXT#@tenant.onmicrosoft.com",
    ],
)
def test_no_mail_address_survives(mail: str) -> None:
    """A mail address or user name is gone from a message, guests' too."""
    shared = safe(f"by {mail}, today")
    local = re.split(r"[@#]", mail)[0]
    for part in (local.split("'")[0] if "'" in local else local, *mail.split("@")[1:]):
        assert not re.search(rf"(?<!\w){re.escape(part)}(?!\w)", shared, re.I)


@pytest.mark.parametrize(
    "host",
    [
        "vpn.acme.com",
        "VPN.ACME.CO.JP",
        "fw01.corp.acme.local",
        "fw.acme.com.au",
        "vpn.acme.fr",
        "gw.acme.cloud",
    ],
)
def test_no_host_name_survives(host: str) -> None:
    """A host's name is gone from a message: peers may be given by name."""
    assert not survives("acme", safe(f"resolving {host} failed"))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/providers/Microsoft.Network/connections/cn-secret", "cn-secret"),
        ("/providers/Microsoft.OperationalInsights/workspaces/law-secret", "law-secret"),
        ("/providers/Microsoft.Network/virtualNetworks/vnet1/subnets/subnet-secret", "subnet-secret"),
        ("/providers/Microsoft.Network/vpnGateways/g/vpnConnections/cn-secret", "cn-secret"),
    ],
)
def test_no_name_inside_an_id_survives(path: str, name: str) -> None:
    """Every name in a resource id is gone, that of a resource inside another too, and in later rows as well."""
    shared = safe(f"/subscriptions/{GUID}/resourceGroups/{GROUP}{path}", f"and {name} again")
    assert not survives(name, shared)


@pytest.mark.parametrize(
    "name",
    ["gw", "x", "rg.net", "rg(1)", "名古屋", "Straße", "a.b-c_d"],
)
def test_short_and_odd_names(name: str) -> None:
    """Names of two letters, with dots, parentheses or in any script are replaced in their columns and ids."""
    row = ROW | {"Resource": name, "_ResourceId": f"/providers/microsoft.network/virtualnetworkgateways/{name.lower()}"}
    (found,) = Anonymiser().rows([row])
    assert found["Resource"] != name
    assert not found["_ResourceId"].endswith(f"/{name.lower()}")


def test_a_name_may_look_like_a_stand_in() -> None:
    """Two gateways stay two, though the name of one is what stands in for the other."""
    rows = [ROW | {"Resource": n, "ResourceId": "", "_ResourceId": ""} for n in ("a-long-name", "gateway-1")]
    first, second = Anonymiser().rows(rows)
    assert first["Resource"] != second["Resource"]


def test_nested_values_are_safe_too() -> None:
    """Values inside objects, lists and JSON text (AdditionalFields) are replaced as in columns, and their names too."""
    more = {"remoteIP": "81.2.69.160", "deep": [{"who": "alice@acme.example", "gw": NAME}], "id": GUID}
    for fields in (more, json.dumps(more)):
        shared = safe("", AdditionalFields=fields)
        assert not [s for s in (*SECRETS, "alice@acme") if survives(s, shared)]


def test_a_name_learned_inside_an_object() -> None:
    """A name that only an id inside AdditionalFields tells is gone everywhere."""
    more = {"connection": f"/subscriptions/{GUID}/resourceGroups/{GROUP}/providers/Microsoft.Network/connections/cn-x"}
    assert not survives("cn-x", safe("cn-x fell", AdditionalFields=more))


def test_other_values_stay_as_they_are() -> None:
    """Numbers, truth, nothing and times that look like addresses are left alone."""
    kept = {"DurationMs": 5, "ok_b": True, "none": None, "Message": "at 12:34:56 and 1.2.3, 1:2:3"}
    (row,) = Anonymiser().rows([ROW | kept])
    assert {k: row[k] for k in kept} == kept


def test_a_word_of_the_log_stays_a_word() -> None:
    """A resource group that is called like a word of the log does not change what the rules read."""
    (row,) = Anonymiser().rows([ROW | {"ResourceGroup": "disconnected", "ResourceId": "", "_ResourceId": ""}])
    assert row["status_s"] == "Disconnected"


def test_equal_addresses_stay_equal() -> None:
    """One IPv6 address written in several ways is one stand-in."""
    assert len({message_of(f"from {a} on") for a in ("2a02:1234::9:1", "2A02:1234::9:1")}) == 1
    shared = Anonymiser().rows([ROW | {"Message": a} for a in ("2a02:1234::9:1", "2A02:1234:0:0::9:1")])
    assert len({r["Message"] for r in shared}) == 1


def test_many_addresses_stay_apart() -> None:
    """Six hundred peers have six hundred stand-ins."""
    shared = Anonymiser().rows([ROW | {"remoteIP_s": f"81.2.{n // 250}.{n % 250 + 1}"} for n in range(600)])
    assert len({r["remoteIP_s"] for r in shared}) == 600


def test_the_composed_fortnight() -> None:
    """A fortnight of rows of three gateways, with IKE chatter, names none of its gateways afterwards."""
    shared = json.dumps(Anonymiser().rows(fortnight()))
    for secret in ("vgw-tokyo-prod", "vgw-osaka-prod", "vpngw-hub-frankfurt", "rg-composed-sample", "192.0.2.33"):
        assert not survives(secret, shared)


letters = "abcdefghijklmnopqrstuvwxyz0123456789"
words = st.text(letters, min_size=2, max_size=8)
names = st.builds(lambda parts: "zz" + "-".join(parts), st.lists(words, min_size=1, max_size=3))
fours = st.builds(lambda a, b, c: f"81.{a}.{b}.{c}", *[st.integers(0, 255)] * 3)
sixes = st.builds(lambda a, b: f"2a02:{a:x}::{b:x}", st.integers(1, 65535), st.integers(1, 65535))
guids = st.uuids(version=4).map(str)
s_keys = st.one_of(fours, guids)
mails = st.builds(lambda who, where: f"{who}@{where}.example", names, names)
around = st.sampled_from(
    ["{}", " {} ", "({})", "'{}'", "{},", "{};", "[{}]", "{{{}}}", "x={}", "before {} after", "{}."]
)
cases = st.sampled_from([str.lower, str.upper, str.title])


@given(st.lists(guids, min_size=1, max_size=3), names, names, st.data())
def test_nothing_original_survives(ids: list[str], group: str, name: str, data: st.DataObject) -> None:
    """Whatever the ids, names, addresses and mail addresses: none survives in any column or message, in any case."""
    addresses = data.draw(st.lists(st.one_of(fours, sixes), min_size=1, max_size=3))
    people = data.draw(st.lists(mails, max_size=2))
    assume(len({group, name}) == 2)
    secrets = [*ids, group, name, *addresses, *people]
    provider = "providers/microsoft.network/vpngateways"
    rows = [
        {
            "_ResourceId": f"/subscriptions/{ids[0]}/resourcegroups/{group}/{provider}/{name}",
            "Resource": name.upper(),
            "remoteIP_s": addresses[0],
            "Message": " ".join(
                data.draw(around).format(data.draw(cases)(data.draw(st.sampled_from(secrets))))
                for _ in range(data.draw(st.integers(0, 4)))
            ),
        }
        for _ in range(2)
    ]
    shared = json.dumps(Anonymiser().rows(rows))
    assert not [s for s in secrets if survives(s, shared)]


@given(st.lists(st.one_of(guids, fours, sixes), min_size=2, max_size=6), cases)
def test_equal_stays_equal_and_different_different(values: list[str], case: Any) -> None:
    """Two values are the same stand-in exactly if they were the same, GUIDs and IPv4 addresses in any case."""
    rows = Anonymiser().rows([{"Message": v} for v in values] + [{"Message": case(v)} for v in values if ":" not in v])
    after = [r["Message"] for r in rows]
    before = [*values, *(v for v in values if ":" not in v)]
    for n, one in enumerate(before):
        for m, other in enumerate(before):
            assert (one == other) == (after[n] == after[m])


@given(st.one_of(fours, sixes, guids), st.sampled_from([":500:", ":", "_", "x", "_IN_0", "/32", ".", " "]), st.data())
def test_nothing_beside_it_hides_an_address_or_id(secret: str, after: str, data: st.DataObject) -> None:
    """Ports, colons, underscores and letters beside an address or id neither save it nor make another of it."""
    before = data.draw(st.sampled_from(["", "Remote ", "Remote:", "peer_", "IP", "(", "conn_", "https://"]))
    assume(not (before == "IP" and ":" in secret and not secret[0].isdigit()))
    plain, beside = (
        r["Message"] for r in Anonymiser().rows([{"Message": secret}, {"Message": before + secret + after}])
    )
    assert beside == before + plain + after


@given(
    names, st.sampled_from(["{}-pip", "cn-{}-x", "{}_IN_0", "pip{}", "{}2", "_{}_", "{}.acme.fr", "x.{}.cloud"]), cases
)
def test_a_name_inside_a_longer_word_is_gone(name: str, around: str, case: Any) -> None:
    """A known name of some length is gone, whatever word, host or case it stands in."""
    assume(len(name) > 4)
    assert not survives(name, safe(f"before {case(around.format(name))} after", Resource=name))


@given(
    st.lists(st.sampled_from(["gateway-1", "gateway-2", "group-1", "name-1", "x", "gateway"]), min_size=2, max_size=6)
)
def test_stand_ins_are_nobodys_name(real: list[str]) -> None:
    """Equal names stay equal and different ones different, and no stand-in is the name of another."""
    after = [r["Resource"] for r in Anonymiser().rows([{"Resource": n} for n in real])]
    assert len(set(zip(real, after, strict=True))) == len(set(real)) == len(set(after))
    assert not set(real) & set(after)


@given(st.sampled_from(["connected", "disconnected", "dpd", "timed", "tunnel", "in", "gatewaytenantworker", "gateway"]))
def test_no_name_changes_what_the_rules_read(name: str) -> None:
    """Whatever word of the log a gateway and its group are called, the columns of the rules stay, in objects too."""
    more = {"status": "Disconnected", "instance": "GatewayTenantWorker_IN_0", "stateChangeReason": "DPD timed out"}
    row = ROW | {
        "Resource": name,
        "ResourceGroup": name,
        "Message": "Upgrade gateway started",
        "AdditionalFields": more,
    }
    (found,) = Anonymiser().rows([row])
    kept = {"TimeGenerated", "Category", "OperationName", "Level", "status_s", "instance_s", "stateChangeReason_s"}
    assert all(found[k] == row[k] for k in (*kept, "Message", "AdditionalFields"))


@given(st.recursive(st.one_of(fours, guids, mails), lambda s: st.lists(s, max_size=3) | st.dictionaries(s_keys, s)))
def test_nothing_is_too_deep(value: Any) -> None:
    """However nested and however often written as JSON, as value or as key, nothing survives."""
    secrets = re.findall(r"81(?:\.\d+){3}|[\w-]+@[\w.-]+|[0-9a-f-]{36}", json.dumps(value))
    shared = json.dumps(
        Anonymiser().rows([{"AdditionalFields": json.dumps({"more": json.dumps(value)}), "o_d": value}])
    )
    assert not [s for s in secrets if survives(s, shared)]


def test_a_reason_names_nobody() -> None:
    """An address, id or name in a reason is replaced; the words around it stay."""
    (row,) = Anonymiser().rows([ROW | {"stateChangeReason_s": f"DPD timed out for {NAME} at 81.2.69.160 ({GUID})"}])
    assert row["stateChangeReason_s"].startswith("DPD timed out for gateway-1 at 192.0.2.1 (0000")


def test_long_messages_take_no_time() -> None:
    """A message as long as a column may be is gone through in bounded steps."""
    text = "ab-" * 3000 + " " + "x" * 10_000 + " " + "a.b." * 2000 + "81.2.69.160"
    assert not survives("81.2.69.160", safe(text))


FREE_TEXT = [
    ("PSK=Sup3rS3cret!", ("Sup3r", "cret!")),
    ("SharedKey: abcDEF123456", ("abcDEF",)),
    ("pre-shared key is tunnel", ("is tunnel",)),
    ("psk=gateway", ("gateway",)),
    ("secret hunter2", ("hunter",)),
    ("password p@$$w0rd", ("p@", "w0rd")),
    ("CN=Taro Yamada, O=ContosoKK", ("Taro", "Yamada", "Contoso")),
    ("domain CONTOSO", ("contoso",)),
    ("cn-contoso-osaka fell", ("contoso", "osaka")),
    ("lng-nagoya", ("nagoya",)),
    ("vnet-acme", ("acme",)),
    ("hostname=border1", ("border",)),
    ("radius01 timed out", ("radius01",)),
    ("YAMADA-LAPTOP", ("yamada", "laptop")),
    ("from 0a1b.2c3d.4e5f", ("0a1b", "2c3d", "4e5f")),
    ("thumbprint 3B77D1A94B1C5E0F2A6B8C9D0E1F2A3B4C5D6E7F", ("3B77",)),
    ("3b:77:d1:a9:4b:1c:5e:0f:2a:6b:8c:9d:0e:1f:2a:3b:4c:5d:6e:7f", ("3b:77", "77:d1")),
    ("neighbor AS 64987", ("64987",)),
    ("ASN=174", ("174",)),
    ("peer AS4200000123", ("4200000123",)),
    ("account 1234567890123456", ("123456",)),
    ("\u5c71\u7530\u592a\u90ce", ("\u5c71\u7530",)),
]


@pytest.mark.parametrize("column", ["Message", "stateChangeReason_s", "AdditionalFields", "note_s"])
@pytest.mark.parametrize(("text", "secrets"), FREE_TEXT, ids=[t[:12] for t, _ in FREE_TEXT])
def test_free_text_names_nobody(text: str, secrets: tuple[str, ...], column: str) -> None:
    """Keys, people, sites, hosts, digests and AS numbers are gone from every text, though no row says that they are."""
    (row,) = Anonymiser().rows([{column: {"more": text} if column == "AdditionalFields" else text}])
    assert not [s for s in secrets if survives(s, str(row[column]))]


@pytest.mark.parametrize(
    "row",
    [
        {"AdditionalFields": {"site": "nagoya-dc"}},
        {"AdditionalFields": '{"tags": {"owner": "nagoya-dc"}}'},
        {"AdditionalFields": {"nagoya-dc": True}},
        {"tags_s": '{"owner": "nagoya-dc"}'},
        {"ResultDescription": "nagoya-dc"},
        {"site_s": "gateway nagoya-dc down"},
        {"operationStatus_s": "nagoya-dc"},
    ],
    ids=str,
)
def test_no_column_is_trusted_for_its_name(row: dict[str, Any]) -> None:
    """A column, a field or a key that nobody knows keeps nothing but Azure's own words."""
    assert not survives("nagoya", json.dumps(Anonymiser().rows([row])))


def test_a_value_of_an_unknown_column_goes_whole() -> None:
    """Of a column that nobody knows the whole value is one stand-in, but a short one of Azure's own words stays."""
    (row,) = Anonymiser().rows([{"a_s": "down at the Nagoya site", "b_s": "Success", "asn_d": 65010.0, "n_d": 1234567}])
    assert row == {"a_s": "value-1", "b_s": "Success", "asn_d": "number-1", "n_d": "number-2"}


AZURES_OWN = [
    "SESSION_ID :{00000000-0000-0000-0000-000000000001} Remote 192.0.2.1:500: Local 192.0.2.2:4500: [SEND] Sending DPD",
    "[RECEIVED] delete for IKE SA",
    "IKE Tunnel closed with status IKE authentication credentials are unacceptable",
    "[ErrorCode] 0x35E9 [ErrorMessage] Policy match error 13868",
    "[IkeEvent] SA_NEGOTIATION_FAILED",
    "Main mode SA assumed to be invalid because peer stopped responding",
    "Operation NodeStateChanged: Configured GatewayTenantWorker_IN_1 successfully",
    "HostMaintenance. State: Starting",
    "Connection successful.",
]


@pytest.mark.parametrize("text", AZURES_OWN)
def test_azures_own_sentences_stay(text: str) -> None:
    """What Azure says of IKE, maintenance and failover can be read afterwards as before, but for ids and addresses."""
    assert re.sub(r"[\d.-]+", "", message_of(text)) == re.sub(r"[\d.-]+", "", text)


def test_every_reason_that_is_known_stays_readable() -> None:
    """The words of the reasons that the rules know are in the vocabulary."""
    said = [
        "GlobalStandbyChanged", "Locally Triggered", "DPD timed out", "RemotelyTriggered", "Pre-shared Key Changed",
        "Received MM delete", "RemoteCrashTriggered", "Policy match error", "TunnelRemoved", "Idle timeout",
        "Traffic selectors unacceptable", "SALifeKilloBytes changed", "NarrowTSEnabled changed",
        "Invalid payload received", "StandbyChanged", "DhGroup changed", "IkeIntegrity changed", "ServiceTriggered",
    ]  # fmt: skip
    rows = Anonymiser().rows([ROW | {"stateChangeReason_s": reason} for reason in said])
    assert [r["stateChangeReason_s"] for r in rows] == said


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=14).filter(lambda w: not known(w)), cases)
def test_a_word_that_nobody_knows_is_gone(word: str, case: Any) -> None:
    """Whatever the word: if Azure's messages are not known to use it, it is gone from message, field and column."""
    row = {"Message": f"peer {case(word)} down", "x_s": case(word), "AdditionalFields": {"x": [word]}}
    assert not survives(word, json.dumps(Anonymiser().rows([row])))
