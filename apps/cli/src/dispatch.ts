import { callbackQueueState, type QueueState } from '@ringback/queue';
import type { Command } from 'commander';
import type { Env } from './load-settings.ts';
import { countLines } from './route-counts.ts';
import type { Terminal } from './terminal.ts';
import { withConfig, withRedis } from './with-redis.ts';

type Context = { readonly env: Env; readonly terminal: Terminal };

/** `dispatch` tells whether workers dispatch callbacks; `dispatch pause|resume` holds it for all workers, and lets it go on. The ingress acks meanwhile. */
export function addDispatch({ program, ...context }: Context & { readonly program: Command }): void {
  const dispatch = program.command('dispatch').description('the workers’ way from a callback to its deliveries');
  const add = (command: Command, work: (queue: QueueState) => Promise<unknown>) =>
    withConfig(command).action(({ config }: { config?: string }) => withCallbacks(context, config, work));

  add(dispatch.command('state', { isDefault: true }).description('whether it is paused, and what waits'), async () => {});
  add(dispatch.command('pause').description('no worker takes a callback; they are acked and wait in Redis'), (queue) =>
    queue.pause(),
  );
  add(dispatch.command('resume').description('the callbacks that wait go on'), (queue) => queue.resume());
}

/** Does the work, and tells how it stands then. */
function withCallbacks(
  { env, terminal }: Context,
  config: string | undefined,
  work: (queue: QueueState) => Promise<unknown>,
): Promise<void> {
  return withRedis({ env, config }, async (access) => {
    const queue = callbackQueueState(access);
    try {
      await work(queue);
      for (const line of [await dispatchLine(queue), ...(await countLines(access))]) terminal.out(line);
    } finally {
      await queue.close();
    }
  });
}

/** `dispatching is paused: 12 batches of callbacks wait, 0 are under way`. */
export async function dispatchLine(queue: QueueState): Promise<string> {
  const [{ waiting, delayed, active }, paused] = await Promise.all([queue.depths(), queue.isPaused()]);
  const state = paused ? 'paused' : 'running';
  return `dispatching is ${state}: ${waiting + delayed} batches of callbacks wait, ${active} are under way`;
}
