import { RingbackError } from '@ringback/contracts';
import { moveParked, purgeParked, type RestStore } from '@ringback/history';
import { forgetOutput, knownOutputs, outputQueueState, readBacklog, runningProcesses, sumOfDepths } from '@ringback/queue';
import { unknownOutput } from './known-output.ts';
import { type Moved, moveShard } from './move-shard.ts';
import { settledAt } from './settled-at.ts';
import { tellMoved, tellPurged, tellPurgedParked, whileTelling } from './tell-gone.ts';
import { servingWorkers } from '@ringback/operations';
import { askHome, askShards, changeShards, type LostShard, lostReasons, type ReachedShard, requireAll } from '../reach/shards.ts';
import { tellHistory } from '../reach/tell-history.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Reached } from '../reach/with-redis.ts';

type Asked = {
  readonly reached: Reached;
  /** Undefined: there is no history. */
  readonly rest: RestStore | undefined;
  readonly yes: boolean;
  readonly terminal: Terminal;
};

/**
 * Without `yes`, only counts. True if all was moved. @throws RingbackError RB_OUTPUT_UNKNOWN,
 * RB_OUTPUT_IN_USE, RB_OVERLOADED
 */
export async function moveOutput(asked: Asked & { from: string; to: string }): Promise<boolean> {
  const { reached, rest, yes, terminal, from, to } = asked;
  const target = reached.settings.outputs.find(({ name }) => name === to);
  if (!target) throw unknownOutput(to, reached.outputs);
  const holds = await removedOutput(asked, from);
  if (!yes) return refuse(terminal, `${holds.text} would be moved from ${from} to ${to}: say --yes to do it`);
  const tell = await tellHistory(reached);
  const { done, failed, parked } = await whileTelling(tell, async (changes) => {
    const told = changes && tellMoved(changes, { from, to });
    const move = (shard: ReachedShard) => moveShard({ reached, shard, from, to: target, onMoved: told?.onMoved(shard) });
    const inRedis = await changeShards(reached, move);
    const [home] = reached.reached;
    const going = home && told?.onMovedParked(home);
    const moving = { from, to, now: Date.now(), areSettled: settledAt(reached), going };
    return { ...inRedis, parked: rest ? await moveParked(rest, moving) : { moved: 0, ended: 0, left: 0 } };
  });
  const sumOf = (part: keyof Moved) => done.reduce((total, one) => total + one[part], parked[part]);
  const [moved, ended, left] = [sumOf('moved'), sumOf('ended'), sumOf('left')];
  await tell.action({ command: 'outputs move', facts: { from, to, moved, left } });
  terminal.out(`moved ${moved} deliveries from ${from} to ${to}${ended > 0 ? `; ${ended} had ended before` : ''}`);
  if (left > 0)
    terminal.err(`${left} jobs are left: they are under way, or no payload of ours (dead-letters list --output ${from})`);
  tellFailed({ reached, failed, terminal, what: 'not all is moved' });
  return left === 0 && failed.length === 0;
}

/** Without `yes`, only counts. True if all is purged. @throws RingbackError RB_OUTPUT_UNKNOWN, RB_OUTPUT_IN_USE */
export async function purgeOutput(asked: Asked & { name: string }): Promise<boolean> {
  const { reached, rest, yes, terminal, name } = asked;
  const holds = await removedOutput(asked, name);
  if (!yes) return refuse(terminal, `${holds.text} of ${name} would be purged for good: say --yes to do it`);
  if (holds.active > 0) {
    const held = `${holds.active} of its deliveries are under way, or were when their worker was killed`;
    terminal.err(`${held}: purged as well`);
  }
  const tell = await tellHistory(reached);
  const { failed } = await whileTelling(tell, async (changes) => {
    if (rest) await purgeParked(rest, name, tellPurgedParked(changes, { reached, output: name }));
    return changeShards(reached, async (shard) => {
      await tellPurged(changes, { reached, shard, output: name });
      await forgetOutput(shard, name);
    });
  });
  await tell.action({ command: 'outputs purge', facts: { output: name, what: holds.text, failedShards: failed.length } });
  if (failed.length === 0) terminal.out(`purged ${holds.text} of ${name}`);
  tellFailed({ reached, failed, terminal, what: `${name} is not purged` });
  return failed.length === 0;
}

type Failed = Pick<Asked, 'reached' | 'terminal'> & { readonly failed: readonly LostShard[]; readonly what: string };

function tellFailed({ reached, failed, terminal, what }: Failed): void {
  for (const reason of lostReasons({ count: reached.count, lost: failed }))
    terminal.err(`${what} at ${reason}. The other shards are done: run it again`);
}

function refuse(terminal: Terminal, line: string): false {
  terminal.err(line);
  return false;
}

/** MUST come first: a worker could deliver at the same time. */
async function removedOutput({ reached, rest }: Asked, name: string): Promise<{ text: string; active: number }> {
  const known = [...new Set([...(await askShards(reached, knownOutputs)).values()].flat())].toSorted();
  if (reached.outputs.includes(name)) {
    throw new RingbackError(
      'RB_OUTPUT_IN_USE',
      `${name} is in the settings: only what a removed output left can be moved or purged`,
    );
  }
  if (!known.includes(name)) throw unknownOutput(name, [...new Set([...reached.outputs, ...known])]);
  const running = await askHome(reached, runningProcesses);
  requireAll(reached);
  const serving = servingWorkers(running ?? [], name);
  if (serving.length > 0) {
    const workers = serving.map(({ host, pid }) => `${host}:${pid}`).join(', ');
    throw new RingbackError(
      'RB_OUTPUT_IN_USE',
      `workers that run still have ${name} in their settings: ${workers}. Replace them first`,
    );
  }
  const stands = [...(await askShards(reached, (shard) => standingAt(shard, name))).values()];
  requireAll(reached);
  const { waiting, delayed, active, dead } = sumOfDepths(stands.map(({ depths }) => depths));
  const held = stands.reduce((total, one) => total + one.held, 0);
  const jobs = waiting + delayed + active + dead;
  const parts = `${waiting} waiting, ${delayed} later, ${active} under way, ${dead} dead letters`;
  const counts = (await rest?.counts())?.filter(({ kind, output }) => kind === 'parked' && output === name) ?? [];
  const parked = counts.reduce((sum, { count }) => sum + count, 0);
  const more = [...(held > 0 ? [`${held} deliveries that it holds`] : []), ...(parked > 0 ? [`${parked} that are parked`] : [])];
  return { active, text: [`${jobs} jobs (${parts})`, ...more].join(' and ') };
}

async function standingAt(shard: ReachedShard, name: string) {
  const queue = outputQueueState(name, shard);
  try {
    return { depths: await queue.depths(), held: (await readBacklog(shard)).get(name)?.held ?? 0 };
  } finally {
    await queue.close();
  }
}
