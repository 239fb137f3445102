// The two logs side by side, on one time: what happened to the gateway on the left, to its tunnels on the right.

function drawLogs(incident) {
  if (!incident) return fill("logs");
  const title = el("h3", {}, say("page.logs"));
  if (!DATA.rows) return fill("logs", title, el("p", { class: "quiet" }, say("page.logs.none")));
  const about = say("page.logs.around", { gateway: GATEWAYS[incident.gateway].name });
  return fill("logs", title, el("p", { class: "quiet small" }, foreign(about)),
    incident.rows.length ? bothLogs(incident) : el("p", { class: "quiet" }, say("page.logs.empty")),
    incident.rows_omitted > 0 && el("p", { class: "quiet small" }, say("page.logs.omitted", { n: incident.rows_omitted })));
}

function bothLogs(incident) {
  const columns = [timeColumn(), ...(isUtc() ? [] : ["UTC"]), "GatewayDiagnosticLog", "TunnelDiagnosticLog"];
  const rows = incident.rows.map(([n, rests]) => {
    const [log, at, ...fields] = DATA.rows[n];
    const said = log === 0 ? gatewayRow(fields) : tunnelRow(fields);
    const cell = [...said, rests ? el("span", { class: "evidence" }, " ◀ ", say("page.logs.mark")) : ""];
    return { class: rests ? "rests" : false, cells: [instant(at), ...(isUtc() ? [] : [clock(at, true)]), log === 0 ? cell : "", log === 1 ? cell : ""] };
  });
  const made = table(columns, rows, say("page.logs"), true);
  made.classList.add("logs");
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("page.logs") }, made);
}

function gatewayRow([instance, operation, message]) {
  return [el("b", {}, foreign(operation || message)), operation && message ? [" ", foreign(message)] : "", instance ? [" · ", foreign(instance)] : ""].flat();
}

function tunnelRow([instance, place, status, reason]) {
  const down = /disconnected/i.test(status);
  return [el("b", { class: down ? "is-down" : "is-up" }, down ? "▽ " : "△ ", foreign(status)), " ", foreign(place), instance ? [" · ", foreign(instance)] : "",
    reason ? [" · ", foreign(reason)] : ""].flat();
}
