/**
 * Work budgets: how much evaluating conditions and preparing steps may cost, counted in steps, so that many cheap rules
 * cannot block the thread.
 */

import { AppError } from "../base/errors.ts";
import { countSteps } from "./turns.ts";

/**
 * What may be done, in steps. A step is one value looked at, one element compared, or so much of a pattern, some 50 ns at
 * most: 200,000 are 10 ms. The same work costs the same on every machine, so that flows match alike everywhere.
 */
export interface WorkBudget {
  /** Steps that are left. */
  readonly left: number;
  /** Takes steps before they are done. Throws WorkSpent, EXPRESSION_FAILED, when fewer are left; then none are. */
  spend(steps: number): void;
  /**
   * A budget of at most `steps` out of this one: what it spends is spent here too. `of` names it in the error, as in
   * "a flow".
   */
  share(steps: number, of: string): WorkBudget;
  /**
   * What was found once is not looked for again: the list that paths with wildcards gave below an object, by the path's
   * `tail`. Shares have the same one. Goes with the budget, and so do the objects in it, which must not change meanwhile.
   */
  readonly found: Map<object, Map<string, readonly unknown[]>>;
  /** Keys of the objects that were met and have very many: known before they are listed again. */
  readonly wide: Map<object, number>;
}

/** The work is larger than what it was given: not a fault of the rule's meaning, so it is neither true nor false. */
export class WorkSpent extends AppError {
  /** `message`: what was larger than what was given. */
  constructor(message: string) {
    super("EXPRESSION_FAILED", message);
    this.name = "WorkSpent";
  }

  /** The same, saying what could not be done: `Cannot evaluate conditions.rules[3] ("items[*].name")`. */
  at(action: string): WorkSpent {
    return new WorkSpent(`${action}: ${this.message}`);
  }
}

/** By what is asked: at most some 10 ms for what is done in one piece, between two turns of the event loop (turns.ts). */
export const WORK = {
  /** The condition of one flow, about one event. */
  flow: 200_000,
  /** The conditions of all flows about one event, a flow never more than its share: 0.1 s. */
  event: 2_000_000,
  /** What the templates of one step take. */
  step: 200_000,
  /** The steps of one attempt of a run together, which wait for answers between them: 20 of the largest. */
  run: 4_000_000,
  /** One request of a person: a dry run, or why flows matched an event. */
  request: 2_000_000,
  /** A path that is followed for itself. */
  path: 200_000,
} as const;

/** Reading a time on the calendar of a zone: some 10 microseconds where its day is wanted. */
export const CALENDAR_STEPS = 200;

/** A budget of `steps`; `of` names in its error what it is for, as in "an event". */
export function createWorkBudget(steps: number, of: string): WorkBudget {
  return new Budget(steps, of, {});
}

/** Values remembered by a budget and its shares. Made when needed: most events use named fields only. */
interface Memory {
  found?: WorkBudget["found"];
  wide?: WorkBudget["wide"];
}

/** A class, as budgets are made for each flow of each event: one costs some 50 ns so, closures and maps a hundred times that. */
class Budget implements WorkBudget {
  #left: number;
  readonly #steps: number;
  readonly #of: string;
  readonly #memory: Memory;
  readonly #parent: WorkBudget | undefined;

  constructor(steps: number, of: string, memory: Memory, parent?: WorkBudget) {
    this.#left = steps;
    this.#steps = steps;
    this.#of = of;
    this.#memory = memory;
    this.#parent = parent;
  }

  get left(): number {
    return this.#parent ? Math.min(this.#left, this.#parent.left) : this.#left;
  }

  get found(): WorkBudget["found"] {
    return this.#memory.found ??= new Map();
  }

  get wide(): WorkBudget["wide"] {
    return this.#memory.wide ??= new Map();
  }

  spend(steps: number): void {
    if (steps > this.#left) {
      // Some of it may have been done, and what was left is not given to another.
      const rest = this.#left;
      this.#left = 0;
      if (this.#parent) this.#parent.spend(Math.min(rest, this.#parent.left));
      else countSteps(steps);
      throw new WorkSpent(
        `it takes more than the ${this.#steps} steps of work that ${this.#of} may take: name fields without wildcards and ` +
          '"..", match shorter texts by simpler patterns, or use fewer of them',
      );
    }
    this.#left -= steps;
    if (this.#parent) this.#parent.spend(steps);
    else countSteps(steps);
  }

  share(steps: number, of: string): WorkBudget {
    return new Budget(steps, of, this.#memory, this);
  }
}
