"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const at = { line: 0, iccid: 1, action: 2, group: 3, outcome: 4, code: 5, why: 6, words: 7, id: 8, attempts: 9, ms: 10, page: 11, extra: 12 };
  const first = 25, step = 100, printed = 1000;

  function element(name, className, text) {
    const e = document.createElement(name);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  }

  // The list of rows.
  const list = $("list");
  if (list) {
    const body = list.tBodies[0], form = $("filter"), more = $("more");
    const weight = (i) => data.gravest.indexOf(data.rows[i][at.outcome]);
    const wrong = data.rows.filter((row, i) => weight(i) < data.wrong).length;
    let found = [], shown = 0, searchable = null;

    const own = (row) => data.columns.map((name, i) => [name, row[at.extra + i]]).filter(([, value]) => value);

    function matcher() {
      const query = $("search").value.trim();
      if (!query) return () => true;
      searchable = searchable || data.rows.map((row) => search.prepare({
        line: row[at.line], own: [["group", row[at.group]], ...own(row)],
        said: [row[at.iccid], row[at.action], row[at.outcome], row[at.code], row[at.why], row[at.words], "request_id " + row[at.id]],
      }));
      const matches = search.matcher(query, searchable);
      return (i) => matches(searchable[i]);
    }

    const rowsOf = (n) => n.toLocaleString("en-GB") + (n === 1 ? " row" : " rows");

    function span(ms) {
      return ms < 1000 ? ms + " ms" : (ms / 1000).toFixed(ms < 10000 ? 1 : 0) + " s";
    }

    function draw(row) {
      const tr = element("tr");
      tr.append(element("td", "n line", row[at.line]));
      const iccid = element("td", "iccid");
      const number = element(row[at.page] ? "a" : "span", "mono", row[at.iccid] || "–");
      if (row[at.page]) {
        number.href = row[at.page];
        number.rel = "noreferrer";
      }
      iccid.append(number);
      // A column's name is said where the value does not begin with it: "Site 7" is no "Site Site 7".
      const extra = own(row).map(([name, value]) => value.toLowerCase().startsWith(name.toLowerCase()) ? value : name + " " + value);
      if (extra.length) iccid.append(element("span", "extra", extra.join(" · ")));
      tr.append(iccid);
      const action = element("td", "action", row[at.action]);
      if (row[at.group]) action.append(element("span", "words", "group " + row[at.group]));
      tr.append(action);
      const outcome = element("td", "outcome");
      outcome.append(element("span", "badge o-" + row[at.outcome], row[at.outcome]));
      tr.append(outcome);
      const why = element("td", "why");
      if (row[at.code]) why.append(element("code", "", row[at.code]), " ");
      // A flag stays in one piece: within --not-done a browser may begin a new line.
      row[at.why].split(/(--[a-z][a-z-]+)/).forEach((part, i) => why.append(i % 2 ? element("span", "flag", part) : part));
      if (row[at.words]) why.append(element("span", "words", "Upstream: " + row[at.words]));
      if (row[at.id] && row[at.code]) why.append(element("span", "words", "request_id " + row[at.id]));
      tr.append(why);
      const time = element("td", "n time", row[at.ms] === null ? "" : span(row[at.ms]));
      if (row[at.attempts] > 1) time.append(element("span", "words", row[at.attempts] + " attempts"));
      tr.append(time);
      return tr;
    }

    function show(upTo) {
      const rows = document.createDocumentFragment();
      for (; shown < Math.min(upTo, found.length); shown++) rows.append(draw(data.rows[found[shown]]));
      body.append(rows);
      more.hidden = shown >= found.length;
      more.textContent = "Show more (" + (found.length - shown).toLocaleString("en-GB") + " left)";
    }

    const narrowed = () => ["search", "outcome", "action", "code"].some((id) => $(id).value.trim());

    function filter(keep) {
      const matches = matcher();
      const outcome = $("outcome").value, action = $("action").value, code = $("code").value;
      found = [];
      data.rows.forEach((row, i) => {
        if (outcome && row[at.outcome] !== outcome || action && row[at.action] !== action || code && row[at.code] !== code) return;
        if (keep && !keep(row, i)) return;
        if (matches(i)) found.push(i);
      });
      if (!$("order").value) found.sort((a, b) => weight(a) - weight(b) || a - b);
      body.replaceChildren();
      shown = 0;
      show(first);
      $("found").textContent = rowsOf(found.length) + (narrowed() ? " of " + data.rows.length.toLocaleString("en-GB") : "");
    }

    function options(id, column) {
      const counts = new Map();
      for (const row of data.rows) if (row[column]) counts.set(row[column], (counts.get(row[column]) || 0) + 1);
      const order = column === at.outcome ? data.gravest.filter((o) => counts.has(o)) : [...counts.keys()].sort();
      for (const value of order) {
        const option = element("option", "", value + " (" + counts.get(value).toLocaleString("en-GB") + ")");
        option.value = value;
        $(id).append(option);
      }
    }

    options("outcome", at.outcome);
    options("action", at.action);
    options("code", at.code);
    form.hidden = list.hidden = $("listed").hidden = false;
    form.addEventListener("input", () => filter());
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => filter()));
    more.addEventListener("click", () => show(shown + step));
    for (const link of document.querySelectorAll("a[data-outcome]")) {
      link.addEventListener("click", () => {
        form.reset();
        $("outcome").value = link.dataset.outcome;
        $("code").value = link.dataset.code || "";
        filter();
      });
    }
    // On paper stand the rows that somebody must look at, alone: those that went
    // wrong, and the first of those that a plan would send; or what was searched for.
    const said = $("listed").textContent, planned = data.rows.filter((row) => row[at.outcome] === "planned").length;
    function asks() {
      let seen = 0;
      return (row, i) => weight(i) < data.wrong || row[at.outcome] === "planned" && ++seen <= 50;
    }
    const firstOf = (n, all, what) => (n < all ? "the first " + n.toLocaleString("en-GB") + " of " : "") + rowsOf(all) + " " + what;
    function printing() {
      if (narrowed()) return "Printed: " + firstOf(shown, found.length, "of " + data.rows.length.toLocaleString("en-GB") + ", as searched for.");
      const parts = [];
      if (wrong) parts.push(firstOf(Math.min(shown, wrong), wrong, "to look at"));
      if (shown > wrong) parts.push(firstOf(shown - wrong, planned, "planned"));
      return parts.length ? "Printed: " + parts.join(", and ") + ". The result file has every row." : "No row went wrong, so none is printed. The result file has them all.";
    }
    addEventListener("beforeprint", () => {
      filter(narrowed() ? null : asks());
      show(printed);
      list.hidden = !found.length;
      $("listed").textContent = printing();
    });
    addEventListener("afterprint", () => {
      list.hidden = false;
      $("listed").textContent = said;
      filter();
    });
    filter();
  }

  // What the charts say under the pointer.
  const clock = (ms) => new Date(ms).toISOString().slice(11, 19);
  const length = (s) => s >= 1 ? s.toPrecision(3) + " s" : (s * 1000).toPrecision(3) + " ms";
  for (const figure of document.querySelectorAll(".chart")) {
    const series = data.timeline[figure.dataset.series], svg = figure.querySelector("svg"), readout = figure.querySelector(".readout");
    const cursor = document.createElementNS("http://www.w3.org/2000/svg", "path");
    cursor.setAttribute("class", "cursor");
    svg.append(cursor);
    const leave = readout.textContent;
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect(), n = series.requests.length;
      const i = Math.max(0, Math.min(n - 1, Math.floor((event.clientX - box.left) / box.width * n)));
      cursor.setAttribute("d", "M" + (i + 0.5) + " 0V100");
      let said = clock(Date.parse(series.started_at) + i * series.bucket_seconds * 1000) + " UTC: ";
      if (figure.dataset.kind === "rate") {
        said += +(series.requests[i] / series.bucket_seconds).toPrecision(3) + " a second";
        if (series.throttled[i]) said += ", " + series.throttled[i] + " throttled";
        if (series.failed[i]) said += ", " + series.failed[i] + " failed on the way";
      } else {
        said += series.requests[i] ? "half within " + length(series.latency_p50_seconds[i]) + ", 99 % within " + length(series.latency_p99_seconds[i]) : "no requests";
      }
      readout.textContent = said;
    });
    svg.addEventListener("pointerleave", () => { cursor.removeAttribute("d"); readout.textContent = leave; });
  }
})();
