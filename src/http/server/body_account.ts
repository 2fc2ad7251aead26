/**
 * Memory account of request bodies that this process holds: bytes are reserved as they arrive, and released with the
 * answer.
 */

import type { Clock } from "../../base/clock.ts";
import { AppError } from "../../base/errors.ts";
import { networkOf } from "../../limits/guesses.ts";
import type { Profile } from "../../profiles/profile.ts";

/**
 * Why a body was given up: its share was full, others waited for its memory (gave_way), or it took too long (too_slow).
 */
export type BodyRefusal = keyof typeof PARTS | "gave_way" | "too_slow";

/** The account, made once and shared by all listeners. */
export interface BodyAccount {
  /** Opens the account of one request, whose sender is not verified yet. Reserves nothing. */
  open(address: string): BodyHold;
  /** Bytes held now. */
  held(): { strangers: number; senders: number };
}

/** The bytes that one request holds. */
export interface BodyHold {
  /**
   * The sender is verified: what is held, and what will be, is its installation's and no stranger's. `key`: of senderKey().
   * Throws as resize(); then nothing is held.
   */
  knownAs(key: string): void;
  /** True once the sender is verified. */
  isKnown(): boolean;
  /** Workspace of the verified sender, for the log. */
  workspaceId(): string | undefined;
  /**
   * From now on `bytes` are held. More than before may throw RATE_LIMITED (the share of the address or the installation is
   * used up) or OVERLOADED (that of all strangers or all senders), both retryable; then what was held stays.
   */
  resize(bytes: number): void;
  /** What `reading` gives; rejects with BODY_TOO_SLOW when it is given up, and whoever reads lets go of the body then. */
  within<T>(reading: Promise<T>): Promise<T>;
  /** Gives all back. May be called again. */
  end(): void;
}

export interface BodyAccountOptions {
  clock: Clock;
  /** At least LEAST_BODIES times the largest body that a route takes. */
  totalBytes: number;
  /** Called once for each body that was given up. */
  onRefused?(reason: BodyRefusal): void;
}

/**
 * Shares of the total. Unverified and verified senders have separate shares, so that the first cannot keep out the
 * second. An address counts for strangers alone: behind one proxy all senders have the same. No address and no
 * installation has the whole of its side.
 */
const PARTS = { strangers: 1 / 4, address: 1 / 6, senders: 3 / 4, installation: 1 / 4 };
/** The smallest part holds the largest body once. */
export const LEAST_BODIES = 6;

/**
 * For a whole body, however large. Deno.serve (2.9) waits for ever, and keeps the socket of a sender that was
 * answered in the middle of its body: closing those is the front proxy's work.
 */
const BODY_MS = 30_000;
const LOOK_EVERY_MS = 1_000;
/** A body in progress for so long gives its room to others when there is none left: most pass in milliseconds. */
const GIVES_WAY_AFTER_MS = 2_000;

interface Share {
  part: keyof typeof PARTS;
  limit: number;
  held: number;
}

interface Side {
  all: Share;
  /** Bytes of the address or the installation, while it holds some. */
  own: Map<string, Share>;
  ownPart: "address" | "installation";
}

export function createBodyAccount({ clock, totalBytes, onRefused = () => {} }: BodyAccountOptions): BodyAccount {
  const newShare = (part: keyof typeof PARTS): Share => ({
    part,
    limit: Math.floor(totalBytes * PARTS[part]),
    held: 0,
  });
  const strangers: Side = { all: newShare("strangers"), own: new Map(), ownPart: "address" };
  const senders: Side = { all: newShare("senders"), own: new Map(), ownPart: "installation" };
  /**
   * Bodies in progress, in the order of their beginning: one timer looks after all, so that one which arrives at once
   * costs none.
   */
  const readings = new Set<Hold>();
  let looking = false;

  async function look() {
    looking = true;
    while (readings.size > 0) {
      await clock.sleep(LOOK_EVERY_MS);
      const now = clock.monotonicMs();
      for (const hold of readings) {
        if (now - hold.sinceMs < BODY_MS) break;
        hold.giveUp("too_slow");
      }
    }
    looking = false;
  }

  /** Throws where the share has no room for `bytes` more, also after slow bodies gave theirs. */
  function requireRoom(share: Share, bytes: number) {
    if (share.held + bytes <= share.limit) return;
    const now = clock.monotonicMs();
    for (const hold of readings) {
      if (now - hold.sinceMs < GIVES_WAY_AFTER_MS) break;
      if (!hold.isIn(share)) continue;
      hold.giveUp("gave_way");
      if (share.held + bytes <= share.limit) return;
    }
    onRefused(share.part);
    throw noRoom(share.part);
  }

  // A class: every request makes one, and closures would cost it more than all that the account does.
  class Hold implements BodyHold {
    private side = strangers;
    private own: Share | undefined;
    private bytes = 0;
    private givenUp: AppError | undefined;
    private rejectReading: ((error: AppError) => void) | undefined;
    sinceMs = 0;

    /** What its own share is counted under: the network of the address, or the installation. */
    private key = "";

    constructor(private address: string) {}

    resize(bytes: number) {
      if (this.givenUp) throw this.givenUp;
      const more = bytes - this.bytes;
      if (more > 0) this.requireRoom(more);
      const { own, side } = this;
      if (own === undefined) return;
      own.held += more;
      side.all.held += more;
      this.bytes = bytes;
      this.dropUnused();
    }

    private requireRoom(more: number) {
      const { side } = this;
      const own = this.own ??= this.shareOf(side);
      try {
        requireRoom(own, more);
        requireRoom(side.all, more);
        // It may itself have been the slow one that was given up.
        if (this.givenUp) throw this.givenUp;
      } catch (error) {
        this.dropUnused();
        throw error;
      }
    }

    private shareOf(side: Side): Share {
      if (side === strangers) this.key = networkOf(this.address);
      let own = side.own.get(this.key);
      if (own === undefined) side.own.set(this.key, own = newShare(side.ownPart));
      return own;
    }

    private dropUnused() {
      if (this.own?.held === 0) this.side.own.delete(this.key);
      if (this.bytes === 0) this.own = undefined;
    }

    isKnown() {
      return this.side === senders;
    }

    workspaceId() {
      return this.side === senders ? this.key.slice(this.key.indexOf(" ") + 1) : undefined;
    }

    knownAs(installation: string) {
      if (this.side === senders && this.key === installation) return;
      const { bytes } = this;
      this.resize(0);
      this.side = senders;
      this.key = installation;
      this.resize(bytes);
    }

    within<T>(reading: Promise<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        this.sinceMs = clock.monotonicMs();
        this.rejectReading = reject;
        readings.add(this);
        if (!looking) look();
        reading.then((value) => {
          readings.delete(this);
          resolve(value);
        }, (error) => {
          readings.delete(this);
          reject(error);
        });
      });
    }

    /** Whether it holds room of the share. */
    isIn(share: Share): boolean {
      return share === this.own || (this.bytes > 0 && share === this.side.all);
    }

    giveUp(reason: "gave_way" | "too_slow") {
      readings.delete(this);
      if (this.givenUp) return;
      onRefused(reason);
      this.resize(0);
      this.givenUp = tooSlow(reason);
      this.rejectReading!(this.givenUp);
    }

    end() {
      if (this.bytes > 0) this.resize(0);
    }
  }

  return {
    open: (address) => new Hold(address),
    held: () => ({ strangers: strangers.all.held, senders: senders.all.held }),
  };
}

/** What an installation's bytes are counted under, whichever door they come through: known before its row is read. */
export function senderKey({ key }: Pick<Profile, "key">, workspaceId: string): string {
  return `${key} ${workspaceId}`;
}

const SENDERS: Record<keyof typeof PARTS, string> = {
  strangers: "senders that are not verified yet",
  address: "this address, not verified yet,",
  senders: "all installations together",
  installation: "this installation",
};

function noRoom(part: keyof typeof PARTS): AppError {
  const own = part === "address" || part === "installation";
  return new AppError(
    own ? "RATE_LIMITED" : "OVERLOADED",
    `Cannot read the body: ${SENDERS[part]} may hold no more bytes at once; nothing was stored, send it again later`,
    { retryable: true, details: { share: part, retryInMs: GIVES_WAY_AFTER_MS } },
  );
}

function tooSlow(reason: "gave_way" | "too_slow"): AppError {
  const why = reason === "too_slow"
    ? `timeout, it was not complete after ${BODY_MS / 1000} s`
    : `it was not complete after ${GIVES_WAY_AFTER_MS / 1000} s, and other requests needed its memory`;
  return new AppError("BODY_TOO_SLOW", `Cannot read the body: ${why}; nothing was stored`);
}
