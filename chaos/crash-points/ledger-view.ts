import { PREFIX } from '../settings.ts';
import { callbacks, deliveryName, keyOf, type Message, OUTPUTS } from './messages.ts';
import type { Stage } from './stage.ts';

export type LedgerView = {
  /** Names. */
  readonly claimed: ReadonlySet<string>;
  /** By delivery, of the batch that owns the callback now. */
  readonly outcomes: ReadonlyMap<string, string>;
};

export async function readLedger({ redis }: Pick<Stage, 'redis'>): Promise<LedgerView> {
  const claimed = new Set<string>();
  const outcomes = new Map<string, string>();
  async function readOne(message: Message): Promise<void> {
    const key = keyOf(message);
    const [batch] = (await redis.get(`${PREFIX}:ledger:${key}`))?.split(' ') ?? [];
    if (batch === undefined) return;
    claimed.add(message.name);
    for (const output of OUTPUTS) {
      const outcome = await redis.hget(`${PREFIX}:ledger:${batch}.${output}`, key);
      if (outcome !== null) outcomes.set(deliveryName(output, message.name), outcome);
    }
  }
  await Promise.all(callbacks.map(readOne));
  return { claimed, outcomes };
}

export function takenOf({ destination }: Stage): Set<string> {
  return new Set(destination.taken.map(({ output, name }) => deliveryName(output, name)));
}

/** Deliveries whose worker stopped: dispatched, with an active job, and not `delivered` in `ledger`. */
export async function underWay({ redis }: Pick<Stage, 'redis'>, { claimed, outcomes }: LedgerView): Promise<Set<string>> {
  const found = new Set<string>();
  for (const output of OUTPUTS) {
    if ((await redis.llen(`${PREFIX}:output.${output}:active`)) === 0) continue;
    for (const name of claimed) found.add(deliveryName(output, name));
  }
  return new Set([...found].filter((delivery) => outcomes.get(delivery) !== 'delivered'));
}

/** Deliveries that a crash may repeat: taken, but not `delivered` in `ledger`. */
export function windowOf(taken: ReadonlySet<string>, { outcomes }: LedgerView): Set<string> {
  return new Set([...taken].filter((delivery) => outcomes.get(delivery) !== 'delivered'));
}
