/** What a stored event, and an output that is kept by itself, count in a workspace's quota. */

/** Beside its body, estimated: the row with headers and ids, its head, and their places in indexes. */
export const EVENT_ROW_BYTES = 1_024;

/** Beside the output, estimated: its row and its place in the index. */
export const OUTPUT_ROW_BYTES = 256;
