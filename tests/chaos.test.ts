import { redisSpec } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { runScenario } from '../chaos/run-scenario.ts';
import { blockedLog } from '../chaos/scenarios/blocked-log.ts';
import { breakDestinations } from '../chaos/scenarios/break-destinations.ts';
import { breakNetwork } from '../chaos/scenarios/break-network.ts';
import { deadOutputSmallRedis } from '../chaos/scenarios/dead-output-small-redis.ts';
import { fillRedis } from '../chaos/scenarios/fill-redis.ts';
import { fillSpool } from '../chaos/scenarios/fill-spool.ts';
import { forgetScripts } from '../chaos/scenarios/forget-scripts.ts';
import { killRedisAlways } from '../chaos/scenarios/kill-redis.ts';
import { killWhileSpooling } from '../chaos/scenarios/kill-while-spooling.ts';
import { parkAndReturn } from '../chaos/scenarios/park-and-return.ts';
import { readOnlyRedis } from '../chaos/scenarios/read-only-redis.ts';
import { silentSenders } from '../chaos/scenarios/silent-senders.ts';

const SEED = 3;

// The short forms of what no other test breaks; `npm run chaos` runs all of them in full.
it.each([
  killRedisAlways,
  forgetScripts,
  fillRedis,
  deadOutputSmallRedis,
  parkAndReturn,
  readOnlyRedis,
  breakNetwork,
  breakDestinations,
  killWhileSpooling,
  fillSpool,
  silentSenders,
  blockedLog,
])(
  'nothing that was acked is lost: $name',
  async (scenario) => {
    const { problems, figures } = await runScenario({ scenario, seed: SEED, size: 'short', spec: redisSpec(), say: () => {} });
    expect({ problems, lost: figures?.lost }).toEqual({ problems: [], lost: 0 });
  },
  300_000,
);
