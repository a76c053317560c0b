import { redisSpec } from '@ringback/testkit';
import { expect, it } from 'vitest';
import { runScenario } from '../chaos/run-scenario.ts';
import { blockedLog } from '../chaos/scenarios/blocked-log.ts';
import { breakDestinations } from '../chaos/scenarios/break-destinations.ts';
import { breakNetwork } from '../chaos/scenarios/break-network.ts';
import { deadOutputSmallRedis } from '../chaos/scenarios/dead-output-small-redis.ts';
import { fillSpool } from '../chaos/scenarios/fill-spool.ts';
import { forgetScripts } from '../chaos/scenarios/forget-scripts.ts';
import { killWhileSpooling } from '../chaos/scenarios/kill-while-spooling.ts';

const SEED = 3;

// The short forms of what no other test breaks; `npm run chaos` runs all of them in full.
it.each([forgetScripts, deadOutputSmallRedis, breakNetwork, breakDestinations, killWhileSpooling, fillSpool, blockedLog])(
  'nothing that was acked is lost: $name',
  async (scenario) => {
    const { problems, figures } = await runScenario({ scenario, seed: SEED, size: 'short', spec: redisSpec(), say: () => {} });
    expect({ problems, lost: figures?.lost }).toEqual({ problems: [], lost: 0 });
  },
  300_000,
);
