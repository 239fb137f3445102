// Elements are made from text, never from markup: whatever a log holds stays text.

const byId = (id) => document.getElementById(id);

/** el("td", { class: "n" }, "12 s"): an element with attributes, a function as `onclick` too, and children. */
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== "" && child !== undefined && child !== null));
  return node;
}

function fill(id, ...children) {
  byId(id).replaceChildren(...children.filter(Boolean));
}

/** Text of a log or a setting, kept apart from the direction of what stands around it. */
const foreign = (text) => el("bdi", {}, text);

/** A link, if it leads to where links of this page may lead. */
function link(text, url) {
  return url.startsWith("https://portal.azure.com/")
    ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, text)
    : "";
}

/**
 * A table with a head; a column with `number` is set to the right. The roles are written out because a narrow screen shows
 * rows as blocks, which would lose them; there `plain` leaves out the names of the columns.
 */
function table(columns, rows, label, plain = false) {
  const kind = (n) => (columns[n].number ? "number" : false);
  const cell = (value, n) => el("td", { role: "cell", "data-label": columns[n].text ?? columns[n], class: kind(n) }, ...[value].flat());
  const head = columns.map((column, n) => el("th", { role: "columnheader", scope: "col", class: kind(n) }, column.text ?? column));
  return el("table", { role: "table", "aria-label": label, class: plain ? "plain" : false },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...head)),
    el("tbody", { role: "rowgroup" }, ...rows.map((row) => el("tr", { role: "row", class: row.class ?? false }, ...(row.cells ?? row).map(cell)))));
}
