/** What a page keeps in the browser (localStorage, sessionStorage). */

/** What `work` gives; undefined where the browser forbids it, as it may in a frame of another site, or what it keeps is not ours. */
export function inStorage<Kept>(work: () => Kept): Kept | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
