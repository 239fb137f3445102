// The sentence at the top, the totals by cause, and the availability of each connection.

function drawTotals(filters, incidents) {
  const sums = byCause(incidents);
  drawSentence(filters, incidents, sums);
  drawCauses(sums);
  drawAvailability(filters);
}

function drawSentence(filters, incidents, sums) {
  if (DATA.nothing) return byId("sentence").replaceChildren(none());
  const [start, end] = period(filters);
  const length = duration((end - start) / 1000);
  byId("period").textContent = say("page.period", { start: day(start, false, "day"), end: day(end, false, "day"), period: length, zone: zoneName() });
  const seconds = total(sums, "seconds");
  const maintenance = total(sums.filter((s) => s.cause === "azure-maintenance"), "seconds");
  const open = incidents.filter((i) => i.status === "open").length;
  const unknown = incidents.filter((i) => i.endUnknown).length;
  const key = !incidents.length ? ".quiet" : !seconds && !open && !unknown ? ".always" : maintenance ? "" : ".other";
  const values = { incidents: count("incidents", incidents.length), period: length, time: timeOf(seconds), maintenance: timeOf(maintenance) };
  const apart = (sentence, n) => (n ? say("gap") + say(sentence, { incidents: count("incidents", n) }) : "");
  const more = apart("page.still-open", open) + apart("page.end-unknown", unknown);
  return byId("sentence").replaceChildren(say(`page.sentence${key}`, values) + more);
}

const sideMark = (side) => el("span", { class: `mark ${side}`, "aria-hidden": "true" }, SYMBOLS[side]);

function drawCauses(sums) {
  const seconds = total(sums, "seconds");
  fill("bar", ...sums.filter((s) => s.seconds).map((s) => {
    const part = el("span", { class: s.side });
    part.style.flexGrow = s.seconds / seconds;
    return part;
  }));
  const columns = [say("label.cause"), say("page.side"),
    ...["incidents", "drops", "down"].map((name) => ({ text: titled(say(`week.label.${name}`)), number: true }))];
  const rows = sums.map((s) => [
    [sideMark(s.side), " ", causeName(s.cause)], say(`side.${s.side}`), String(s.incidents), String(s.drops), timeOf(s.seconds),
  ]);
  if (sums.length) {
    rows.push({ class: "total", cells: [say("page.total"), "", String(total(sums, "incidents")), String(total(sums, "drops")), timeOf(seconds)] });
  }
  fill("causes", sums.length ? table(columns, rows, say("page.by-cause")) : el("p", { class: "quiet" }, none()));
}

const MOST_CONNECTIONS = 100;

/** Worst first. */
function drawAvailability(filters) {
  const found = availability(filters).sort((a, b) => b.all - a.all);
  const several = GATEWAYS.length > 1;
  const columns = [titled(say("page.connection")), ...["page.availability.all", "page.availability.without", "week.label.down"].map((key) => ({ text: titled(say(key)), number: true }))];
  const rows = found.slice(0, MOST_CONNECTIONS).map((c) => [
    [foreign(c.place), several ? el("span", { class: "quiet small" }, " ", foreign(c.gateway)) : ""],
    percent(c.all, c.of), percent(c.rest, c.of), timeOf(c.all),
  ]);
  const more = found.length - rows.length;
  byId("available").hidden = !found.length;
  fill("availability", table(columns, rows, say("page.availability")),
    more > 0 && el("p", { class: "quiet small" }, say("page.omitted", { n: more })));
}
