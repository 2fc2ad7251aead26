/** Makes the bytes of a backup: records, compressed, in encrypted chunks. */

import { type Bytes, sealChunks } from "./chunks.ts";
import { type BackupRecord, encodeRecord, type WriteRecord } from "./records.ts";

/**
 * The records that `work` writes, as they come: each waits until the one before it is taken, so that memory holds a few. The
 * stream fails with what `work` fails with; one that is no longer read ends `work` at its next record.
 */
export function recordsOf(work: (write: WriteRecord) => Promise<unknown>): ReadableStream<BackupRecord> {
  const { readable, writable } = new TransformStream<BackupRecord, BackupRecord>();
  const writer = writable.getWriter();
  // Its fault is that of write() too.
  writer.closed.catch(() => {});
  const write: WriteRecord = async (record) => {
    await writer.ready;
    await writer.write(record);
  };
  work(write).then(() => writer.close(), (error) => writer.abort(error)).catch(() => {});
  return readable;
}

/** The records as the bytes of a backup, under the first key of `keys` (BACKUP_KEYS). */
export function backupBytes(records: ReadableStream<BackupRecord>, keys: string): AsyncGenerator<Bytes> {
  const encoded = records.pipeThrough(
    new TransformStream<BackupRecord, Uint8Array<ArrayBuffer>>({
      transform: (record, controller) => controller.enqueue(encodeRecord(record)),
    }),
  );
  return sealChunks(encoded.pipeThrough(new CompressionStream("gzip")), keys);
}
