import { settingsFile } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import { connectForCommand, outputQueueState, type QueueState } from '@ringback/queue';
import type { Command } from 'commander';
import { type Env, loadSettings } from './load-settings.ts';
import type { Terminal } from './terminal.ts';

type Context = { readonly env: Env; readonly terminal: Terminal };
type Queues = ReadonlyMap<string, QueueState>;

/** `outputs` lists the outputs with what stands in their queues; `outputs pause|resume <name>` holds one for all workers, and lets it go. */
export function addOutputs({ program, ...context }: Context & { readonly program: Command }): void {
  const outputs = program.command('outputs').description('the outputs, and what stands in their queues');
  withConfig(outputs.command('list', { isDefault: true }).description('jobs in each queue')).action(
    ({ config }: { config?: string }) => withQueues(context, config, (queues) => list(queues, context.terminal)),
  );
  for (const action of ['pause', 'resume'] as const) {
    const description = action === 'pause' ? 'no worker begins a delivery to it; they wait in its queue' : 'its deliveries go on';
    withConfig(outputs.command(action).argument('<name>', 'of the output').description(description)).action(
      (name: string, { config }: { config?: string }) =>
        withQueues(context, config, async (queues) => {
          await find(queues, name)[action]();
          context.terminal.out(`${name} is ${action}d`);
        }),
    );
  }
}

function withConfig(command: Command): Command {
  return command.option('--config <file>', 'settings file (default: as for check)');
}

/** @throws RingbackError for unusable settings, or RB_REDIS_UNAVAILABLE */
async function withQueues({ env }: Context, config: string | undefined, work: (queues: Queues) => Promise<void>): Promise<void> {
  const { redis: at, outputs } = loadSettings({ path: config ?? settingsFile(env), env, needsRedis: true });
  const redis = await connectForCommand({ url: at.url, name: 'ringback-cli' });
  const queues = new Map(outputs.map(({ name }) => [name, outputQueueState(name, { redis, prefix: at.prefix })]));
  try {
    await work(queues);
  } finally {
    await Promise.all([...queues.values()].map((queue) => queue.close()));
    redis.disconnect();
  }
}

function find(queues: Queues, name: string): QueueState {
  const queue = queues.get(name);
  if (queue) return queue;
  throw new RingbackError('RB_OUTPUT_UNKNOWN', `no output is called ${name}; there are ${[...queues.keys()].join(', ')}`);
}

async function list(queues: Queues, terminal: Terminal): Promise<void> {
  const rows = await Promise.all(
    [...queues].map(async ([name, queue]) => {
      const [{ waiting, delayed, active, dead }, paused] = await Promise.all([queue.depths(), queue.isPaused()]);
      return [name, paused ? 'paused' : 'running', waiting, delayed, active, dead].map(String);
    }),
  );
  const table = [['output', 'state', 'waiting', 'later', 'under way', 'dead letters'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of table)
    terminal.out(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
