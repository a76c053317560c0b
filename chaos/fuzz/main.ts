// `npm run fuzz`: a million generated inputs, most in this process, some over sockets, and a million
// connections that end at every byte. `--door` selects, `--connections` says how many connections.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { findTestRedis } from '@ringback/testkit/bare';
import { spawnApp } from '@ringback/testkit/bare';
import { createRandom } from '../random.ts';
import { createWorld, type World } from '../world.ts';
import { runConnectionTrials } from './connections.ts';
import { injectTrial, receiveTrial, type Trial } from './in-process.ts';
import { type Memory, residentMemory } from './memory.ts';
import { socketTrial } from './over-socket.ts';
import { runTrials } from './run-trials.ts';

const FINDS_REDIS_WITHIN_MS = 300_000;
const INPUTS = { receive: 1_000_000, inject: 100_000, socket: 5000 } as const;

/** Little room for garbage: memory in use then shows leaks. */
const env = { NODE_OPTIONS: '--max-old-space-size=64 --max-semi-space-size=2' };

const say = (line: string) => void process.stdout.write(`${line}\n`);

type RunOptions = { readonly trial: Trial; readonly seed: string; readonly memory?: Memory };

async function run(door: keyof typeof INPUTS, { seed, ...options }: RunOptions): Promise<void> {
  const random = createRandom(`${seed} ${door}`);
  const result = await runTrials({ ...options, inputs: INPUTS[door], random, onProgress: (done) => say(`  ${door}: ${done}`) });
  const { inputs, perSecond, slowest, memory, problems } = result;
  say(
    `${door}: ${inputs} inputs, ${perSecond} a second, the slowest ${slowest} ms, memory after each tenth: ${memory.join(' ')} MiB`,
  );
  for (const problem of problems) say(`FAILED ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}

/** Without the log lines of single requests. */
async function runConnections({ redis, settingsPath }: World, { seed, inputs }: { seed: string; inputs: number }): Promise<void> {
  const ingress = spawnApp({
    app: 'ingress',
    env: { RINGBACK_CONFIG: settingsPath, REDIS_URL: redis.url },
    keeps: ({ msg }) => msg !== 'callback refused' && msg !== 'callback acked',
  });
  try {
    const { url, adminUrl } = await ingress.line('ingress is up');
    const random = createRandom(`${seed} connections`);
    const urls = { ingress: String(url), admin: String(adminUrl) };
    const result = await runConnectionTrials({ ...urls, inputs, random, onProgress: (done) => say(`  connections: ${done}`) });
    const { perSecond, different, goodOnes, problems } = result;
    say(
      `connections: ${result.inputs} inputs of ${different} different ones, ${perSecond} a second, ${goodOnes} good callbacks acked`,
    );
    const cries = ingress.lines.filter(({ level }) => level === 'error').map((line) => JSON.stringify(line));
    for (const problem of [...problems, ...cries, ...ingress.output]) {
      say(`FAILED ${problem}`);
      process.exitCode = 1;
    }
  } finally {
    await ingress.stop();
  }
}

const DOORS = ['receive', 'inject', 'socket', 'connections'];
const { seed, door, connections } = parseArgs({
  options: {
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    door: { type: 'string', multiple: true, default: DOORS },
    connections: { type: 'string', default: '1000000' },
  },
}).values;
say(`seed ${seed}, Node ${process.version}`);
if (door.includes('receive')) await run('receive', { trial: receiveTrial(), seed });
if (door.includes('inject')) await run('inject', { trial: injectTrial(), seed });

const found = await findTestRedis(AbortSignal.timeout(FINDS_REDIS_WITHIN_MS));
if ('reasons' in found) throw new Error(`the fuzz run needs a real Redis:\n${found.reasons.join('\n')}`);
const world = await createWorld({ setup: { workers: 0, env }, spec: found.spec, random: createRandom(seed), size: 'full' });
try {
  const [ingress] = world.ingresses;
  const memory = residentMemory(ingress?.pid() ?? 0);
  if (door.includes('socket')) await run('socket', { trial: socketTrial(ingress?.url() ?? ''), seed, memory });
  if (door.includes('connections')) await runConnections(world, { seed, inputs: Number(connections) });
} finally {
  await world.close();
}
