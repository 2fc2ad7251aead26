/** How grave each operation of Clockify is: a table from the method and the path to one of four grades, each with its reason. */

import { type HttpMethod, type Operation, operationKey, shapeOf } from "../clockify/operations.ts";

/** From the lightest to the gravest. */
export const GRADES = ["read", "routine", "business", "destructive"] as const;

/** How grave a request to Clockify is: what a workspace decides by (policy.ts). */
export type Grade = (typeof GRADES)[number];

/** What each grade holds, as people read it. */
export const GRADE_WORDS: Readonly<Record<Grade, string>> = {
  read: "Reads and searches: nothing in Clockify changes",
  routine: "Ordinary writes: time entries, projects, clients, tags, tasks, assignments",
  business: "Money, approvals, time off, members and webhooks",
  destructive: "Deletes, and what takes away access, a role or a token, or replaces many objects at once",
};

/** The operation as far as its grade goes. */
type Graded = Pick<Operation, "method" | "path" | "access"> & Partial<Pick<Operation, "bodyFields">>;

interface GradeRule {
  grade: Exclude<Grade, "read">;
  /** A sentence without its full stop: why this grade. */
  reason: string;
  /** Of all methods that write where left out. */
  methods?: readonly HttpMethod[];
  /** On the shape of the path: `/v1/workspaces/{}/tags/{}`. */
  path: RegExp;
}

const CHANGES: readonly HttpMethod[] = ["PUT", "PATCH"];

/**
 * The first that fits decides, so the graver ones come first. By words of the path: tags and operationIds differ from one
 * edition of Clockify's API to the next, and an operation of a later edition is graded by the same words.
 */
const RULES: readonly GradeRule[] = [
  { grade: "destructive", reason: "It deletes", methods: ["DELETE"], path: /^/ },
  { grade: "destructive", reason: "It gives or takes the rights of a person", path: /\/users\/\{\}\/roles$/ },
  {
    grade: "destructive",
    reason: "It switches the access of a person off or on",
    methods: CHANGES,
    path: /^\/v1\/workspaces\/\{\}\/(?:limited-)?users\/\{\}(?:\/status)?$/,
  },
  {
    grade: "destructive",
    reason: "The earlier token of the webhook is good no more",
    path: /\/webhooks\/\{\}\/token$/,
  },
  {
    grade: "destructive",
    reason: "It replaces many time entries at once",
    methods: CHANGES,
    path: /\/user\/\{\}\/time-entries$|\/time-entries\/(?:batch|bulk)$/,
  },
  { grade: "business", reason: "It changes what work costs or is billed at", path: /\/(?:cost|hourly)-rate$/ },
  { grade: "business", reason: "It changes a budget", path: /\/estimate$/ },
  { grade: "business", reason: "It changes what counts as invoiced", path: /\/time-entries\/invoiced$/ },
  { grade: "business", reason: "It changes invoices or payments", path: /\/invoices(?:\/|$)/ },
  { grade: "business", reason: "It changes expenses", path: /\/expenses(?:\/|$)/ },
  { grade: "business", reason: "It submits or decides an approval", path: /\/approval-requests(?:\/|$)/ },
  {
    grade: "business",
    reason: "It changes time off or its balances",
    path: /\/(?:time-off|policies|balance|holidays)(?:\/|$)/,
  },
  {
    grade: "business",
    reason: "It changes who is a member, or what is known of one",
    path: /\/(?:users|limited-users|member-profile|memberships|user-groups)(?:\/|$)/,
  },
  { grade: "business", reason: "It makes a workspace", path: /^\/v1\/workspaces$/ },
  {
    grade: "business",
    reason: "It changes where data of the workspace is sent or shown",
    path: /\/(?:webhooks|shared-reports)(?:\/|$)/,
  },
  { grade: "routine", reason: "An ordinary write", path: /^/ },
];

/**
 * Exceptions to the words of a path, by the shape of the operation. The PATCH on the time entries of a user stops the timer:
 * one entry, and it is written as an ordinary one is.
 */
const BY_SHAPE: Readonly<Record<string, Pick<GradeRule, "grade" | "reason">>> = {
  "PATCH /v1/workspaces/{}/user/{}/time-entries": { grade: "routine", reason: "It stops a running timer" },
};

/** Fields of bodies that hold what work costs, is billed at, or may cost: of a project, its members, a task. */
const MONEY: ReadonlySet<string> = new Set(["hourlyRate", "costRate", "budgetEstimate"]);
/** Deeper than any of them stands. */
const MAX_DEPTH = 6;

/**
 * The grade of an operation, and of a call of it where `named` is the part of the body that its caller wrote: an ordinary write
 * that names a rate or a budget is a business write. Pure: the same for every workspace.
 */
export function gradeOf(operation: Graded, named?: unknown): Grade {
  return gradeWithReason(operation, named).grade;
}

/** The grade, and why, as half a sentence that begins with a capital. */
export function gradeWithReason(operation: Graded, named?: unknown): { grade: Grade; reason: string } {
  const found = byOperation(operation);
  if (found.grade !== "routine" || !namesMoney(operation, named, 0)) return found;
  return { grade: "business", reason: "Its body names a rate or a budget" };
}

/** A text in the place of a body is an expression of a flow: it may name whatever the operation takes. */
function namesMoney(operation: Graded, named: unknown, depth: number): boolean {
  if (typeof named === "string" && depth === 0) {
    return operation.bodyFields?.some(({ name }) => MONEY.has(name)) ?? false;
  }
  if (typeof named !== "object" || named === null || depth > MAX_DEPTH) return false;
  return Object.entries(named).some(([name, value]) =>
    value !== undefined && (MONEY.has(name) || namesMoney(operation, value, depth + 1))
  );
}

function byOperation(operation: Graded): { grade: Grade; reason: string } {
  const { method, access } = operation;
  if (method === "GET") return { grade: "read", reason: "It reads" };
  // Searches whose terms stand in a body. A POST that the project does not know counts as a write (clockify/openapi.ts).
  if (method === "POST" && access === "read") return { grade: "read", reason: "It searches: nothing changes" };
  const shape = shapeOf(operationKey(operation));
  const exception = BY_SHAPE[shape];
  if (exception) return exception;
  const path = shape.slice(shape.indexOf(" ") + 1);
  // The last one fits every path.
  const { grade, reason } = RULES.find((rule) =>
    (rule.methods === undefined || rule.methods.includes(method)) && rule.path.test(path)
  )!;
  return { grade, reason };
}

/** Below 0: `a` is lighter than `b`. */
export function compareGrades(a: Grade, b: Grade): number {
  return GRADES.indexOf(a) - GRADES.indexOf(b);
}
