import { el } from "./dom.js";

/** A generic event (CloudEvents) has no look of its own: its headline, and the JSON below it. */
export function drawEvent({ body }) {
  const { type = "event", subject = "", id = "" } = body ?? {};
  return el("p", { class: "event" }, el("b", {}, String(type)), ` ${subject} `, el("code", {}, String(id)));
}
