/** A text that costs patterns all that it can. */

/** a and b without a period: an automaton meets ever new states. */
export function mixed(length: number): string {
  let text = "";
  for (let state = 7; text.length < length;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += state & 65_536 ? "a" : "b";
  }
  return text;
}
