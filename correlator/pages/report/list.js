// The list of incidents: one stop of the Tab key, arrow keys walk, Enter goes to the verdict.

const PAGE = 50;
let listed = [], page = 0;

function drawList(incidents, order, chosen) {
  listed = order === "longest" ? [...incidents].sort((a, b) => b.seconds - a.seconds || b.tunnel_seconds - a.tunnel_seconds) : incidents;
  page = Math.max(0, Math.floor(listed.indexOf(chosen) / PAGE));
  drawPage(chosen);
}

function drawPage(chosen) {
  const first = page * PAGE, here = listed.slice(first, first + PAGE);
  fill("list", ...here.map((incident) => item(incident, incident === chosen)));
  mark(here.includes(chosen) ? chosen : undefined);
  const several = listed.length > PAGE;
  fill("pages",
    !listed.length && el("p", { class: "quiet" }, none()),
    several && turn("page.previous", -1, first > 0),
    several && el("span", { class: "quiet small" }, say("page.range", { from: first + 1, to: first + here.length, n: listed.length })),
    several && turn("page.next", 1, first + PAGE < listed.length));
}

function turn(key, by, possible) {
  return el("button", { type: "button", disabled: !possible, onclick: () => { page += by; drawPage(STATE.chosen); } }, say(key));
}

/** How long it was, or that nobody knows. */
const lengthOf = (incident) => [incident.length, incident.endUnknown && say("end-unknown")].filter(Boolean).join(" · ");

function item(incident, chosen) {
  const gateway = GATEWAYS[incident.gateway].name;
  return el("div", { role: "option", id: `option-${incident.id}`, "aria-selected": String(chosen), "data-id": incident.id },
    el("span", { class: "when" }, instant(incident.from)),
    el("span", { class: "long" }, lengthOf(incident)),
    el("span", { class: "what" }, sideMark(incident.side), " ", causeName(incident.cause)),
    el("span", { class: "quiet small where" }, foreign(gateway), incident.where ? " · " : "", foreign(incident.where)));
}

/** Shows which one is chosen without drawing the list again. */
function mark(chosen) {
  const list = byId("list");
  for (const option of list.children) option.setAttribute("aria-selected", String(option.dataset.id === chosen?.id));
  if (chosen) list.setAttribute("aria-activedescendant", `option-${chosen.id}`);
  else list.removeAttribute("aria-activedescendant");
}

/** Where a key leads from the chosen incident, or undefined. */
function step(key, chosen) {
  const at = listed.indexOf(chosen);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: listed.length - 1, PageDown: at + 10, PageUp: at - 10 }[key];
  return to === undefined ? undefined : listed[Math.min(listed.length - 1, Math.max(0, to))];
}

/** Keeps the chosen one in sight inside the list, never moving the page. */
function reveal(chosen) {
  if (Math.floor(listed.indexOf(chosen) / PAGE) !== page) {
    page = Math.max(0, Math.floor(listed.indexOf(chosen) / PAGE));
    drawPage(chosen);
  }
  const list = byId("list"), option = byId(`option-${chosen.id}`);
  if (!option) return;
  const above = option.offsetTop - list.scrollTop, below = above + option.offsetHeight - list.clientHeight;
  if (above < 0) list.scrollTop += above;
  else if (below > 0) list.scrollTop += below;
}
