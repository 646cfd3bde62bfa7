"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const at = { line: 0, iccid: 1, action: 2, group: 3, outcome: 4, code: 5, why: 6, words: 7, id: 8, attempts: 9, ms: 10, extra: 11 };
  const step = 100, printed = 300;

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
    const texts = new Array(data.rows.length);
    const weight = (i) => data.gravest.indexOf(data.rows[i][at.outcome]);
    let found = [], shown = 0;

    const text = (i) => texts[i] || (texts[i] = data.rows[i].join("\n").toLowerCase());

    function span(ms) {
      return ms < 1000 ? ms + " ms" : (ms / 1000).toFixed(ms < 10000 ? 1 : 0) + " s";
    }

    function draw(row) {
      const tr = element("tr");
      tr.append(element("td", "n line", row[at.line]));
      const iccid = element("td", "iccid");
      iccid.append(element("span", "mono", row[at.iccid] || "–"));
      const extra = data.columns.map((name, i) => row[at.extra + i] && name + " " + row[at.extra + i]).filter(Boolean);
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
      why.append(row[at.why]);
      if (row[at.words]) why.append(element("span", "words", "Upstream: " + row[at.words]));
      if (row[at.id] && row[at.code]) why.append(element("span", "words", "request_id " + row[at.id]));
      tr.append(why);
      const time = element("td", "n time", row[at.attempts] ? span(row[at.ms]) : "");
      if (row[at.attempts] > 1) time.append(element("span", "words", row[at.attempts] + " requests"));
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

    // A search is for its words as they stand together in one cell: "site 7" is
    // not "site 70". Only where no row has them so are they looked for one by one.
    function searched() {
      const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
      const phrase = words.join(" "), whole = /\d$/.test(phrase) && /\D/.test(phrase);
      const together = (i) => {
        for (let from = text(i).indexOf(phrase); from >= 0; from = text(i).indexOf(phrase, from + 1)) {
          if (!whole || !/\d/.test(text(i).charAt(from + phrase.length))) return true;
        }
        return false;
      };
      if (words.length < 2 || data.rows.some((row, i) => together(i))) return together;
      return (i) => words.every((word) => text(i).includes(word));
    }

    function filter(wrongAlone) {
      const matches = searched();
      const outcome = $("outcome").value, action = $("action").value, code = $("code").value;
      found = [];
      data.rows.forEach((row, i) => {
        if (outcome && row[at.outcome] !== outcome || action && row[at.action] !== action || code && row[at.code] !== code) return;
        if (wrongAlone && weight(i) >= data.wrong) return;
        if (matches(i)) found.push(i);
      });
      if (!$("order").value) found.sort((a, b) => weight(a) - weight(b) || a - b);
      body.replaceChildren();
      shown = 0;
      show(step);
      $("found").textContent = found.length.toLocaleString("en-GB") + (found.length === 1 ? " row" : " rows");
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
    form.hidden = list.hidden = false;
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
    // On paper stand the rows that went wrong, alone where there are any.
    addEventListener("beforeprint", () => {
      if (data.rows.some((row, i) => weight(i) < data.wrong)) filter(true);
      show(printed);
      $("cut").hidden = shown >= found.length;
      $("cut").textContent = shown + " of " + found.length.toLocaleString("en-GB") + " rows are printed.";
    });
    addEventListener("afterprint", () => { $("cut").hidden = true; filter(); });
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
