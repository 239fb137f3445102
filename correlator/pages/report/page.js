// What is chosen and shown, and everything that changes it.

const STATE = { filters: { ...EVERYTHING, sides: new Set(SIDES) }, fitting: INCIDENTS, chosen: INCIDENTS[0], drawn: null, zoom: "all", order: "newest" };
const ZOOMS = { all: Infinity, day: 86400000, hour: 3600000 };

function applyFilters() {
  STATE.fitting = fitting(STATE.filters);
  if (!STATE.fitting.includes(STATE.chosen)) STATE.chosen = STATE.fitting[0];
  drawTotals(STATE.filters, STATE.fitting);
  drawList(STATE.fitting, STATE.order, STATE.chosen);
  byId("shown").textContent = say("page.shown", { shown: STATE.fitting.length, incidents: count("incidents", INCIDENTS.length) });
  byId("clear").hidden = !isFiltered(STATE.filters);
  drawChoice();
}

const isFiltered = ({ gateway, sides, from, to }) => gateway >= 0 || sides.size < SIDES.length || from > -Infinity || to < Infinity;

function drawChoice() {
  if (STATE.chosen !== STATE.drawn) {
    drawDetail(STATE.chosen);
    drawLogs(STATE.chosen);
    STATE.drawn = STATE.chosen;
  }
  redrawTimeline();
}

function redrawTimeline() {
  const size = ZOOMS[STATE.zoom], [start, end] = period(STATE.filters);
  let range = [start, Math.max(end, start + 60000)];
  if (size < Infinity && STATE.chosen) {
    const { from, until } = STATE.chosen, length = Math.max(size, Math.min(until - from, 10 * size) * 1.2);
    const middle = (from + Math.min(until, from + length)) / 2;
    range = [middle - length / 2, middle + length / 2];
  }
  drawTimeline(STATE.fitting, range, STATE.chosen);
}

/** Chooses an incident, with its name in the address so that it can be handed on. */
function choose(incident, { toDetail = false, toLane = true } = {}) {
  STATE.chosen = incident;
  nameInAddress(incident);
  mark(incident);
  reveal(incident);
  if (toLane) revealLane(incident);
  drawChoice();
  if (toDetail) byId("detail").focus({ preventScroll: !isStacked() });
}

const isStacked = () => matchMedia("(max-width: 60rem)").matches;

function nameInAddress({ id }) {
  try { window.history.replaceState(null, "", `#${id}`); } catch { /* a page in a frame without an address of its own */ }
}

/** What the address asks for; filters that hide it are cleared. */
function followAddress() {
  const asked = BY_ID.get(decodeURIComponent(location.hash.slice(1)));
  if (!asked) return;
  if (!STATE.fitting.includes(asked)) clearFilters();
  STATE.chosen = asked;
  reveal(asked);
  revealLane(asked);
  mark(asked);
  drawChoice();
}

function clearFilters() {
  STATE.filters = { ...EVERYTHING, sides: new Set(SIDES) };
  byId("gateway").value = "-1";
  byId("from").value = byId("to").value = "";
  for (const box of byId("sides").querySelectorAll("input")) box.checked = true;
  applyFilters();
}

function drawFilters() {
  fill("gateway", el("option", { value: "-1" }, say("page.all")), ...GATEWAYS.map((g, n) => el("option", { value: n }, g.name)));
  fill("order", ...["newest", "longest"].map((order) => el("option", { value: order }, say(`page.order.${order}`))));
  fill("sides", ...SIDES.map((side) => el("label", { class: "chip" },
    el("input", { type: "checkbox", checked: true, onchange: (event) => {
      STATE.filters.sides[event.target.checked ? "add" : "delete"](side);
      applyFilters();
    } }), sideMark(side), " ", say(`side.${side}`))));
  fill("zoom", ...Object.keys(ZOOMS).map((zoom) => el("button", { type: "button", "aria-pressed": String(zoom === STATE.zoom), onclick: (event) => {
    STATE.zoom = zoom;
    for (const button of byId("zoom").children) button.setAttribute("aria-pressed", String(button === event.currentTarget));
    redrawTimeline();
  } }, say(`page.zoom.${zoom}`))));
}

function listen() {
  byId("gateway").addEventListener("change", (event) => { STATE.filters.gateway = Number(event.target.value); applyFilters(); });
  byId("order").addEventListener("change", (event) => { STATE.order = event.target.value; drawList(STATE.fitting, STATE.order, STATE.chosen); });
  const bound = (field, none) => byId(field).addEventListener("change", (event) => {
    const at = fromField(event.target.value);
    STATE.filters[field] = Number.isNaN(at) ? none : at;
    applyFilters();
  });
  bound("from", -Infinity);
  bound("to", Infinity);
  byId("clear").addEventListener("click", () => { clearFilters(); byId("gateway").focus(); });
  byId("list").addEventListener("click", (event) => {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (id) choose(BY_ID.get(id), { toDetail: isStacked() });
  });
  byId("list").addEventListener("keydown", (event) => {
    const to = event.key === "Enter" ? STATE.chosen : step(event.key, STATE.chosen);
    if (!to || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(to, { toDetail: event.key === "Enter" });
  });
  listenToTimeline();
  addEventListener("hashchange", followAddress);
  addEventListener("resize", redrawTimeline);
  for (const query of ["print", "(prefers-color-scheme: dark)"]) matchMedia(query).addEventListener("change", redrawTimeline);
}

function listenToTimeline() {
  const drops = byId("drops");
  drops.addEventListener("click", (event) => { const hit = under(event); if (hit?.incident) choose(hit.incident, { toLane: false }); });
  drops.addEventListener("mousemove", (event) => {
    const hit = under(event), i = hit?.incident;
    drops.title = i ? `${causeName(i.cause)} · ${instant(i.from)} ${letters(i.from)} · ${lengthOf(i)}` : (hit?.text ?? "");
    drops.style.cursor = i ? "pointer" : "";
  });
}

byId("filters").hidden = !INCIDENTS.length;
byId("timeline").hidden = !GATEWAYS.length;
drawFilters();
drawLegend();
listen();
applyFilters();
followAddress();
document.documentElement.dataset.ready = "";
