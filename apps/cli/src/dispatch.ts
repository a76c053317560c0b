import { callbackQueueState, type QueueState, runningProcesses } from '@ringback/queue';
import type { Command } from 'commander';
import type { Env } from './load-settings.ts';
import { countLines } from './route-counts.ts';
import type { Terminal } from './terminal.ts';
import { type Reached, withConfig, withRedis } from './with-redis.ts';

type Context = { readonly env: Env; readonly terminal: Terminal };

/** For all workers. Ingresses go on acking. */
export function addDispatch({ program, ...context }: Context & { readonly program: Command }): void {
  const dispatch = program.command('dispatch').description('whether workers turn callbacks into deliveries');
  const add = (command: Command, work: (queue: QueueState) => Promise<unknown>) =>
    withConfig(command).action(({ config }: { config?: string }) => withCallbacks(context, config, work));

  add(dispatch.command('state', { isDefault: true }).description('whether it is paused, and what waits'), async () => {});
  add(dispatch.command('pause').description('take no callback at any worker; they are acked and wait in Redis'), (queue) =>
    queue.pause(),
  );
  add(dispatch.command('resume').description('let the callbacks that wait go on'), (queue) => queue.resume());
}

function withCallbacks(
  { env, terminal }: Context,
  config: string | undefined,
  work: (queue: QueueState) => Promise<unknown>,
): Promise<void> {
  return withRedis({ env, config }, async (access) => {
    const queue = callbackQueueState(access);
    try {
      await work(queue);
      for (const line of [await dispatchLine(access), ...(await countLines(access))]) terminal.out(line);
    } finally {
      await queue.close();
    }
  });
}

export async function dispatchLine(access: Reached): Promise<string> {
  const queue = callbackQueueState(access);
  try {
    const [depths, paused, running] = await Promise.all([queue.depths(), queue.isPaused(), runningProcesses(access)]);
    const { waiting, delayed, active } = depths;
    const noWorker = running.every(({ app }) => app !== 'worker');
    const state = paused ? 'dispatching is paused' : noWorker ? 'no worker runs' : 'dispatching is running';
    const wait = waiting + delayed === 1 ? '1 batch of callbacks waits' : `${waiting + delayed} batches of callbacks wait`;
    const goOn = paused ? ' (go on: ringback dispatch resume)' : noWorker ? ' (start one: what was acked waits for it)' : '';
    return `${state}: ${wait}, ${active} ${active === 1 ? 'is' : 'are'} under way${goOn}`;
  } finally {
    await queue.close();
  }
}
