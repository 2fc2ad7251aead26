/** How texts become words that can be compared: "Remove the customers' labels" and "delete client tags" are the same three. */

/** Several words that name one thing, and the word that stands for them. */
const JOINED: readonly (readonly [pattern: RegExp, word: string])[] = [
  [/\btime[ -]?(entry|entries)\b/g, "entry"],
  [/\b(time[ -]off|days? off|sick days?|sick leave|paid leave)\b/g, "timeoff"],
  [/\buser[ -]groups?\b/g, "group"],
  [/\bcustom[ -]fields?\b/g, "customfield"],
  [/\b(hourly|billable)[ -]rates?\b/g, "hourlyrate"],
  [/\bcost[ -]rates?\b/g, "costrate"],
  [/\bclock(ed)? in\b/g, "start timer"],
  [/\bclock(ed)? out\b/g, "stop timer"],
  [/\bto[ -]?dos?\b/g, "task"],
  [/\baudit[ -](log|trail)\b/g, "auditlog"],
  [/\blog(ged)? (in|on)\b/g, "login"],
  [/\bwho am i\b/g, "current user"],
];

/** By the word that stands for them: others that mean the same in Clockify. Those with a stem of the word need no place here. */
const SAME: Readonly<Record<string, string>> = {
  get: "list show see view find fetch read look lookup search display load which what give",
  create: "add make new insert record",
  update: "change edit modify set adjust correct fix rename amend put",
  delete: "remove erase drop destroy discard",
  stop: "end finish halt",
  start: "begin",
  approve: "accept confirm",
  reject: "deny refuse decline",
  copy: "duplicate clone repeat",
  download: "print save",
  user: "person people member employee colleague teammate someone somebody staff worker everyone",
  client: "customer",
  tag: "label",
  entry: "hour tracked track timesheets",
  timer: "stopwatch",
  timeoff: "vacation leave pto absence absent",
  group: "team department",
  invoice: "bill",
  item: "line position",
  expense: "receipt spending",
  webhook: "hook subscription",
  budget: "estimate",
  assignment: "schedule scheduled scheduling planned plan shift",
  workspace: "organization organisation company",
  run: "running progress current active now",
};

const STOP_WORDS = new Set(
  ("a an and all am are as at be been by can do does down each every for from her his how i in into is it its let like me my of on one " +
    "or our own out over per please so some that the their them then there these they this those to up us want was we will with " +
    "would you your another other")
    .split(" "),
);

const CANONICAL = new Map(
  Object.entries(SAME).flatMap(([word, others]) => [word, ...others.split(" ")].map((other) => [stem(other), word])),
);

/** The words of a text in their order, each once: lower case, without endings, synonyms as one, without those that say nothing. */
export function searchWords(text: string): string[] {
  let plain = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase().replaceAll(/['’]s?\b/g, "");
  for (const [pattern, word] of JOINED) plain = plain.replaceAll(pattern, word);
  const words = plain.split(/[^a-z0-9]+/).filter((word) => word !== "" && !STOP_WORDS.has(word));
  return [...new Set(words.map((word) => CANONICAL.get(stem(word)) ?? stem(word)))];
}

/** `getTimeEntries` and `page-size` as texts. */
export function spelledOut(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll(/[-_]/g, " ");
}

/** English endings, roughly: it only has to be the same for both sides. */
function stem(word: string): string {
  if (word.length <= 3) return word;
  const base = word.replace(/ies$/, "y").replace(/(ss|us)$/, "$1\0").replace(/(ch|sh|x|s)es$/, "$1").replace(/s$/, "")
    .replace("\0", "");
  if (base.length > 5 && base.endsWith("ing")) return undoubled(base.slice(0, -3));
  if (base.length > 4 && base.endsWith("ed")) return undoubled(base.slice(0, -2));
  return base.length > 4 ? base.replace(/e$/, "") : base;
}

/** "stopp" of "stopping" is "stop". */
function undoubled(base: string): string {
  return /([bdgmnprt])\1$/.test(base) ? base.slice(0, -1) : base;
}
