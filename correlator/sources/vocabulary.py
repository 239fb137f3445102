"""The words that Azure's own log messages are made of: what may stay in a text that leaves the house.

An allow-list, so that forgetting a word costs a stand-in too many and never a secret. The words are those of the public
documentation of the gateway's logs, of IKE and IPsec (RFC 7296, RFC 4301), of BGP, and of plain English sentences.
No word here is a place, a person or a customer, and none mixes letters and digits but for names of algorithms.
"""

from __future__ import annotations

import re

_SENTENCES = """
a about after again all already also an and another any are as at be because been before being between both but by can
cannot could did do does done down due during each either else ended error every false for from had has have id if in
info into ip is it its last less long more most must na new next no none not now null of off ok old on once one only
onto or other out over own per same since so some still such than that the their them then there these they this those
through to too true under unless until up used using via was we were what when where whether which while who why will
with within without would yes you your
"""
_LOGS = """
accept accepted access account action activate activated active add added additional address addresses admin
administrative administrator allocated allow allowed api app application applied apply assigned assumed attempt
attempted attempts audit auth authenticate authenticated authentication authorization authorized auto automatic
availability available azure backup bad base begin begins blocked build busy cache call callback cancelled category
change changed changes changing check checked class cleanup clear cleared client close closed closing cloud code codes
column command complete completed completing component config configuration configurations configure configured
configuring conn connect connected connecting connection connections connectivity connector console control core
correlation count counter create created creating creation critical current customer data date days debug default
degraded delay delete deleted deleting deletion denied deploy deployed deployment description destination detail
details detected diagnostic diagnosticlog diagnostics direction disable disabled disconnect disconnected disconnecting
disconnection domain dropped duplicate duration early empty enable enabled end ending engine entry environment
errorcode errormessage errors event events exceeded exception exists exit expected expire expired failed failing
failover fails failure failures fatal fault field fields file finish finished flag flags flow forced format found fqdn
full gateway gatewaydiagnosticlog gateways gatewaytenant gatewaytenantworker global globalstandby group half handler
health healthy high host hostmaintenance hostmaintenanceevent hour hours idle ignored ignoring image inactive inbound
index information informational infrastructure init initial initialized initiated initiator initiatoronly inner
instance instances interface interfaces internal internet invalid issue item job kb keep killo kilobytes kind known
length level limit limited link list listen listening load loaded local locally location lock log logged logs lost low
machine maintenance management manager manual mark max maximum memory message messages method migrate migration min
minimum minute minutes missing mode modified modify module monitor move moved moving ms name names need network
networks node nodes normal notfound number object occurred ocurred offline online open opened operation operational
operations operator option options outbound outer owner package packet packets page parameter parameters parse parsed
partial path pending period phase planned platform point policy pool port ports possible post present pressed previous
primary private probe problem process processed processing product profile progress properties property provider
provisioned provisioning public query queue queued range rate read reading ready reason reasons reboot rebooted
received receiving recent recently reconnect reconnected reconnecting record recover recovered recovery redundancy
redundant refresh refused region register registered reject rejected release released remote remotecrashtriggered
remotely remove removed removing renew replaced reply report request requested requests required reset resolve
resolved resolving resource resources responding response responses restart restarted restarting result results retry
retrying return returned role rollback rolled root rule run running save scale scheduled second secondary seconds
section security self send sender sending sent server servers service services session sessions set setting settings
severity shutdown signal site size skip skipped skipping slot socket software source stack stale standby
standbychanged start started starting state states status step stop stopped stopping store string success successful
successfully summary supported suspended switch switched switchover sync system table target task template temporary
tenant test thread threshold throttled time timed timeout timer times total trace traffic transition triggered try
trying type unable unacceptable unavailable unexpected unhealthy unit unknown unmapped unplanned unreachable
unresponsive unspecified unsupported update updated updates updating upgrade upgraded upgrading usage use user users
valid validate validated validation value values verified verify version virtual virtualnetworkgateways vm vpn
vpngateways wait waiting warn warning window work worker workflow write writing written zone
"""
_PROTOCOLS = """
aes aes128 aes192 aes256 aggregate aggressive ah alert algorithm algorithms arm asn assertion attribute attributes
autonomous basic bfd bgp bgpconnectedevent bgpdisconnectedevent bgproute bgprouteupdate bytes ca called cert
certificate certificates chain child cipher collision community cookie crash credential credentials ddos decrypt
decrypted decryption des des3 dh dhgroup dhgroup1 dhgroup14 dhgroup2 dhgroup2048 dhgroup24 diffie digest dns dos dpd
dynamic eap ecp256 ecp384 element encapsulation encrypt encrypted encryption encryptiontype endaddress esp established
establishing establishment exchange expressroute family fragment fragmentation gcmaes128 gcmaes192 gcmaes256 gre hash
header headers hellman hmac hold http https icmp ike ikediagnosticlog ikeevent ikeintegrity ikelogevent ikev1 ikev2
integrity ipsec ipv4 ipv6 isakmp ke keepalive key keyed keys kilobyte life lifetime main match matched matching md5
mismatch mm mmdelete mobike modp multi narrow nat natt negotiated negotiating negotiation neighbor neighbour nonce
notification notify openvpn p2s p2sdiagnosticlog p2slogevent pass payload payloads peer peers pfs pfs1 pfs2 pfs2048
pfs24 pfsgroup pki pre prefix prefixes preshared proposal proposals protected protocol protocols psk qm quick radius
random readorwrite rekey rekeyed rekeying remotetriggered require reserved responder retransmission retransmit
retransmitted retransmitting revoked route routediagnosticlog routes routing s2s sa sad salifekilobytes
salifetimeseconds sas secret selector selectors sha sha1 sha256 sha384 sha512 shared signature snat spd spi sstp
startaddress static staticrouteupdate suite tcp tls trafficselectors transform transport trust trusted ts tunnel
tunnelconnected tunneldiagnosticlog tunneldisconnected tunneled tunnelremoved tunnels udp v1 v2 vendor vti
"""
WORDS = frozenset(f"{_SENTENCES} {_LOGS} {_PROTOCOLS}".split())
NUMBERS = frozenset(("4500", "1225", "1460"))
"""The port of NAT traversal, and two of Windows's error codes; those of IKE are matched by their range."""

WORD = re.compile(r"[^\W_](?:[\w.'~-]*[^\W_])?")
"""A run of letters and digits, with what joins the parts of a name inside it."""
_NUMBER = re.compile(r"\d{1,3}|13[89]\d\d|0x(?:0000)?[0-9a-f]{1,4}", re.ASCII)
"""Numbers that identify nothing: short ones, error codes of IKE (138xx), codes in hexadecimal."""
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def known(text: str) -> bool:
    """Whether every word of a text is one that Azure's own messages use, and every number one that names nothing."""
    return all(_known_part(part) for word in WORD.findall(text) for part in re.split(r"[._'~-]+", word))


def _known_part(part: str) -> bool:
    folded = part.casefold()
    if len(part) == 1 or folded in WORDS or folded in NUMBERS or _NUMBER.fullmatch(folded):
        return True
    humps = _CAMEL.findall(part)
    return bool(humps) and "".join(humps) == part and all(h.lower() in WORDS for h in humps)
