import { RingbackError, SILENT } from '@ringback/contracts';
import { createLedger } from '@ringback/ledger';
import { forgetOutput, knownOutputs, moveDeliveries, outputQueueState, readBacklog } from '@ringback/queue';
import { createRedisWatch } from '@ringback/redis';
import { unknownOutput } from './known-output.ts';
import { servingWorkers } from './serving-workers.ts';
import type { Terminal } from './terminal.ts';
import type { Reached } from './with-redis.ts';

type Asked = { readonly reached: Reached; readonly yes: boolean; readonly terminal: Terminal };

/**
 * Without `yes`, only counts. True if all was moved. @throws RingbackError RB_OUTPUT_UNKNOWN,
 * RB_OUTPUT_IN_USE, RB_OVERLOADED
 */
export async function moveOutput({ reached, yes, terminal, from, to }: Asked & { from: string; to: string }): Promise<boolean> {
  const { redis, prefix, settings } = reached;
  const target = settings.outputs.find(({ name }) => name === to);
  if (!target) throw unknownOutput(to, reached.outputs);
  const holds = await removedOutput(reached, from);
  if (!yes) return refuse(terminal, `${holds.text} would be moved from ${from} to ${to}: say --yes to do it`);
  const ledger = createLedger({ redis, prefix, window: settings.dedupe.window });
  const watch = createRedisWatch({ ...settings.redis, redis, prefix, now: () => performance.now(), logger: SILENT });
  try {
    await watch.look();
    const outcomes: typeof ledger.outcomes = (deliveries, keys) => ledger.outcomes(deliveries, keys);
    const { moved, ended, left } = await moveDeliveries({
      redis,
      prefix,
      from,
      to: target,
      outcomes,
      nearlyFull: watch.nearlyFull,
    });
    terminal.out(`moved ${moved} deliveries from ${from} to ${to}${ended > 0 ? `; ${ended} had ended before` : ''}`);
    if (left > 0)
      terminal.err(`${left} jobs are left: they are under way, or no payload of ours (dead-letters list --output ${from})`);
    return left === 0;
  } finally {
    watch.close();
  }
}

/** Without `yes`, only counts. @throws RingbackError RB_OUTPUT_UNKNOWN, RB_OUTPUT_IN_USE */
export async function purgeOutput({ reached, yes, terminal, name }: Asked & { name: string }): Promise<boolean> {
  const holds = await removedOutput(reached, name);
  if (!yes) return refuse(terminal, `${holds.text} of ${name} would be purged for good: say --yes to do it`);
  if (holds.active > 0) {
    const held = `${holds.active} of its deliveries are under way, or were when their worker was killed`;
    terminal.err(`${held}: purged as well`);
  }
  await forgetOutput(reached, name);
  terminal.out(`purged ${holds.text} of ${name}`);
  return true;
}

function refuse(terminal: Terminal, line: string): false {
  terminal.err(line);
  return false;
}

/** MUST come first: a worker could deliver at the same time. */
async function removedOutput(reached: Reached, name: string): Promise<{ text: string; active: number }> {
  const known = await knownOutputs(reached);
  if (reached.outputs.includes(name)) {
    throw new RingbackError(
      'RB_OUTPUT_IN_USE',
      `${name} is in the settings: only what a removed output left can be moved or purged`,
    );
  }
  if (!known.includes(name)) throw unknownOutput(name, [...new Set([...reached.outputs, ...known])]);
  const serving = await servingWorkers(reached, name);
  if (serving.length > 0) {
    const workers = serving.map(({ host, pid }) => `${host}:${pid}`).join(', ');
    throw new RingbackError(
      'RB_OUTPUT_IN_USE',
      `workers that run still have ${name} in their settings: ${workers}. Replace them first`,
    );
  }
  const queue = outputQueueState(name, reached);
  try {
    const { waiting, delayed, active, dead } = await queue.depths();
    const jobs = waiting + delayed + active + dead;
    const held = (await readBacklog(reached)).get(name)?.held ?? 0;
    const parts = `${waiting} waiting, ${delayed} later, ${active} under way, ${dead} dead letters`;
    return { active, text: `${jobs} jobs (${parts})${held > 0 ? ` and ${held} deliveries that it holds` : ''}` };
  } finally {
    await queue.close();
  }
}
