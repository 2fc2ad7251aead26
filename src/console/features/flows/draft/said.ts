/** What a dry run says of a step, with names for ids and times as the viewer reads them. Pure. */

export function saidWords(
  says: string,
  { nameOf, time }: { nameOf(id: string): string | undefined; time(at: Date): string },
): string {
  return says
    .replaceAll("`", "")
    .replaceAll(/\b[0-9a-f]{24}\b/g, (id) => nameOf(id) ?? id)
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (text) => time(new Date(text)));
}
