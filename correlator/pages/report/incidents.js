// What is counted: incidents that fit the filters, sums by cause, availability. No sum is stored, every one is made here.

const INCIDENTS = DATA.incidents;
const GATEWAYS = DATA.gateways;
const [FIRST, LAST] = DATA.span;
const BY_ID = new Map(INCIDENTS.map((incident) => [incident.id, incident]));

// What is open lasts to the end of the time looked at. Of what was closed, is gone or is not watched any more nobody knows
// the end: it reaches as far as the log told, no further time is counted, and none is drawn as down.
for (const incident of INCIDENTS) {
  const open = incident.status === "open", endUnknown = (to) => to === null && !open;
  incident.outages = incident.outages.map(
    ([peer, down, up, downSaid, upSaid, from, to, lost, back, reason]) =>
      ({ peer, down, up, downSaid, upSaid, from, to, lost, back, reason, until: to ?? (open ? LAST : from), endUnknown: endUnknown(to) }));
  incident.endUnknown = endUnknown(incident.to);
  incident.until = incident.to ?? (open ? LAST : Math.max(incident.from, ...incident.outages.map((o) => o.until)));
}

/** Connection by connection (gateway and peer) every time without a tunnel, in order, with whether maintenance explains it. */
const CUTS = (() => {
  const cuts = new Map();
  GATEWAYS.forEach((gateway, g) => gateway.peers.forEach(([peer]) => cuts.set(`${g} ${peer}`, [])));
  for (const incident of INCIDENTS) {
    for (const o of incident.outages) {
      if (o.lost) cuts.get(`${incident.gateway} ${o.peer}`)?.push([o.from, o.back ?? o.until, incident.cause === "azure-maintenance"]);
    }
  }
  for (const spans of cuts.values()) spans.sort((a, b) => a[0] - b[0]);
  return cuts;
})();

const EVERYTHING = { gateway: -1, sides: new Set(SIDES), from: -Infinity, to: Infinity };

/** The incidents that touch the time of the filters, of their gateway and sides. */
function fitting({ gateway, sides, from, to }) {
  return INCIDENTS.filter((i) =>
    (gateway < 0 || i.gateway === gateway) && sides.has(i.side) && i.from <= to && i.until >= from);
}

/** Cause -> incidents, drops, seconds without a VPN path, in the order of the sides. */
function byCause(incidents) {
  const sums = new Map();
  for (const i of incidents) {
    if (!sums.has(i.cause)) sums.set(i.cause, { cause: i.cause, side: i.side, incidents: 0, drops: 0, seconds: 0 });
    const sum = sums.get(i.cause);
    sum.incidents += 1;
    sum.drops += i.outages.length + i.omitted;
    sum.seconds += i.seconds;
  }
  return [...sums.values()].sort((a, b) => SIDES.indexOf(a.side) - SIDES.indexOf(b.side) || b.seconds - a.seconds || b.incidents - a.incidents);
}

const total = (sums, field) => sums.reduce((sum, one) => sum + one[field], 0);

/** The time that the filters leave of the time looked at. */
function period({ from, to }) {
  const start = Math.max(FIRST, from);
  return [start, Math.max(start, Math.min(LAST, to))];
}

/** Each connection with its seconds down in the period, all counted and without Azure maintenance. */
function availability(filters) {
  const [start, end] = period(filters);
  const found = [];
  GATEWAYS.forEach((gateway, g) => {
    if (filters.gateway >= 0 && filters.gateway !== g) return;
    for (const [peer, place] of gateway.peers) {
      const cuts = CUTS.get(`${g} ${peer}`);
      const all = united(cuts, start, end);
      const rest = united(cuts.filter((cut) => !cut[2]), start, end);
      found.push({ gateway: gateway.name, place, all, rest, of: (end - start) / 1000 });
    }
  });
  return found;
}

/** Seconds covered by spans in order of their start, overlaps once, inside the period. */
function united(spans, start, end) {
  let reached = start, sum = 0;
  for (const [from, to] of spans) {
    const begin = Math.max(from, reached), stop = Math.min(to, end);
    if (stop > begin) { sum += stop - begin; reached = stop; }
  }
  return sum / 1000;
}

/** "99.953 %", cut and never rounded up: no outage disappears in it. */
function percent(down, of) {
  if (of <= 0) return "–";
  return `${down > 0 ? (Math.floor((1 - down / of) * 1e5) / 1e3).toFixed(3) : "100"} %`;
}
