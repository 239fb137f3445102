/** Makes an element. Strings become text nodes, so nothing here can be read as HTML. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

/** What a chat shows beside a sender: hours and minutes, as the time is written (no zone is changed). */
export const clock = (at) => /T(\d\d:\d\d)/.exec(at ?? "")?.[1] ?? "";

/** "2026-08-21T17:13:04Z" for people: "2026-08-21 17:13:04 UTC". */
export function readable(at) {
  const [, day, time, zone] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)[\d.]*(.*)$/.exec(at ?? "") ?? [];
  if (!day) return String(at ?? "");
  return `${day} ${time} ${zone === "Z" || zone === "+00:00" ? "UTC" : zone}`.trim();
}

/** The message as it was sent, closed at first. */
export function source(body) {
  return el("details", { class: "source page-only" },
    el("summary", {}, "JSON"),
    el("pre", {}, JSON.stringify(body, null, 2)));
}

/** Stands in for a message which cannot be drawn. */
export const broken = (error) =>
  el("p", { class: "broken" }, `This message could not be drawn: ${error?.message ?? error}`);
