import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnApp, until } from '@ringback/testkit/bare';
import { parse, stringify } from 'yaml';
import { readQueued } from '../queued.ts';
import type { Scenario } from '../scenario.ts';
import type { OutputStanza } from '../settings.ts';
import type { World } from '../world.ts';

/** Longer than a write of the ingress: what is acked later was queued after the pause. */
const AFTER_PAUSE_MS = 1000;
const DRAINS_WITHIN_MS = 60_000;

export const rollingSettings: Scenario = {
  name: 'rolling-settings',
  breaks:
    'workers rolled one by one to settings with another output and route: first while dispatching is paused, then back without a pause',
  loss: 'zero',
  setup: {
    workers: 2,
    laterOutputs: ['new'],
    outputs: ({ url }) => ['keep', 'old'].map((name) => ({ name, url: `${url}/${name}` })),
  },
  async break(world) {
    const { pass, owed } = world;
    const first = await readFile(world.settingsPath, 'utf8');
    const second = replaceOutput(first, { from: 'old', to: 'new' });
    owed.rule = () => [['keep'], ['old', 'new']];
    await pass(3000);

    await ringback(world, 'dispatch', 'pause');
    await delay(AFTER_PAUSE_MS);
    const from = performance.now();
    await roll(world, { settings: second, adds: 'output new', removes: 'output old' });
    await pass(3000);
    const to = performance.now();
    await ringback(world, 'dispatch', 'resume');
    owed.rule = (ackedAt) => (ackedAt >= from && ackedAt <= to ? [['keep'], ['new']] : [['keep'], ['old', 'new']]);
    await pass(3000);
    await until(async () => (await readQueued(world.redis.url)).length === 0, {
      withinMs: DRAINS_WITHIN_MS,
      what: () => 'the dispatch of what waited during the pause',
    });
    await ringback(world, 'outputs', 'move', 'old', 'new', '--yes');

    await roll(world, { settings: first, adds: 'output old', removes: 'output new' });
    await pass(3000);
    await ringback(world, 'outputs', 'move', 'new', 'old', '--yes');
  },
  check: ({ perOutput }) => (perOutput['new']?.delivered ? [] : ['nothing arrived at the output that was added']),
};

/** With its route. */
function replaceOutput(text: string, { from, to }: { from: string; to: string }): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by our own harness
  const settings = parse(text) as { outputs: OutputStanza[] };
  const outputs = settings.outputs.map((output) =>
    output.name === from ? { ...output, name: to, url: output.url.replace(from, to) } : output,
  );
  return stringify({ ...settings, outputs, routes: outputs.map(({ name }) => ({ to: [name] })) });
}

/** While settings differ, log and command MUST say so. */
async function roll(
  world: World,
  { settings, adds, removes }: { settings: string; adds: string; removes: string },
): Promise<void> {
  await writeFile(world.settingsPath, settings);
  for (const [index, slot] of world.workers.entries()) {
    const code = await slot.replace();
    if (code !== 0) throw new Error(`${slot.name} ended with exit code ${code} after a SIGTERM`);
    if (index > 0) continue;
    const line = JSON.stringify(await slot.line('workers run different settings'));
    const said = (await ringback(world, 'outputs')).join('\n');
    for (const part of [adds, removes]) {
      if (!line.includes(part) || !said.includes(part)) throw new Error(`not said: ${part}: ${line} ${said}`);
    }
    await world.moment(1000);
  }
}

/** It must succeed. */
async function ringback({ settingsPath, redis }: World, ...args: readonly string[]): Promise<readonly string[]> {
  const command = spawnApp({ app: 'cli', args, env: { RINGBACK_CONFIG: settingsPath, REDIS_URL: redis.url } });
  const code = await command.exit;
  if (code === 0) return command.output;
  throw new Error(`ringback ${args.join(' ')} ended with exit code ${code}: ${command.output.join('\n')}`);
}
