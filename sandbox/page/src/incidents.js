import { el, readable } from "./dom.js";

const columns = [
  ["Time", (incident) => readable(incident.started_at)],
  ["Gateway", (incident) => incident.gateway?.name],
  ["Cause", (incident) => incident.cause?.code],
  ["Side", (incident) => incident.cause?.side],
  ["Confidence", (incident) => incident.cause?.confidence],
  ["Status", (incident) => incident.status],
  ["No VPN path", noPath],
  ["Only redundancy lost", onlyRedundancy],
];

/** How long traffic was stopped; an open incident has no length yet. */
function noPath(incident) {
  if (incident.status === "open" && incident.connection_down) return "still down";
  return incident.connection_downtime_seconds > 0 ? duration(incident.connection_downtime_seconds) : incident.impact === "none" ? "not known" : "none";
}

/** How long one of two tunnels was down while the other carried the traffic. */
function onlyRedundancy(incident) {
  if (incident.status === "open" && !incident.connection_down) return "still lost";
  const rest = incident.downtime_seconds - incident.connection_downtime_seconds;
  return rest > 0 ? duration(rest) : "";
}

/** 108 -> "1m 48s" */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return [h && `${h}h`, m && `${m}m`, (s || whole === 0) && `${s}s`].filter(Boolean).join(" ");
}

// The roles are written out because the narrow layout shows rows as blocks, which would lose them.
export function drawIncidents(incidents) {
  if (!incidents.length) return el("p", { class: "nothing" }, "No incident yet. Tunnels that drop will be listed here.");
  const newest = [...incidents].sort((a, b) => String(b.started_at).localeCompare(String(a.started_at)));
  return el("table", { role: "table", "aria-labelledby": "incidents-title" },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" },
      ...columns.map(([name]) => el("th", { role: "columnheader", scope: "col" }, name)))),
    el("tbody", { role: "rowgroup" }, ...newest.map(row)));
}

function row(incident) {
  return el("tr", { role: "row", "data-status": incident.status, title: incident.id },
    ...columns.map(([name, value]) => el("td", { role: "cell", "data-label": name }, String(value(incident) ?? ""))));
}
