/** Undo and redo: the states before and after the one shown; edits of one field in a row are one step. */

export interface History<State> {
  past: readonly State[];
  present: State;
  future: readonly State[];
  /** The field that was edited last; another edit of it replaces the present. */
  field: string | undefined;
}

const MAX_PAST = 200;

export function startHistory<State>(present: State): History<State> {
  return { past: [], present, future: [], field: undefined };
}

/** `field` names what is being typed in; without it each edit is a step of its own. */
export function edited<State>(history: History<State>, present: State, field?: string): History<State> {
  if (present === history.present) return history;
  const past = field !== undefined && field === history.field
    ? history.past
    : [...history.past, history.present].slice(-MAX_PAST);
  return { past, present, future: [], field };
}

/** The same when there is nothing to undo. */
export function undone<State>(history: History<State>): History<State> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: before,
    future: [history.present, ...history.future],
    field: undefined,
  };
}

/** The same when there is nothing to redo. */
export function redone<State>(history: History<State>): History<State> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future, field: undefined };
}
