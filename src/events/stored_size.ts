/** What a stored event counts in a workspace's quota. */

/** Beside its body, estimated: the row with headers and ids, its head, and their places in indexes. */
export const EVENT_ROW_BYTES = 1_024;
