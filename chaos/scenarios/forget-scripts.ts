import { Redis } from 'ioredis';
import type { Scenario } from '../scenario.ts';

export const forgetScripts: Scenario = {
  name: 'forget-scripts',
  breaks: 'SCRIPT FLUSH while it runs, and a restart of Redis, which forgets every script too',
  loss: 'zero',
  async break({ redis, size, moment }) {
    for (let round = 0; round < (size === 'full' ? 5 : 1); round += 1) {
      await moment(2000);
      const client = new Redis(redis.url);
      await client.script('FLUSH');
      client.disconnect();
      await moment(2000);
      await redis.stop();
      await redis.start();
    }
    await moment(2000);
  },
};
