/** The grammar of a search box: what each text means, where its fault is, and that no text breaks it. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { MAX_SEARCH_TERMS, readSearchText } from "../../src/events/search_text.ts";

Deno.test("readSearchText() reads words, phrases, filters, fields, and what must not hold", () => {
  const words = (text: string, at: number, not = false) => ({ kind: "words", not, at, text });
  const field = (path: string, value: string, at = 1, not = false) => ({ kind: "field", not, at, path, value });
  const filter = (name: string, value: string, at: number, not = false) => ({ kind: "filter", not, at, name, value });
  const cases: [text: string, terms: unknown[]][] = [
    ["", []],
    [" Apollo  13 ", [words("Apollo", 2), words("13", 10)]],
    ['-"on \\"hold\\"" 12:30', [words('on "hold"', 1, true), words("12:30", 16)]],
    ["outcome:failed -event_type:NEW_TAG x", [
      filter("outcome", "failed", 1),
      filter("event_type", "NEW_TAG", 16, true),
      words("x", 36),
    ]],
    ['id:"a b"', [filter("id", "a b", 1)]],
    // A value has the words behind it, so that no quotes are needed.
    ["project.name = Apollo - 13 source:custom", [
      field("project.name", "Apollo - 13"),
      filter("source", "custom", 28),
    ]],
    ["a=-1 -b == c", [field("a", "-1"), field("b", "c", 6, true)]],
    [`$.webhook['first name'][0].x="" late`, [field("$.webhook['first name'][0].x", ""), words("late", 33)]],
    ['tags[*].name = "a = b" -done', [field("tags[*].name", "a = b"), words("done", 24, true)]],
    ["= a?b=c", [words("=", 1), words("a?b=c", 3)]],
  ];
  for (const [text, terms] of cases) assertEquals(readSearchText(text), { terms } as unknown, text);
});

Deno.test("readSearchText() names the place of a fault", () => {
  const faults: [text: string, at: number, message: RegExp][] = [
    ["a - b", 3, /right after "-"/],
    ['a "b c', 3, /does not end/],
    ['a ""', 3, /no words between the quotes/],
    ["outcome: failed", 1, /a value right after "outcome:"/],
    ["a name =", 3, /a value after "="/],
    ["a ".repeat(MAX_SEARCH_TERMS + 1), 2 * MAX_SEARCH_TERMS + 1, /more than 12 terms/],
  ];
  for (const [text, at, message] of faults) {
    const read = readSearchText(text);
    assert("fault" in read, text);
    assertEquals(read.fault.at, at, text);
    assert(message.test(read.fault.message), read.fault.message);
  }
});

Deno.test("readSearchText() gives for any text few terms, each where it stands, or a fault within the text", () => {
  const part = fc.oneof(
    fc.constantFrom(
      '"',
      "\\",
      "-",
      "=",
      ":",
      " ",
      "[",
      "]",
      "'",
      "['a']",
      "$.",
      "outcome:",
      'a = "',
      "a b",
      "\u{1f30a}",
    ),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
      const text = parts.join("");
      const read = readSearchText(text);
      if ("fault" in read) return assert(read.fault.at >= 1 && read.fault.at <= text.length);
      assert(read.terms.length <= MAX_SEARCH_TERMS);
      read.terms.forEach((term, index) => {
        assert(index === 0 || term.at > read.terms[index - 1]!.at);
        assertEquals(term.not, text[term.at - 1] === "-");
        // What is written with quotes may hold what they mean.
        if (term.kind === "words" && !text.includes("\\")) assert(text.includes(term.text) && term.text.trim() !== "");
      });
      const quoted = text.replace(/[\\"]/g, "\\$&");
      if (text.trim() !== "") {
        assertEquals(readSearchText(`"${quoted}"`), { terms: [{ kind: "words", not: false, at: 1, text }] });
      }
    }),
    { numRuns: 500 },
  );
});
