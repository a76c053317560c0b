import { RingbackError } from '@ringback/contracts';
import { outputQueueState } from '@ringback/queue';
import type { Command } from 'commander';
import type { Env } from './load-settings.ts';
import { outputLines } from './outputs-list.ts';
import type { Terminal } from './terminal.ts';
import { type Reached, withConfig, withRedis } from './with-redis.ts';

type Context = { readonly env: Env; readonly terminal: Terminal };
type Options = { readonly config?: string };

/** `outputs` lists the outputs with what stands in their queues; `outputs pause|resume <name>` holds one for all workers, and lets it go. */
export function addOutputs({ program, env, terminal }: Context & { readonly program: Command }): void {
  const outputs = program.command('outputs').description('the outputs, and what stands in their queues');
  withConfig(outputs.command('list', { isDefault: true }).description('jobs in each queue')).action(({ config }: Options) =>
    withRedis({ env, config }, async (reached) => (await outputLines(reached)).forEach(terminal.out)),
  );
  for (const action of ['pause', 'resume'] as const) {
    const description = action === 'pause' ? 'no worker begins a delivery to it; they wait in its queue' : 'its deliveries go on';
    withConfig(outputs.command(action).argument('<name>', 'of the output').description(description)).action(
      (name: string, { config }: Options) =>
        withRedis({ env, config }, async (reached) => {
          await hold(reached, { name, action });
          terminal.out(`${name} is ${action}d`);
        }),
    );
  }
}

/** @throws RingbackError RB_OUTPUT_UNKNOWN */
async function hold(reached: Reached, { name, action }: { name: string; action: 'pause' | 'resume' }): Promise<void> {
  if (!reached.outputs.includes(name)) {
    throw new RingbackError('RB_OUTPUT_UNKNOWN', `no output is called ${name}; there are ${reached.outputs.join(', ')}`);
  }
  const queue = outputQueueState(name, reached);
  try {
    await queue[action]();
  } finally {
    await queue.close();
  }
}
