import { type Durability, RingbackError } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { type Followers, followersIn } from './followers.ts';

/** Redis's answer MUST come before the connection's own deadline: it says what is missing. */
const SHARE_OF_DEADLINE = 0.8;

export type ConfirmOptions = {
  /** The connection that wrote: Redis confirms only its writes. */
  readonly redis: Redis;
  readonly durability: Durability;
  readonly timeout: number;
  readonly waitaof: () => boolean;
  readonly followers: Followers;
};

/** Waits until the last write meets `redis.durability`. @throws RB_DURABILITY_UNMET, or the connection's error */
export function createConfirm({ redis, durability, timeout, waitaof, followers }: ConfirmOptions): () => Promise<void> {
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
      case 'replica': {
        const [confirmed, info] = await Promise.all([
          redis.wait(1, within),
          followers.several() ? redis.info('replication') : undefined,
        ]);
        if (confirmed < 1) throw unconfirmed('a replica');
        if (info !== undefined) followers.note(followersIn(info));
        const doubt = followers.doubt();
        if (doubt !== undefined) throw doubt;
        return;
      }
      default:
        durability satisfies never;
    }
  };
}

function unconfirmed(by: string): RingbackError {
  return new RingbackError('RB_DURABILITY_UNMET', `Redis took the callback, but ${by} did not confirm it in time: send it again`);
}
