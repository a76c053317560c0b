import { type Durability, RingbackError } from '@ringback/contracts';
import type { Redis } from 'ioredis';

/** The connection's own deadline MUST come after Redis's: its answer says what is missing. */
const SHARE_OF_DEADLINE = 0.8;

export type ConfirmOptions = {
  /** The connection that wrote: Redis confirms only its own writes. */
  readonly redis: Redis;
  readonly durability: Durability;
  /** ms that one command may take. */
  readonly timeout: number;
  /** True if the server knows WAITAOF. */
  readonly waitaof: () => boolean;
};

/**
 * Waits until the last write meets `redis.durability`: `replica` waits for one replica (WAIT), `always` for the disk
 * (WAITAOF, if the server knows it; otherwise `appendfsync always` has synced before the answer).
 * @returns a function that rejects with RB_DURABILITY_UNMET, or with the connection's error
 */
export function createConfirm({ redis, durability, timeout, waitaof }: ConfirmOptions): () => Promise<void> {
  const within = Math.max(1, Math.floor(timeout * SHARE_OF_DEADLINE));

  return async () => {
    switch (durability) {
      case 'memory':
      case 'everysec':
        return;
      case 'always': {
        if (!waitaof()) return;
        const reply: unknown = await redis.call('WAITAOF', 1, 0, within);
        if (!Array.isArray(reply) || !(Number(reply[0]) >= 1)) throw unconfirmed('its disk');
        return;
      }
      case 'replica':
        if ((await redis.wait(1, within)) < 1) throw unconfirmed('a replica');
        return;
      default:
        durability satisfies never;
    }
  };
}

function unconfirmed(by: string): RingbackError {
  return new RingbackError('RB_DURABILITY_UNMET', `Redis took the callback, but ${by} did not confirm it in time: send it again`);
}
