/** Numbers of the small charts: hours put together into bars, and the heights of bars. */

/** A bar: the hours of a span put together. */
export interface Bucket<Name extends string> {
  from: Date;
  /** Where the next one begins. */
  to: Date;
  values: Record<Name, number>;
}

const HOUR_MS = 3_600_000;

/** Hours that make one bar, so that a small chart has 24 to 28 of them. */
export function hoursPerBar(hours: number): number {
  return hours <= 36 ? 1 : hours <= 84 ? 3 : 6;
}

/** `rows` are hours, oldest first, without gaps. */
export function bucketsOf<Name extends string>(
  rows: readonly ({ hour: Date } & Record<NoInfer<Name>, number>)[],
  { names, size }: { names: readonly Name[]; size: number },
): Bucket<Name>[] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, index) => {
    const part = rows.slice(index * size, (index + 1) * size);
    const sums = names.map((name) => [name, part.reduce((sum, row) => sum + row[name], 0)]);
    return {
      from: part[0]!.hour,
      to: new Date(part.at(-1)!.hour.getTime() + HOUR_MS),
      values: Object.fromEntries(sums) as Record<Name, number>,
    };
  });
}

/** Height of a bar, 0 to `height`; what is not nothing stays visible. */
export function barHeight(value: number, { max, height, least }: { max: number; height: number; least: number }) {
  if (value <= 0 || max <= 0) return 0;
  return Math.max(least, value / max * height);
}
