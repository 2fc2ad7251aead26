/**
 * Texts of the console and their translations, read from the sources: all that is said, and each label of the API's fixed lists, is in
 * every catalogue, every entry of a catalogue is said somewhere, and no page shows a text that is not.
 */

import { assertEquals } from "@std/assert";
import de from "../../src/console/words/de.ts";
import es from "../../src/console/words/es.ts";
import pt from "../../src/console/words/pt.ts";
import { inSentence, say, sayCount, sayLabel, speak } from "../../src/console/words/say.ts";
import type { Catalogue } from "../../src/console/words/say.ts";
import { apiLabels } from "../support/api_labels.ts";
import { NOT_WORDS } from "../support/not_words.ts";

const CATALOGUES: Record<string, Catalogue> = { de, es, pt };

/** Attributes that people read or hear. */
const SHOWN =
  /^(aria-label|aria-description|aria-roledescription|alt|label|legend|placeholder|title|name|heading|text|empty|caption|hint|note|why|reason)$/;
/** A word with a capital, or two small ones: what code seldom has. */
const LOOKS_SAID = /^[A-Z][a-z]+(['’ ,.:…?!]|$)|[a-z]{2,},? [a-z]{2,}/;
const HAS_LETTERS = /\p{L}{2,}/u;

interface Said {
  kind: "said" | "counted" | "raw";
  text: string;
}

// deno-lint-ignore no-explicit-any -- nodes of the syntax tree
type Node = any;

/** Each text of the file: said, counted, or neither. */
function textsOf(path: string, source: string): (Said & { line: number })[] {
  const found: { start: number; said: Said }[] = [];
  const add = (node: Node, kind: Said["kind"], text: string) =>
    found.push({ start: node.range[0], said: { kind, text } });
  const isSaying = (node: Node) => node?.type === "CallExpression" && /^(say|sayCount)$/.test(node.callee.name ?? "");
  const visitText = (node: Node, text: string) => {
    let above = node.parent;
    if (isSaying(above)) return;
    // Names of properties, types, what is compared with, and what modules are named by.
    if (/^(Import|Export|TSLiteralType|TSEnum|SwitchCase|BinaryExpression|MemberExpression)/.test(above.type)) return;
    if (above.type === "Property" && above.key === node && !above.computed) return;
    for (; above && !/Statement|Declaration$/.test(above.type); above = above.parent) {
      if (above.type === "JSXAttribute") {
        if (above.name.name === "text" && above.parent.name?.name === "Say") return;
        if (!SHOWN.test(String(above.name.name))) return;
      }
      if (above.type === "CallExpression" && /^(Error|RegExp)$/.test(above.callee.name ?? "")) return;
      if (above.type === "NewExpression" || above.type === "ThrowStatement" || /^TS/.test(above.type)) return;
    }
    if (!NOT_WORDS.has(text)) add(node, "raw", text);
  };
  Deno.lint.runPlugin(
    {
      name: "words",
      rules: {
        texts: {
          create: () => ({
            CallExpression(node: Node) {
              if (!isSaying(node)) return;
              const literal = (one: Node) => {
                if (one?.type === "Literal" && typeof one.value === "string") return one.value;
                throw new Error(`${path}: ${node.callee.name}() takes a text as it is written`);
              };
              if (node.callee.name === "say") add(node, "said", literal(node.arguments[0]));
              else {
                literal(node.arguments[1]);
                add(node, "counted", literal(node.arguments[2]));
              }
            },
            JSXOpeningElement(node: Node) {
              if (node.name.name !== "Say") return;
              const text = node.attributes.find((one: Node) => one.name?.name === "text")?.value;
              const value = text?.type === "JSXExpressionContainer" ? text.expression : text;
              if (typeof value?.value !== "string") throw new Error(`${path}: <Say> takes a text as it is written`);
              add(node, "said", value.value);
            },
            JSXText(node: Node) {
              const text = node.value.trim();
              if (HAS_LETTERS.test(text) && !NOT_WORDS.has(text)) add(node, "raw", text);
            },
            Literal(node: Node) {
              if (typeof node.value !== "string") return;
              const shown = node.parent.type === "JSXAttribute" && SHOWN.test(String(node.parent.name.name));
              if (shown ? HAS_LETTERS.test(node.value) : LOOKS_SAID.test(node.value)) visitText(node, node.value);
            },
            TemplateLiteral(node: Node) {
              const text = node.quasis.map(({ cooked, raw }: Node) => cooked ?? raw).join("{}");
              if (/[A-Za-z]{2,} |[a-z] [A-Za-z]{2,}/.test(text) && !/^[a-z-]+ [a-z-]+\{\}$/.test(text)) {
                visitText(node, text);
              }
            },
          }),
        },
      },
    },
    path,
    source,
  );
  return found.map(({ start, said }) => ({ ...said, line: source.slice(0, start).split("\n").length }));
}

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) {
      if (!/\/(dist|words)$/.test(path)) yield* sources(path);
    } else if (/\.tsx?$/.test(name) && !/^(wire|build|bundle)\.ts$/.test(name)) yield path;
  }
}

const labels = apiLabels();
const texts = (await Promise.all(
  (await Array.fromAsync(sources("src/console"))).sort().map(async (path) => {
    return textsOf(path, await Deno.readTextFile(path)).map((text) => ({ ...text, path }));
  }),
)).flat();

Deno.test("no page shows a text that is not said", () => {
  const raw = texts.filter(({ kind }) => kind === "raw");
  assertEquals(raw.map(({ path, line, text }) => `${path}:${line} ${JSON.stringify(text)}`), []);
});

for (const [language, catalogue] of Object.entries(CATALOGUES)) {
  Deno.test(`all that is said is in the catalogue of ${language}, in the form that it is asked for, and nothing else`, () => {
    const said = texts.filter(({ kind }) => kind !== "raw");
    const formOf = (entry: Catalogue[string] | undefined) => typeof entry === "object" ? "counted" : entry && "said";
    const missing = said.filter(({ kind, text }) => formOf(catalogue[text]) !== kind);
    assertEquals([...new Set(missing.map(({ path, text }) => `${path} ${JSON.stringify(text)}`))], []);
    const known = labels.union(new Set(said.map(({ text }) => text)));
    assertEquals(Object.keys(catalogue).filter((text) => !known.has(text)), []);
  });

  Deno.test(`labels of the API's fixed lists are in the catalogue of ${language}, and vocabulary.ts has no others`, async () => {
    assertEquals([...labels].filter((label) => typeof catalogue[label] !== "string"), []);
    const { default: vocabulary } = await import(`../../src/console/words/${language}/vocabulary.ts`);
    assertEquals(Object.keys(vocabulary).filter((label) => !labels.has(label)), []);
  });

  Deno.test(`a text of several rooms has one translation in ${language}, in one place`, async () => {
    const first = new Map<string, string>();
    const ofPages = new Set<string>();
    const others: string[] = [];
    for await (const { name } of Deno.readDir(`src/console/words/${language}`)) {
      const { default: room } = await import(`../../src/console/words/${language}/${name}`);
      for (const [text, entry] of Object.entries<Catalogue[string]>(room)) {
        const written = JSON.stringify(entry);
        if ((first.get(text) ?? written) !== written) others.push(`${text}: ${first.get(text)}, ${name} ${written}`);
        first.set(text, written);
        // A label of the API may be a text of a page as well.
        if (name === "vocabulary.ts") continue;
        if (ofPages.has(text)) others.push(`${text}: stands in ${name} once more`);
        ofPages.add(text);
      }
    }
    assertEquals(others, []);
  });

  Deno.test(`translations of ${language} have the places and tags of their texts`, () => {
    const signs = (text: string) => [...new Set(text.match(/\{\w+\}|<\/?\w+>/g))].sort().join(" ");
    const faults = Object.entries(catalogue).flatMap(([text, entry]) => {
      const forms = typeof entry === "string" ? [entry] : [entry.other];
      return forms.filter((form) => form.trim() === "" || signs(form) !== signs(text)).map(() => text);
    });
    assertEquals(faults, []);
  });
}

Deno.test("a text is English until a language is spoken, and filled in and counted in that language then", () => {
  assertEquals(say("Runs of {name}", { name: "A {b}" }), "Runs of A {b}");
  assertEquals(say("Open##of a breaker"), "Open");
  assertEquals(sayCount(1, "one run", "{count} runs", { count: 1 }), "one run");
  try {
    speak("pt", {
      "Runs of {name}": "Execuções de {name}",
      "{count} runs": { one: "{count} execução", other: "{count} execuções" },
    });
    assertEquals(say("Runs of {name}", { name: "x" }), "Execuções de x");
    assertEquals(say("Not there"), "Not there");
    assertEquals([sayLabel("Runs of {name}"), sayLabel("Not there")], ["Execuções de {name}", "Not there"]);
    // Portuguese counts nought as one.
    assertEquals(sayCount(0, "one run", "{count} runs", { count: 0 }), "0 execução");
    assertEquals(sayCount(2, "one run", "{count} runs", { count: 2 }), "2 execuções");
  } finally {
    speak("en", {});
  }
});

Deno.test("a text in a sentence keeps all capitals but its first, and that too in German and of an abbreviation", () => {
  assertEquals(["Sign in to GitHub", "HTTP call", "Éxito", ""].map(inSentence), [
    "sign in to GitHub",
    "HTTP call",
    "éxito",
    "",
  ]);
  try {
    speak("de", {});
    assertEquals(inSentence("Ereignisse"), "Ereignisse");
  } finally {
    speak("en", {});
  }
});
