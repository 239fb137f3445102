import "./page.css";
import { el, readable, source } from "./dom.js";
import { drawEvent } from "./events.js";
import { drawIncidents } from "./incidents.js";
import { moments } from "./moments.js";
import { overflow } from "./overflow.js";
import { drawSlack } from "./slack.jsx";
import { drawTeams } from "./teams.js";

const REFRESH_MS = 3000;
const MOST_MOMENTS = 100;
const channels = {
  teams: ["Teams", drawTeams],
  slack: ["Slack", drawSlack],
  events: ["Event", drawEvent],
};

const dark = matchMedia("(prefers-color-scheme: dark)");
const asked = new URLSearchParams(location.search).get("theme") ?? window.__DATA__?.theme;
const theme = () => (["light", "dark"].includes(asked) ? asked : dark.matches ? "dark" : "light");

const drawn = new Map(); // what is unchanged is not drawn twice

function drawMessage(message) {
  const key = JSON.stringify(message);
  if (!drawn.has(key)) {
    const [name, draw] = channels[message.channel];
    drawn.set(key, el("article", { class: message.channel, "aria-label": `${name} message ${message.n}` },
      draw(message, theme()), source(message.body)));
  }
  return drawn.get(key);
}

function drawMoment({ at, name, by }) {
  const title = el("h3", { class: name ? "" : "page-only" }, name ?? el("time", { datetime: at }, readable(at)));
  const present = Object.keys(channels).filter((channel) => by[channel]);
  return el("li", { class: "moment" }, title, el("div", { class: "pair" }, ...present.map((channel) => drawMessage(by[channel]))));
}

function draw({ messages, incidents = [] }) {
  const all = moments(messages.filter((message) => message.channel in channels));
  const shown = all.slice(-MOST_MOMENTS);
  document.documentElement.dataset.theme = theme();
  document.getElementById("moments").replaceChildren(...(shown.length
    ? shown.map(drawMoment)
    : [el("li", { class: "nothing" }, "Nothing was received yet. Messages appear here by themselves.")]));
  document.getElementById("incident-table").replaceChildren(drawIncidents(incidents));
  const hidden = all.length - shown.length;
  say(`${count(messages, "message")}, ${count(incidents, "incident")}${hidden ? `; the oldest ${hidden} moments are not shown` : ""}`);
}

const count = (list, noun) => `${list.length} ${noun}${list.length === 1 ? "" : "s"}`;

function say(text) {
  const state = document.getElementById("state");
  if (state.textContent !== text) state.textContent = text;
}

async function read(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.text();
}

let last = "";

async function refresh() {
  try {
    const [messages, incidents] = await Promise.all([read("/messages.json"), read("/incidents.json")]);
    const now = `${theme()}\n${messages}\n${incidents}`;
    if (now === last) return;
    draw({ messages: JSON.parse(messages), incidents: JSON.parse(incidents) });
    last = now;
  } catch (error) {
    last = "";
    say(`The sandbox does not answer (${error.message}). Trying again.`);
  }
}

async function watch() {
  if (!document.hidden) await refresh();
  setTimeout(watch, REFRESH_MS);
}

/** Draws what a screenshot tool laid in; without incidents only the chats, with no page around them. */
function drawInline({ messages, incidents, only }) {
  document.documentElement.classList.toggle("bare", incidents === undefined);
  draw({ messages: messages.filter((message) => !only || message.channel === only), incidents });
  return document.fonts.ready;
}

async function start() {
  dark.addEventListener("change", () => drawn.clear());
  if (window.__DATA__) await drawInline(window.__DATA__);
  else await watch();
}

window.__PAGE__ = { ready: start(), overflow };
