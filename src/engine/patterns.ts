/** Regular expressions of users: RE2 syntax by re2js, in linear time, each step charged to a budget of work. */

import { RE2JS } from "re2js";
import { AppError } from "../base/errors.ts";
import { cut } from "./faults.ts";
import type { WorkBudget } from "./work_budget.ts";

/** A pattern, ready to test. */
export interface Pattern {
  /** Instructions that it was compiled to. */
  size: number;
  /**
   * True when the pattern is found anywhere in `text`; false for a text over 50,000 characters. Throws WorkSpent. The steps
   * that a text takes may be fewer the next time: the automaton that was built for it is kept for a while.
   */
  test(text: string, work: WorkBudget): boolean;
}

const MAX_PATTERN = 500;
/** Longest text that a pattern is tried on, in characters. */
export const MAX_PATTERN_INPUT = 50_000;
/** Most instructions of a compiled pattern. */
const MAX_PROGRAM = 500;
/** What compiled patterns and the automata built for them may hold together, in bytes, roughly. */
const MAX_KEPT_BYTES = 64_000_000;
const BYTES_PER_INSTRUCTION = 200;
/**
 * Steps of work for an instruction: compiling takes 0.5 ms for 400 of them, a visit while an automaton is built 60 to 140 ns,
 * trying one for a sign of the text up to 25 ns.
 */
const STEPS = { compiled: 30, visited: 3, tried: 0.5 };

interface Machine {
  /** Instructions. */
  size: number;
  /** That it holds now. */
  readonly bytes: number;
  test(text: string, work: WorkBudget): boolean;
}

interface Kept {
  machine: Machine;
  /** Bytes that were counted. */
  bytes: number;
  /** Since it was last looked at for its place. */
  used: boolean;
}

/** By flags and text, the one that comes next for being dropped first. */
const kept = new Map<string, Kept>();
let keptBytes = 0;

/**
 * The compiled pattern, found anywhere unless it has anchors. At most 500 characters; look-around and back-references
 * are not part of RE2. Throws EXPRESSION_INVALID, `details.position` being the place of the fault where it is known.
 */
export function compilePattern(text: string, { caseInsensitive = false } = {}): Pattern {
  if (text.length > MAX_PATTERN) {
    throw new AppError(
      "EXPRESSION_INVALID",
      `Cannot read the pattern: ${text.length} characters, at most ${MAX_PATTERN} are supported`,
      { details: { position: 0 } },
    );
  }
  const key = `${caseInsensitive ? "i" : "c"}${text}`;
  const make = () => createMachine(text, caseInsensitive ? RE2JS.CASE_INSENSITIVE : 0);
  const { size } = (kept.get(key) ?? keep(key, make())).machine;
  return {
    size,
    test: (input, work) => {
      if (input.length > MAX_PATTERN_INPUT) return false;
      work.spend(readingSteps(input));
      let entry = kept.get(key);
      if (!entry) {
        work.spend(size * STEPS.compiled);
        entry = keep(key, make());
      }
      entry.used = true;
      let found: boolean;
      try {
        found = entry.machine.test(input, work);
      } catch (error) {
        // Stopped midway: it is not used again.
        drop(key);
        throw error;
      }
      if (entry.machine.bytes !== entry.bytes) keep(key, entry.machine);
      return found;
    },
  };
}

/**
 * Keeps the machine, and drops others while all hold too much, those not used lately first: flows hold their patterns for
 * long, and there may be many.
 */
function keep(key: string, machine: Machine): Kept {
  drop(key);
  const entry = { machine, bytes: machine.bytes, used: true };
  kept.set(key, entry);
  keptBytes += entry.bytes;
  for (const [oldest, other] of kept) {
    if (keptBytes <= MAX_KEPT_BYTES) break;
    if (other.used) {
      other.used = false;
      kept.delete(oldest);
      kept.set(oldest, other);
    } else drop(oldest);
  }
  return entry;
}

function drop(key: string) {
  keptBytes -= kept.get(key)?.bytes ?? 0;
  kept.delete(key);
}

/** What reading the text once takes, whatever the pattern: signs beyond Latin-1 are looked up in tables of Unicode. */
function readingSteps(text: string): number {
  if (text.length <= 64) return text.length;
  // deno-lint-ignore no-control-regex
  return /^[\x00-\xff]*$/.test(text) ? text.length >> 3 : text.length;
}

/** Throws EXPRESSION_INVALID. */
function createMachine(text: string, flags: number): Machine {
  const compiled = compile(text, flags);
  const size = compiled.programSize();
  let work: WorkBudget | undefined;
  let visits = 0;
  let mostVisits = Infinity;
  // The library has no limit of its own. What takes time in it, beside reading the text, visits instructions: the automaton
  // that it builds looks at those that are alive for each sign. Where that comes dearer than to try them all for each sign,
  // which is the other way it has, it goes that way, whose price is known.
  const { prog, dfa } = compiled.re2() as unknown as Internals;
  const getInst = prog.getInst.bind(prog);
  prog.getInst = (pc) => {
    if (work && mostVisits > 0) {
      if (++visits > mostVisits) throw TOO_LARGE;
      work.spend(STEPS.visited);
    }
    return getInst(pc);
  };
  const match = dfa.match.bind(dfa);
  dfa.match = (input, position, anchor) => {
    const otherWay = Math.ceil(size * input.endPos() * STEPS.tried);
    mostVisits = otherWay / STEPS.visited + LEAST_VISITS;
    try {
      const found = match(input, position, anchor);
      if (found !== null) return found;
    } catch (error) {
      if (error !== TOO_LARGE) throw error;
    }
    mostVisits = 0;
    work?.spend(otherWay);
    return null;
  };
  return {
    size,
    get bytes() {
      return size * BYTES_PER_INSTRUCTION + dfa.stateBudget - dfa.memBudget;
    },
    test: (input, budget) => {
      work = budget;
      visits = 0;
      mostVisits = Infinity;
      return compiled.test(input);
    },
  };
}

/** Thrown out of the automaton that is being built. */
const TOO_LARGE = Symbol("too large");
/** What building an automaton may take however short the text is. */
const LEAST_VISITS = 1_000;

/** What of re2js 2.10 its own types leave open; tests see that patterns are still stopped by it. */
interface Internals {
  prog: { getInst(pc: number): unknown };
  dfa: {
    /** Null when the automaton grew too large: then the library goes another way. */
    match(input: { endPos(): number }, position: unknown, anchor: unknown): boolean | null;
    /** Bytes that its states may take, and those that are left. */
    stateBudget: number;
    memBudget: number;
  };
}

function compile(text: string, flags: number): RE2JS {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(text, flags);
  } catch (error) {
    const { error: reason, input } = error as { error?: string; input?: string };
    const position = input ? text.indexOf(input) : -1;
    throw new AppError(
      "EXPRESSION_INVALID",
      `Cannot read the pattern "${cut(text)}": ${reason ?? "not RE2 syntax"}${input ? ` at "${cut(input, 20)}"` : ""}`,
      { details: position >= 0 ? { position } : {}, cause: error },
    );
  }
  if (compiled.programSize() > MAX_PROGRAM) {
    throw new AppError(
      "EXPRESSION_INVALID",
      `Cannot use the pattern "${
        cut(text)
      }": its repeats make ${compiled.programSize()} instructions, at most ${MAX_PROGRAM} are supported`,
      { details: { position: 0 } },
    );
  }
  return compiled;
}
