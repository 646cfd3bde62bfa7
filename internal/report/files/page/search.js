"use strict";
// What a search of the list of rows finds. A row is an object: line, a number;
// own, what the user's columns and the group hold, each as [name, value]; said,
// the texts of everything else.
const search = (function () {
  const plain = (text) => String(text).normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
  const digit = (c) => c >= "0" && c <= "9";
  const short = (word) => /^\d{1,3}$/.test(word);

  // prepare makes a row fit to be searched.
  function prepare(row) {
    return {
      line: String(row.line),
      own: row.own.map(([name, value]) => { name = plain(name); return [name ? name + " " : "", plain(value)]; }),
      said: row.said.map(plain),
    };
  }

  // stands reports whether a term is in a text, ending behind its place from. A
  // number is a whole one: 7 is not in 70. With open set the number at its end
  // may go on; one of four digits or more may be any part of a longer one, as the
  // last digits of an ICCID are.
  function stands(text, term, from, open) {
    const part = /^\d{4,}$/.test(term), whole = !part && digit(term.charAt(0)), end = !part && !open && digit(term.charAt(term.length - 1));
    for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
      const behind = at + term.length;
      if (behind > from && !(whole && digit(text.charAt(at - 1))) && !(end && digit(text.charAt(behind)))) return true;
    }
    return false;
  }

  // holds reports whether a row has a term in one of its cells. The name of a
  // column counts only together with what the cell holds.
  function holds(row, term, open) {
    if ("line " + row.line === term) return true;
    if (row.own.some(([name, value]) => stands(name + value, term, name.length, open))) return true;
    return !short(term) && row.said.some((text) => stands(text, term, 0, open));
  }

  // words are those of a query, what stands in quotation marks being one.
  function words(query) {
    const digits = query.replace(/[ -]/g, "").replace(/f$/, "");
    if (/^\d{18,}$/.test(digits)) return [digits]; // an ICCID, however it is grouped
    return [...query.matchAll(/"([^"]*)"?|[^\s"]+/g)].map((m) => plain(m[1] === undefined ? m[0] : m[1])).filter(Boolean);
  }

  // matcher gives the function that says whether a row is found. The words of a
  // query are looked for as they stand, together in one cell; where no row has
  // them so, one by one, but for a number, which belongs to the word before it.
  function matcher(query, rows) {
    const all = words(plain(query)), phrase = all.join(" ");
    if (!all.length) return () => true;
    // A number that ends a word may be one that is still being typed.
    const finder = (term) => {
      if (rows.some((row) => holds(row, term, false))) return (row) => holds(row, term, false);
      if (/[^\d ]\d+$/.test(term) && rows.some((row) => holds(row, term, true))) return (row) => holds(row, term, true);
      if (/^\d{20}$/.test(term)) return finder(term.slice(0, 19)); // the file may be without the check digit
      return null;
    };
    if (all.length === 1 && short(phrase)) return (row) => row.line === phrase || holds(row, phrase, false);
    const together = finder(phrase);
    if (together) return together;
    const terms = [];
    for (const word of all) {
      const before = terms.length && short(word) ? finder(terms[terms.length - 1].text + " " + word) : null;
      if (before) terms[terms.length - 1] = { text: terms[terms.length - 1].text + " " + word, found: before };
      else terms.push({ text: word, found: finder(word) });
    }
    return terms.every((term) => term.found) ? (row) => terms.every((term) => term.found(row)) : () => false;
  }

  return { prepare, matcher };
})();
