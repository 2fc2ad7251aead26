/** What narrows a list of events down: the parameters of queries, and the search, whose operators are the same filters by name. */

import { z } from "zod";
import { AppError, toAppError } from "../../base/errors.ts";
import type { BodySearch, BodyTerm } from "../../events/body_terms.ts";
import { fieldFilter } from "../../events/field.ts";
import { MAX_SEARCH_CHARS, readSearchText, type SearchTerm } from "../../events/search_text.ts";
import type { EventFilter, EventRowFilter } from "../../events/store.ts";
import type { Login } from "../server/app_env.ts";
import { oneOf, text } from "../server/query.ts";
import { BETWEEN } from "./schemas.ts";

export const SOURCES = ["CLOCKIFY", "CUSTOM"] as const;
export const OUTCOMES = ["waiting", "dispatched", "skipped", "dead", "failed"] as const;

const rowFilters = {
  event_type: text("One type"),
  source: oneOf("Clockify, or another system", SOURCES),
  outcome: oneOf("failed: a run of it did", OUTCOMES),
  reconciled: oneOf("true: missed events that were found again", ["true", "false"]),
  duplicates: oneOf("true: repeats of it were dropped, as its `duplicates` counts them", ["true", "false"]),
  ...BETWEEN,
};
const q = text("Id of an event or of an entity");

/** What narrows a list of events down, as queries have it. */
export const eventFilters = {
  field: z.string().optional().meta({ description: "Path into the payload, as in project.name; together with value" }),
  value: z.string().optional().meta({ description: "Text that the field holds" }),
  ...rowFilters,
  q,
  search: text(
    'Terms that all hold: word, "a phrase" (in any case; in the texts and numbers of the body, and in type, source, entity and id ' +
      "of the event), path = value (a field of the body, as field and value), and these filters by name, as in outcome:failed: " +
      "event_type, source, outcome, reconciled, duplicates, from, to, id (as q). -term: it must not hold. Of a body above 1.5 MB nothing is found",
    MAX_SEARCH_CHARS,
  ),
};

/** By the names that operators of a search have. */
const OPERATORS = z.object({ ...rowFilters, id: q });
const NAMES = Object.keys(OPERATORS.shape) as (keyof typeof OPERATORS.shape)[];

/** The filter that a query asks for. Throws REQUEST_INVALID. */
export function eventFilter(query: z.output<z.ZodObject<typeof eventFilters>>, role: Login["role"]): EventFilter {
  const { field, value, search, ...filters } = query;
  if ((field === undefined) !== (value === undefined)) {
    throw new AppError("REQUEST_INVALID", "Cannot read the list: field and value belong together");
  }
  const searched = search === undefined ? undefined : readSearch(search);
  const terms: BodyTerm[] = [
    ...(field === undefined ? [] : [{ not: false, field: fieldFilter({ field, value: value! }) }]),
    ...searched?.terms ?? [],
  ];
  const bodies: BodySearch | undefined = terms.length === 0 ? undefined : { terms, redacted: role === "member" };
  return { ...rowFilter(filters), ...(searched && { rows: searched.rows }), ...(bodies && { bodies }) };
}

function rowFilter(
  { event_type, source, outcome, reconciled, duplicates, from, to, q }: Omit<
    z.output<z.ZodObject<typeof eventFilters>>,
    "field" | "value" | "search"
  >,
): EventRowFilter {
  return {
    eventType: event_type,
    source,
    outcome,
    reconciled: reconciled === undefined ? undefined : reconciled === "true",
    duplicates: duplicates === undefined ? undefined : duplicates === "true",
    from,
    to,
    q,
  };
}

/** What a search asks of rows and of bodies. Throws REQUEST_INVALID, which names the place of the fault in it. */
export function readSearch(text: string): { rows: NonNullable<EventFilter["rows"]>; terms: BodyTerm[] } {
  const read = readSearchText(text);
  if ("fault" in read) throw refused(read.fault);
  const rows: { not: boolean; filter: EventRowFilter }[] = [];
  const terms: BodyTerm[] = [];
  for (const term of read.terms) {
    const { not } = term;
    if (term.kind === "filter") rows.push({ not, filter: operator(term) });
    else if (term.kind === "words") terms.push({ not, words: term.text.toLowerCase() });
    else terms.push({ not, field: fieldOf(term) });
  }
  return { rows, terms };
}

function operator({ name, value, at }: SearchTerm & { kind: "filter" }): EventRowFilter {
  const known = NAMES.find((one) => one === name);
  if (known === undefined) {
    const names = NAMES.map((name) => `${name}:`).join(", ");
    throw refused({
      at,
      message: `there is no filter "${name.slice(0, 40)}:", only ${names}; quote it to look for it`,
    });
  }
  const parsed = OPERATORS.safeParse({ [known]: value });
  if (!parsed.success) throw refused({ at, message: `expected ${parsed.error.issues[0]!.message} after "${name}:"` });
  const { id, ...filters } = parsed.data;
  return rowFilter({ ...filters, q: id });
}

/** A path as flows write it, from `$.webhook`, means the same. */
function fieldOf({ path, value, at }: SearchTerm & { kind: "field" }) {
  try {
    return fieldFilter({ field: path.replace(/^\$\.(webhook\.)?/, ""), value });
  } catch (error) {
    throw refused({ at, message: toAppError(error).message.replace(/^Cannot read field: /, "") });
  }
}

function refused({ at, message }: { at: number; message: string }): AppError {
  return new AppError("REQUEST_INVALID", `Cannot read the search at character ${at}: ${message}`, {
    details: { faults: [{ path: "search", message, position: at - 1 }] },
  });
}
