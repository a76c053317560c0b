import { dispatchStatus, knownProcesses, readDispatch } from '@ringback/operations';
import { callbackQueueState, readRouteCounts } from '@ringback/queue';
import type { Command } from 'commander';
import { dispatchLine } from './state.ts';
import { countLines } from './route-counts.ts';
import { askHome, askShards } from '../reach/shards.ts';
import { switchQueues } from './switch-queues.ts';
import { tellHistory } from '../reach/tell-history.ts';
import type { ActionContext } from '../terminal/command-context.ts';
import { type Reached, withConfig, withRedis, withRest } from '../reach/with-redis.ts';

type Options = { readonly config?: string };

/** For all workers. Ingresses go on acking. */
export function addDispatch({ program, env, terminal, done }: ActionContext & { readonly program: Command }): void {
  const dispatch = program.command('dispatch').description('whether workers turn callbacks into deliveries');
  const show = async ({ config }: Options) =>
    done(await withRest({ env, config, terminal }, async (reached) => (await stateLines(reached)).forEach(terminal.out)));
  withConfig(dispatch.command('state', { isDefault: true }).description('whether it is paused, and what waits')).action(show);
  const add = (action: 'pause' | 'resume', description: string) =>
    withConfig(dispatch.command(action).description(description)).action(({ config }: Options) =>
      withRedis({ env, config }, async (reached) => {
        const tell = await tellHistory(reached);
        await switchQueues(reached, { action, open: callbackQueueState });
        await tell.action({ command: `dispatch ${action}`, facts: {} });
        (await stateLines(reached)).forEach(terminal.out);
      }),
    );
  add('pause', 'take no callback at any worker; they are acked and wait in Redis');
  add('resume', 'let the callbacks that wait go on');
}

async function stateLines(reached: Reached): Promise<string[]> {
  const [running, states] = await Promise.all([
    askHome(reached, knownProcesses),
    askShards(reached, async (shard) => ({ ...(await readDispatch(shard)), counts: await readRouteCounts(shard) })),
  ]);
  const line = dispatchLine(dispatchStatus(states, running), reached.count);
  return [line, ...countLines([...states.values()].map(({ counts }) => counts))];
}
