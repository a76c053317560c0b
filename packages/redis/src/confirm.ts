import { type Durability, RingbackError } from '@ringback/contracts';
import type { Redis } from 'ioredis';

/** Redis's answer MUST come before the connection's own deadline: it says what is missing. */
const SHARE_OF_DEADLINE = 0.8;

export type ConfirmOptions = {
  /** The connection that wrote: Redis confirms only its writes. */
  readonly redis: Redis;
  readonly durability: Durability;
  readonly timeout: number;
  readonly waitaof: () => boolean;
};

/** Waits until the last write meets `redis.durability`. @throws RB_DURABILITY_UNMET, or the connection's error */
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
