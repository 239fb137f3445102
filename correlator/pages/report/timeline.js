// The timeline: a lane for each tunnel and gateway instance, maintenance marks above the lanes of their gateway.
// It is a canvas, since ten thousand drops have to follow a filter at once; the list says the same in words.

const LANE = 15, HEAD = 30, AXIS = 40, MARK = 4.5, SPOT = 3, HIGHEST = 32000; // no browser draws a higher canvas
const FADING = [[7, 14], [17, 22], [25, 28]], FADED = 28; // dashes, from where to where after the start
const STEPS = [1, 5, 15, 30, 60, 180, 360, 720, 1440, 2880, 10080, 20160, 44640, 89280, 133920, 525600].map((minutes) => minutes * 60000);
const LANES = lanes();
let hits = [];

/** Every lane with its place from above; `head` lanes carry a gateway's name and its maintenance. */
function lanes() {
  const found = new Map();
  let y = 0;
  GATEWAYS.forEach((gateway, g) => {
    found.set(`${g}`, { y, head: true, text: gateway.name });
    y += HEAD;
    let before = -1;
    for (const [peer, raw, said] of gateway.tunnels) {
      const [address, place] = gateway.peers[peer];
      const lane = { y, text: peer === before ? "" : place, instance: raw ? (/_IN_(\d{1,3})$/i.exec(raw)?.[1] ?? "") : "", said };
      found.set(`${g} ${address} ${raw}`, lane);
      if (!found.has(`${g} ${address}`)) found.set(`${g} ${address}`, lane);
      before = peer;
      y += LANE;
    }
    y += 4;
  });
  found.height = y;
  return found;
}

[...new Set(LANES.values())].forEach((lane, n) => { lane.n = n; });
for (const incident of INCIDENTS) {
  const { gateway, outages, from } = incident, head = LANES.get(`${gateway}`);
  for (const o of outages) o.lane = LANES.get(`${gateway} ${o.peer} ${o.down || o.up}`) ?? LANES.get(`${gateway} ${o.peer}`);
  // A switch without a logged drop has no tunnel to be drawn on and no length: it stands beside its gateway's name.
  incident.drawn = outages.length ? outages : [{ from, until: from, lost: false, lane: { y: head.y + 10 - LANE / 2, n: head.n } }];
}

function drawTimeline(incidents, [start, end], chosen) {
  const width = byId("lanes").clientWidth;
  const left = Math.min(190, Math.round(width * 0.3)) , right = width - 8;
  const view = { start, end, left, right, at: (ms) => left + ((ms - start) / (end - start)) * (right - left), colour: colours() };
  drawAxis(surface("axis", width, AXIS), view);
  const canvas = surface("drops", width, LANES.height);
  drawGrid(canvas, view);
  hits = [];
  if (chosen) drawChosen(canvas, view, chosen);
  drawLanes(canvas, view);
  drawMaintenance(canvas, view);
  drawDrops(canvas, view, incidents);
  if (chosen) drawDrops(canvas, view, [chosen]);
  byId("drops").setAttribute("aria-label", say("page.timeline.is", { incidents: count("incidents", incidents.length), n: GATEWAYS.reduce((n, g) => n + g.tunnels.length, 0) }));
}

/** The colours of the page as it is shown now: light, dark or on paper. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["text", "quiet", "line", "surface", "chosen", ...SIDES];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function surface(id, width, height) {
  const canvas = byId(id), scale = Math.min(window.devicePixelRatio || 1, HIGHEST / height);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "middle";
  return context;
}

/** Times of the axis in the reader's zone: at midnights where a step is days. */
function ticks({ start, end, left, right }) {
  const most = Math.max(2, Math.floor((right - left) / 92));
  const step = STEPS.find((s) => (end - start) / s <= most) ?? STEPS.at(-1);
  const found = [];
  for (let wall = Math.ceil((start + ahead(start)) / step) * step; ; wall += step) {
    const at = wall - ahead(wall - ahead(start));
    if (at > end) return { found, step };
    found.push(at);
  }
}

function drawAxis(context, view) {
  const { found, step } = ticks(view);
  const label = (ms, utc) => (step >= 86400000 && !utc ? day(ms) : `${step >= 86400000 || found.length < 2 ? `${day(ms, utc)} ` : ""}${hourMinute(shown(ms, utc))}`);
  const several = day(view.start) !== day(view.end);
  const text = (ms, utc) => (several && step < 86400000 && hourMinute(shown(ms, utc)) === "00:00" ? day(ms, utc) : label(ms, utc));
  context.fillStyle = view.colour.text;
  context.fillText(isUtc() ? "UTC" : zoneName(), 0, 11);
  context.fillStyle = view.colour.quiet;
  if (!isUtc()) context.fillText("UTC", 0, 28);
  for (const ms of found) {
    const x = view.at(ms);
    if (x + context.measureText(text(ms, false)).width > view.right + 8) continue;
    context.fillStyle = view.colour.text;
    context.fillText(text(ms, false), x, 11);
    context.fillStyle = view.colour.quiet;
    if (!isUtc()) context.fillText(step >= 86400000 ? hourMinute(shown(ms, true)) : text(ms, true), x, 28);
  }
}

function drawGrid(context, view) {
  context.strokeStyle = view.colour.line;
  context.beginPath();
  for (const ms of ticks(view).found) {
    const x = Math.round(view.at(ms)) + 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, LANES.height);
  }
  context.stroke();
}

function drawLanes(context, view) {
  context.lineWidth = 1;
  for (const lane of new Set(LANES.values())) {
    const y = lane.y + (lane.head ? 10 : LANE / 2);
    context.fillStyle = lane.head ? view.colour.text : view.colour.quiet;
    context.font = context.font.replace(/^(600 )?/, lane.head ? "600 " : "");
    context.fillText(fitted(context, lane.text, lane.head ? view.right : view.left - 30), lane.head ? 0 : 10, y);
    if (lane.head) continue;
    context.fillText(lane.instance, view.left - 16, y);
    context.strokeStyle = view.colour.line;
    context.beginPath();
    context.moveTo(view.left, y);
    context.lineTo(view.right, y);
    context.stroke();
  }
}

function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let kept = Math.min(text.length, 80);
  while (kept > 1 && context.measureText(`${text.slice(0, kept)}…`).width > width) kept -= 1;
  return `${text.slice(0, kept)}…`;
}

function drawMaintenance(context, view) {
  context.fillStyle = context.strokeStyle = view.colour.azure;
  GATEWAYS.forEach((gateway, g) => {
    const { y } = LANES.get(`${g}`), below = gateway.tunnels.length * LANE;
    let before = -9;
    for (const [at, text] of gateway.maintenance) {
      const x = view.at(at);
      if (at < view.start || at > view.end || x - before < 1) continue;
      before = x;
      context.globalAlpha = 0.35;
      context.setLineDash([2, 3]);
      context.beginPath();
      context.moveTo(x, y + HEAD - 2);
      context.lineTo(x, y + HEAD + below);
      context.stroke();
      context.setLineDash([]);
      context.globalAlpha = 1;
      context.beginPath();
      context.moveTo(x - 5, y + HEAD - 13);
      context.lineTo(x + 5, y + HEAD - 13);
      context.lineTo(x, y + HEAD - 4);
      context.fill();
      hits.push({ x0: x - 6, x1: x + 6, y: y + HEAD - 9, text: `${text} · ${instant(at)}` });
    }
  });
}

/** Every outage that is in view: bars as long as the drops, and at their start the symbol of the side, never colour alone. */
function drawDrops(context, view, incidents) {
  const paths = new Map(); // drawn all at once for each look, since a canvas is slow at many small strokes
  const drawn = new Uint16Array(LANES.size * (Math.ceil(view.right / SPOT) + 1)); // a spot holds each look once
  for (const incident of incidents) {
    if (incident.from > view.end || incident.until < view.start) continue;
    for (const o of incident.drawn) addDrop(paths, drawn, view, incident, o);
  }
  context.lineWidth = 2.5;
  for (const { side, fading } of paths.values()) {
    context.strokeStyle = view.colour[side];
    context.stroke(fading); // beneath whatever came after it
  }
  for (const path of paths.values()) stroke(context, view, path);
}

function addDrop(paths, drawn, view, incident, o) {
  if (!o.lane || o.until < view.start || o.from > view.end) return;
  const x0 = Math.max(view.left, view.at(o.from)), x1 = Math.min(view.right, view.at(o.until)), y = o.lane.y + LANE / 2;
  const side = SIDES.indexOf(incident.side), look = side * 2 + (o.lost ? 0 : 1);
  const spot = o.lane.n * (Math.ceil(view.right / SPOT) + 1) + Math.floor(x0 / SPOT);
  const seen = 1 << (o.endUnknown ? look + 2 * SIDES.length : look);
  if (x1 - x0 <= SPOT && drawn[spot] & seen) return;
  drawn[spot] |= seen;
  if (!paths.has(look)) paths.set(look, { side: incident.side, hollow: !o.lost, bars: new Path2D(), fading: new Path2D(), symbols: new Path2D() });
  const path = paths.get(look);
  if (x1 - x0 > SPOT) path.bars.rect(x0, y - 3, x1 - x0, 6);
  if (o.endUnknown) addFading(path.fading, x0, y, view.right);
  addSymbol(path.symbols, incident.side, x0, y);
  hits.push({ x0: x0 - 6, x1: faded(view, o) + 6, y, incident });
}

/** In the place of an end that nobody knows: ever shorter dashes, as long at every zoom. */
function addFading(path, x, y, right) {
  for (const [begin, end] of FADING) {
    if (x + end > right) return;
    path.moveTo(x + begin, y);
    path.lineTo(x + end, y);
  }
}

/** How far an incident or outage is drawn. */
const faded = (view, { until, endUnknown }) => Math.min(view.right, view.at(until) + (endUnknown ? FADED : 0));

function stroke(context, view, { side, hollow, bars, symbols }) {
  context.strokeStyle = view.colour[side];
  context.fillStyle = hollow ? view.colour.surface : view.colour[side];
  context.lineWidth = 1.5;
  context.globalAlpha = hollow ? 1 : 0.55;
  context.fill(bars);
  context.globalAlpha = 1;
  context.stroke(bars);
  context.fill(symbols);
  context.stroke(symbols);
}

function addSymbol(path, side, x, y) {
  const m = MARK;
  if (side === "azure") return path.rect(x - m + 0.5, y - m + 0.5, 2 * m - 1, 2 * m - 1);
  if (side === "remote") {
    path.moveTo(x + m, y);
    return path.arc(x, y, m, 0, 2 * Math.PI);
  }
  const corners = side === "own-change" ? [[0, -m], [m, m - 0.5], [-m, m - 0.5]] : [[0, -m - 0.5], [m + 0.5, 0], [0, m + 0.5], [-m - 0.5, 0]];
  corners.forEach(([dx, dy], n) => (n ? path.lineTo(x + dx, y + dy) : path.moveTo(x + dx, y + dy)));
  return path.closePath();
}

function drawChosen(context, view, incident) {
  const x0 = Math.max(view.left, view.at(incident.from) - 8), x1 = Math.min(view.right, faded(view, incident) + 8);
  if (x1 <= x0) return;
  const gateway = GATEWAYS[incident.gateway];
  context.fillStyle = view.colour.chosen;
  context.fillRect(x0, LANES.get(`${incident.gateway}`).y, x1 - x0, HEAD + gateway.tunnels.length * LANE);
}

/** Scrolls the lanes, never the page, until the chosen incident's first drop is in sight. */
function revealLane(incident) {
  const lanes = byId("lanes"), { y } = incident.drawn[0].lane;
  if (y < lanes.scrollTop || y + LANE > lanes.scrollTop + lanes.clientHeight) lanes.scrollTop = y - lanes.clientHeight / 2;
}

/** What lies under the pointer, the nearest first. */
function under(event) {
  const box = byId("drops").getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  const far = (hit) => Math.max(hit.x0 + 6 - x, x - hit.x1 + 6, 0);
  return hits.filter((hit) => Math.abs(hit.y - y) <= LANE / 2 && x >= hit.x0 && x <= hit.x1).sort((a, b) => far(a) - far(b))[0];
}

function drawLegend() {
  fill("legend",
    ...SIDES.map((side) => el("li", {}, sideMark(side), " ", say(`side.${side}`))),
    el("li", {}, el("span", { class: "mark azure", "aria-hidden": "true" }, "▼"), " ", say("page.legend.maintenance")),
    el("li", {}, el("span", { class: "mark", "aria-hidden": "true" }, "□"), " ", say("page.legend.hollow")),
    INCIDENTS.some((i) => i.endUnknown) && el("li", {}, el("b", { class: "mark", "aria-hidden": "true" }, "– – ·"), " ", titled(say("end-unknown"))),
    el("li", {}, say("page.legend.instances")));
}
