import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Course } from './send-traffic.ts';
import type { Traffic } from './callbacks.ts';
import { json, type Trace } from './commands.ts';
import { ARCHIVE, CRM, NEW_CRM, type Stage } from './stage.ts';

export type Told = { readonly stage: Stage; readonly traffic: Traffic; readonly course: Course; readonly withinMs: number };

/** A line per problem. Each asks what a person would ask afterwards, in this order. */
export const QUESTIONS: Readonly<Record<string, (told: Told) => string[] | Promise<string[]>>> = {
  'no callback refused': ({ course }) => (course.refused === 0 ? [] : [`${course.refused} refused`]),
  'deliveries of the dead output were parked': ({ course }) => (course.parked > 0 ? [] : ['none was parked']),
  'everything delivered, once': ({ stage, traffic }) =>
    [CRM, ARCHIVE].flatMap((output) => once(stage, traffic.requestIDs, output)),
  'search finds all': searchFindsAll,
  'trace tells what became of one': traceTells,
  'tasks names the missing orders': tasksName,
  'replay brings one type of some hours to a new output': replayBrings,
  'forget removes a phone number everywhere': forgetRemoves,
};

function once({ destination }: Stage, requestIDs: readonly string[], output: string): string[] {
  const taken = destination.taken(output);
  const wrong = requestIDs.filter((id) => taken.get(id) !== 1);
  const others = taken.size - requestIDs.length;
  return [
    ...(wrong.length === 0
      ? []
      : [
          `${output}: ${wrong.length} not delivered once, such as ${wrong
            .slice(0, 3)
            .map((id) => `${id} (${taken.get(id) ?? 0} times)`)
            .join(', ')}`,
        ]),
    ...(others === 0 ? [] : [`${output}: ${others} more than were sent`]),
  ];
}

async function searchFindsAll({ stage, traffic }: Told): Promise<string[]> {
  const { count } = await json<{ count: number }>(stage, 'search', '--count');
  return count === traffic.requestIDs.length ? [] : [`search counts ${count} of ${traffic.requestIDs.length}`];
}

/** One that was parked, has returned and is delivered. */
async function traceTells({ stage, course }: Told): Promise<string[]> {
  const { requestID, state } = course.affected;
  const { callback, deliveries } = await json<Trace>(stage, 'trace', requestID);
  const crm = deliveries.find(({ output }) => output === CRM);
  const told = [callback.requestID, state, crm?.state, crm?.attempts.at(-1)?.outcome].join(', ');
  const expected = [requestID, 'parked', 'delivered', 'delivered'].join(', ');
  return told === expected ? [] : [`trace tells: ${told}`];
}

async function tasksName({ stage, traffic }: Told): Promise<string[]> {
  const stories = await Promise.all(traffic.tasks.map((task) => stage.ringback('tasks', task, '--json')));
  const named = traffic.missing.filter((order) => stories.some((story) => story.includes(`"${order}"`)));
  return named.length === traffic.missing.length ? [] : [`tasks names ${named.join(', ')} of ${traffic.missing.join(', ')}`];
}

async function replayBrings({ stage, traffic, course, withinMs }: Told): Promise<string[]> {
  const [since, until] = [course.middle.from, course.middle.to].map((at) => new Date(at).toISOString());
  const filters = ['--type', 'callbot.order', '--since', since ?? '', '--until', until ?? ''];
  const { count } = await json<{ count: number }>(stage, 'search', ...filters, '--count');
  await stage.ringback('replay', ...filters, '--to', NEW_CRM, '--yes', '--json');
  await stage.destination.took(NEW_CRM, count, withinMs);
  const sent = traffic.requestIDs.filter((id) => id.startsWith('story-order-') && stage.destination.taken(NEW_CRM).has(id));
  return count === traffic.middleOrders.length
    ? once(stage, traffic.middleOrders, NEW_CRM)
    : [`${count} to replay (${sent.length} came) of ${traffic.middleOrders.length}`];
}

async function forgetRemoves({ stage, traffic }: Told): Promise<string[]> {
  const before = await placesOf(stage, traffic.phone);
  await stage.ringback('forget', '--phone', traffic.phone, '--yes', '--json');
  const after = await placesOf(stage, traffic.phone);
  const { count } = await json<{ count: number }>(stage, 'search', '--text', traffic.phone, '--count');
  return [
    ...(before.length > 0 ? [] : ['the phone number was nowhere before it was forgotten']),
    ...after.map((place) => `the phone number is still in ${place}`),
    ...(count === 0 ? [] : [`search still finds ${count} with the phone number`]),
  ];
}

/** Files of the history and keys of Redis whose bytes hold the text. */
async function placesOf({ historyFolder, redis }: Stage, text: string): Promise<string[]> {
  const files = await readdir(historyFolder);
  const contents = await Promise.all(files.map((file) => readFile(join(historyFolder, file))));
  const client = new Redis(redis.url, { maxRetriesPerRequest: 3 });
  try {
    // A dump then holds texts as they are.
    await client.config('SET', 'rdbcompression', 'no');
    const keys = await client.keys('*');
    const dumps = await Promise.all(keys.map((key) => client.dumpBuffer(key)));
    return [
      ...files.filter((_, index) => contents[index]?.includes(text)),
      ...keys.filter((_, index) => dumps[index]?.includes(text)),
    ];
  } finally {
    client.disconnect();
  }
}
