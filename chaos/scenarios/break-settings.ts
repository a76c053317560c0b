import { readFile, writeFile } from 'node:fs/promises';
import { spawnApp } from '@ringback/testkit/bare';
import type { Scenario } from '../scenario.ts';

export const breakSettings: Scenario = {
  name: 'break-settings',
  breaks: 'the settings file, while everything runs: it goes on; a restart says what is wrong; fixed, it runs',
  loss: 'zero',
  setup: { ingresses: 2, workers: 2 },
  async break({ settingsPath, ingresses, workers, random, pass }) {
    const good = await readFile(settingsPath, 'utf8');
    for (const app of ['ingress', 'worker'] as const) {
      await writeFile(
        settingsPath,
        random.pick([`${good}\nrutes: []\n`, good.replace('port: 0', 'port: soon'), good.slice(0, -3).concat('[')]),
      );
      await pass(3000);
      const slot = random.pick(app === 'ingress' ? ingresses : workers);
      await slot.kill();
      await expectToFail(app, settingsPath);
      await writeFile(settingsPath, good);
      await slot.start();
      await pass(3000);
    }
  },
};

async function expectToFail(app: 'ingress' | 'worker', settingsPath: string): Promise<void> {
  const process = spawnApp({ app, env: { RINGBACK_CONFIG: settingsPath, REDIS_URL: 'redis://127.0.0.1:1' } });
  try {
    const line = await process.line(`${app} cannot run`);
    const code = await process.exit;
    if (code === 1 && /ringback\.yaml:\d+:\d+/.test(JSON.stringify(line))) return;
    throw new Error(`${app} did not say what is wrong with its settings: exit code ${code}, ${JSON.stringify(line)}`);
  } finally {
    await process.stop('SIGKILL');
  }
}
