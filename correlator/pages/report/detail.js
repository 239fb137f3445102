// One incident: the verdict, the rows under it, what was not found, what would change it, its outages.

function drawDetail(incident) {
  byId("detail").hidden = !incident;
  if (!incident) return undefined;
  const gateway = GATEWAYS[incident.gateway];
  return fill("detail",
    el("p", { class: "quiet small" }, incident.id, " · ", foreign(gateway.name)),
    el("h3", { id: "detail-title" }, sideMark(incident.side), " ", causeName(incident.cause)),
    el("p", { class: "verdict" }, foreign(incident.summary)),
    facts(incident),
    links(incident, gateway),
    acknowledging(incident),
    section("label.why", evidence(incident)),
    el("div", { class: "pair" },
      section("label.not-found", bullets(incident.not_found)),
      section("label.would-change", bullets(incident.would_change))),
    section("page.people", people(incident)),
    section("label.remarks", bullets(incident.remarks)),
    section("page.outages", outages(incident)),
    incident.history.length > 2 && section("label.history", history(incident)));
}

const section = (key, content) => content && el("section", {}, el("h4", {}, say(key)), content);
const bullets = (texts) => texts.length > 0 && el("ul", {}, ...texts.map((text) => el("li", {}, foreign(text))));

/** In the place of an end. */
const unended = (incident) => say(incident.endUnknown ? "end-unknown" : "still-down");

function facts(incident) {
  const until = incident.to === null ? unended(incident) : incident.to - incident.from < 43200000 ? bothClocks(incident.to) : `${day(incident.to)} ${bothClocks(incident.to)}`;
  const measured = ["open", "recovered"].includes(incident.status); // of all others the length is the status once more
  return el("ul", { class: "facts" },
    el("li", {}, `${day(incident.from, false, "day")} ${bothClocks(incident.from)} → ${until}`),
    el("li", {}, say(`side.${incident.side}`)),
    el("li", {}, say(`confidence.${incident.confidence}`)),
    incident.status === "open" ? "" : el("li", {}, say(`status.${incident.status}`)),
    el("li", {}, (measured && incident.length) || say(`impact.${incident.impact}`)));
}

function links(incident, gateway) {
  if (!gateway.links.logs) return "";
  const near = (ms) => new Date(ms).toISOString().replace(/\.\d+Z$/, ".000Z");
  const time = encodeURIComponent(`${near(incident.from - 600000)}/${near(incident.until + 600000)}`);
  return el("p", { class: "links" },
    link(say("link.logs"), gateway.links.logs + time), " ",
    link(say("link.gateway"), gateway.links.gateway), " ",
    link(say("link.health"), gateway.links.health));
}

/** The button of whoever signed in; the answer stands in its place. It is the one request that the page can send. */
function acknowledging(incident) {
  if (!DATA.acknowledge || incident.status !== "open" || incident.acknowledged) return "";
  const place = el("p", { role: "status" });
  const send = async () => {
    const sent = fetch(`incidents/${encodeURIComponent(incident.id)}/acknowledge`, { method: "POST" });
    const taken = await sent.then((answer) => answer.ok, () => false);
    incident.acknowledged = taken;
    place.replaceChildren(say(taken ? "page.acknowledge.done" : "page.acknowledge.failed"));
  };
  place.append(el("button", { type: "button", onclick: send }, say("page.acknowledge")));
  return place;
}

const when = (ms) => (ms === null ? "–" : instant(ms));
const timeColumn = () => `${say("page.time")} (${zoneName()})`;
const utcOf = (ms) => (isUtc() || ms === null ? "" : el("span", { class: "utc quiet small" }, ` ${clock(ms, true)} UTC`));

function evidence(incident) {
  return table([timeColumn(), say("page.what")],
    incident.evidence.map(([at, , text]) => [[when(at), utcOf(at)], foreign(text)]), say("label.why"), true);
}

/** What people added; the verdict of the logs stays as it is. */
const people = ({ people: words }) => words.length > 0 && table([timeColumn(), say("page.event")],
  words.map(([at, text]) => [[when(at), utcOf(at)], foreign(text)]), say("page.people"), true);

const MOST_OUTAGES = 60;

function outages(incident) {
  if (!incident.outages.length) return "";
  const places = new Map(GATEWAYS[incident.gateway].peers.map(([peer, , address]) => [peer, address]));
  const rows = incident.outages.slice(0, MOST_OUTAGES).map((o) => [
    foreign(places.get(o.peer) ?? o.peer), foreign(o.downSaid), o.to === null ? "" : foreign(o.upSaid), [when(o.from), utcOf(o.from)],
    o.to === null ? unended(incident) : duration((o.to - o.from) / 1000), foreign(o.reason),
  ]);
  const columns = [say("label.peer"), say("page.lost-on"), say("page.back-on"), `${say("page.down-from")} (${zoneName()})`,
    { text: say("page.length"), number: true }, say("page.reason")];
  const more = incident.outages.length - rows.length + incident.omitted;
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("page.outages") },
    table(columns, rows, say("page.outages")), more > 0 ? el("p", { class: "quiet small" }, say("page.omitted", { n: more })) : "");
}

function history(incident) {
  return table([timeColumn(), say("page.event"), say("label.cause")], incident.history.map(([at, event, cause]) =>
    [[when(at), utcOf(at)], known(`moment.${event}`, known(`page.event.${event}`, event)), causeName(cause)]), say("label.history"), true);
}
