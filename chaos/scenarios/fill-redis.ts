import { Redis } from 'ioredis';
import type { Scenario } from '../scenario.ts';

export const fillRedis: Scenario = {
  name: 'fill-redis',
  breaks:
    'Redis at maxmemory (noeviction): it takes no write, neither from the ingress nor from a worker; then it has room again',
  loss: 'zero',
  async break({ redis, size, moment, pass }) {
    const client = new Redis(redis.url);
    try {
      for (let round = 0; round < (size === 'full' ? 3 : 1); round += 1) {
        await moment(3000);
        await client.config('SET', 'maxmemory', '1mb'); // less than it has in use
        await pass(6000);
        await client.config('SET', 'maxmemory', '0');
      }
      await moment(3000);
    } finally {
      client.disconnect();
    }
  },
  check: ({ refused }) => (refused > 0 ? [] : ['nothing was refused while Redis was full']),
};
