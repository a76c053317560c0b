import type { Scenario } from '../scenario.ts';
import type { World } from '../world.ts';

type Fault = (world: World) => Promise<void>;

/** The network heals in between. */
const FAULTS: Readonly<Record<string, Fault>> = {
  async drop({ network, moment }) {
    network.drop();
    await moment(3000);
  },
  async dropAndCut({ network, moment }) {
    network.drop();
    await moment(2000);
    network.cut();
  },
  async delay({ network, random, moment }) {
    network.delay(random.int(5, 400));
    await moment(3000);
  },
  async cut({ network, random, moment }) {
    for (let times = random.int(1, 5); times > 0; times -= 1) {
      network.cut();
      await moment(400);
    }
  },
  async cutMidCommand({ network, random, moment }) {
    network.cutAfter(random.int(1, 4000));
    await moment(1500);
  },
  async forget({ network, moment }) {
    network.forget();
    await moment(3000);
  },
  async refuse({ network, moment }) {
    network.refuse();
    network.cut();
    await moment(2000);
  },
};

/** silent-connection.test.ts forgets connections; until an app leaves one takes 15 s. */
const SHORT = Object.keys(FAULTS).filter((name) => name !== 'forget');

export const breakNetwork: Scenario = {
  name: 'break-network',
  breaks:
    'the network between the apps and Redis: it drops, delays, cuts at once and in the middle of a command, forgets connections, and refuses',
  loss: 'zero',
  setup: { ingresses: 2, workers: 2, proxied: true },
  async break(world) {
    const names = world.size === 'full' ? Object.keys(FAULTS) : SHORT;
    for (let round = 0; round < (world.size === 'full' ? 3 : 1); round += 1) {
      const start = world.random.int(0, names.length - 1);
      for (const name of [...names.slice(start), ...names.slice(0, start)]) {
        await world.moment(800);
        await FAULTS[name]?.(world);
        await world.network.heal();
      }
    }
    await world.moment(2000);
  },
};
