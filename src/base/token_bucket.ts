/** A token bucket: so many a second, a burst on top, and how long to wait when it is empty. */

/** How fast tokens gather, and how many at most. */
export interface BucketShape {
  /** Above 0; may be a fraction. */
  ratePerSecond: number;
  /** Most tokens that gather while nothing is taken; in any stretch of t seconds at most burst + ratePerSecond * t are given. */
  burst: number;
}

/** The burst of a rate whose setting names none: ten seconds' worth. */
export const BURST_SECONDS = 10;

/** A bucket as it stood when it was last looked at. */
export interface Bucket {
  /** May be a fraction. */
  tokens: number;
  /** When `tokens` was right, by the caller's clock in milliseconds. */
  countedAt: number;
}

/** A full bucket. */
export function newBucket(shape: BucketShape, nowMs: number): Bucket {
  return { tokens: shape.burst, countedAt: nowMs };
}

/** Adds what has gathered since the last look; a bucket whose shape has become smaller loses what is above its burst. */
export function refill(bucket: Bucket, { ratePerSecond, burst }: BucketShape, nowMs: number): void {
  // A clock set back gives nothing and takes nothing: time continues from where it is now.
  const elapsedMs = Math.max(0, nowMs - bucket.countedAt);
  bucket.tokens = Math.min(burst, bucket.tokens + elapsedMs * ratePerSecond / 1000);
  bucket.countedAt = nowMs;
}

/**
 * Takes `count` tokens (at most the burst): 0 when they were there, else the milliseconds until they will be, and
 * nothing is taken.
 */
export function takeTokens(bucket: Bucket, shape: BucketShape, nowMs: number, count = 1): number {
  const waitMs = waitForTokens(bucket, shape, nowMs, count);
  if (waitMs === 0) bucket.tokens -= count;
  return waitMs;
}

/** Takes whole tokens, as many as there are and `want` at most; gives their number. */
export function takeUpTo(bucket: Bucket, shape: BucketShape, nowMs: number, want: number): number {
  refill(bucket, shape, nowMs);
  const granted = Math.min(want, Math.floor(bucket.tokens));
  bucket.tokens -= granted;
  return granted;
}

/** Gives back tokens that were taken and not used. */
export function giveBackTokens(bucket: Bucket, { burst }: BucketShape, count: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + count);
}

/** As takeTokens(), but takes nothing. */
export function waitForTokens(bucket: Bucket, shape: BucketShape, nowMs: number, count = 1): number {
  refill(bucket, shape, nowMs);
  return bucket.tokens >= count ? 0 : Math.max(1, Math.ceil((count - bucket.tokens) * 1000 / shape.ratePerSecond));
}

/** True when nothing was taken lately: a new bucket would be the same. */
export function isFull(bucket: Bucket, shape: BucketShape, nowMs: number): boolean {
  return waitForTokens(bucket, shape, nowMs, shape.burst) === 0;
}
