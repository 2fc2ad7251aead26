/** The type of a function of templates, and what it gets. */

/** A wrong argument; the template that called says where, as EXPRESSION_FAILED. */
export class ArgumentError extends Error {}

/** What functions know beside their arguments. */
export interface FunctionContext {
  /** IANA name, of the workspace. */
  timeZone: string;
}

/** One function: the same arguments give the same value. */
export interface PureFunction {
  /** Fewest arguments. */
  min: number;
  /** Most arguments. */
  max: number;
  /** Steps of work that a call takes, where it is more than a few. */
  steps?: number;
  /** Signature and meaning, shown to authors of flows. */
  doc: string;
  /** By argument: what is wrong with one that is written out, or undefined; asked when the flow is saved. */
  checks?: readonly ((value: unknown) => string | undefined)[];
  /** Takes the arguments unevaluated, so that the branch not taken is never computed. */
  lazy?: (args: readonly (() => unknown)[]) => unknown;
  /** Takes the values of the arguments. */
  apply?: (args: readonly unknown[], context: FunctionContext) => unknown;
}
