import { setTimeout as delay } from 'node:timers/promises';
import { FLOODS, openFlood } from '../flood.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world.ts';

const LEAST_ACKED = 0.98;
const LOOKS_EVERY_MS = 100;

export const silentSenders: Scenario = {
  name: 'silent-senders',
  breaks: 'connections that pipeline and read no answer, send heads without bodies, or stay idle, come and go in numbers',
  loss: 'zero',
  // Not a test of Redis's speed.
  setup: { ingress: { maxInFlight: 100, maxConnections: 300, maxBytesInFlight: '8MiB', enqueueTimeout: '10s' } },
  async break(world) {
    const over = new AbortController();
    const overloads = watchOverload(world, over.signal);
    for (let round = 0; round < (world.size === 'full' ? 4 : 1); round += 1) await floodOnce(world);
    over.abort();
    const reasons = await overloads;
    if (reasons.size > 0) throw new Error(`the ingress was not ready: ${[...reasons].join('; ')}`);
  },
  check({ sent, acked }) {
    const share = acked / sent;
    return share >= LEAST_ACKED ? [] : [`only ${(share * 100).toFixed(1)} % of the callbacks were acked`];
  },
};

/** Each kind alone, then all at once. */
async function floodOnce({ ingresses, random, pass, moment }: World): Promise<void> {
  const url = ingresses[0]?.url() ?? '';
  const first = random.int(0, FLOODS.length - 1);
  for (const floods of [...[...FLOODS.slice(first), ...FLOODS.slice(0, first)].map((flood) => [flood]), FLOODS]) {
    const closers = floods.map((flood) => openFlood(url, flood));
    await pass(2500);
    for (const close of closers) close();
    await moment(300);
  }
}

/** Reasons for overload, until `over`. */
async function watchOverload({ ingresses }: World, over: AbortSignal): Promise<ReadonlySet<string>> {
  const said = new Set<string>();
  while (!over.aborted) {
    for (const ingress of ingresses) {
      const { reasons } = await ingress.readiness();
      for (const reason of reasons) if (reason.startsWith('RB_OVERLOADED')) said.add(reason);
    }
    await delay(LOOKS_EVERY_MS);
  }
  return said;
}
