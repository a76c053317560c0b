import { Queue } from 'bullmq';
import { expect, it, onTestFinished } from 'vitest';
import { createBodies } from '../deliveries/bodies/bodies.ts';
import { moveShards } from './move-shards.ts';
import type { ShardPlace } from './place.ts';
import { fill } from './test-fill.ts';
import { OUTPUTS, setUpShards } from './test-shards.ts';

/** Of the last shard. */
const [FROM, NAME] = [1, 's1'];

async function install() {
  const installed = setUpShards();
  const { place, plan, shards } = installed;
  await fill(installed, FROM);
  const said: string[] = [];
  const move = (places: readonly ShardPlace[] = shards) =>
    moveShards({ plan: { ...plan(2, 1), shards: places }, outputs: OUTPUTS, say: (line) => said.push(line) });
  const queueOf = ({ redis, prefix }: ShardPlace) => {
    const queue = new Queue('output.crm', { connection: redis, prefix });
    onTestFinished(() => queue.close());
    return queue;
  };
  const [from, to] = [place(FROM), place(0)];
  return { ...installed, from, to, move, said, queueOf, bodies: createBodies(to) };
}

it('gives a job another name, however many are taken, and moves nothing that has none', async () => {
  const { from, to, move, queueOf } = await install();
  const [here, there] = [queueOf(from), queueOf(to)];
  await here.add('x', { of: 'from' }, { jobId: 'same' });
  for (const jobId of ['same', 'same.1', 'same.1.2']) await there.add('x', { of: jobId }, { jobId });
  await move();
  expect((await there.getJob('same.1.3'))?.data).toEqual({ of: 'from' });

  await here.add('x', { of: 'again' }, { jobId: 'full' });
  const names = ['full', 'full.1', ...Array.from({ length: 8 }, (_, index) => `full.1.${index + 2}`)];
  for (const jobId of names) await there.add('x', { of: jobId }, { jobId });
  await expect(move()).rejects.toMatchObject({ code: 'RB_JOB_ID_TAKEN', message: expect.stringContaining('full of output.crm') });
  expect((await here.getJob('full'))?.data).toEqual({ of: 'again' });
});

it('finds another name for a share, whatever stands at the target', async () => {
  const { from, to, move, redis, bodies } = await install();
  await redis.set(`${to.prefix}:bodies:${NAME}held1`, 'foreign');
  const before = await createBodies(from).read(`${NAME}held1`, 'crm');
  await move();
  const [first = ''] = await bodies.held('crm');
  expect(first).not.toBe(`${NAME}held1`);
  expect(await bodies.read(first, 'crm')).toEqual(before);
  expect(await redis.get(`${to.prefix}:bodies:${NAME}held1`)).toBe('foreign');
});

it.each([
  ['no blob', (key: string) => ['HDEL', key, 'bodies']],
  ['no digest', (key: string) => ['HDEL', key, 'digest']],
  ['neither', (key: string) => ['HDEL', key, 'bodies', 'digest']],
  ['an entry that is no JSON', (key: string) => ['HSET', key, '@crm', '{']],
])('carries damaged shares: %s', async (_, damage) => {
  const { from, to, move, redis, bodies } = await install();
  const ids = [`${NAME}stored`, `${NAME}held1`];
  const fields = (place: ShardPlace) => Promise.all(ids.map((id) => redis.hgetall(`${place.prefix}:bodies:${id}`)));
  for (const id of ids) {
    const [command = '', ...args] = damage(`${from.prefix}:bodies:${id}`);
    await redis.call(command, ...args);
  }
  const before = await fields(from);
  await move();
  expect(await fields(to)).toEqual(before);
  expect(await bodies.held('crm')).toEqual(expect.arrayContaining([`${NAME}held1`, `${NAME}held2`]));
  expect(await redis.keys(`${from.prefix}:bodies:*`)).toEqual([]);
});

it('leaves a value of another kind where it is, says so, and has a worker set its deliveries aside', async () => {
  const { from, to, move, redis, bodies, said } = await install();
  const ids = [`${NAME}stored`, `${NAME}held1`];
  for (const id of ids) {
    await redis.del(`${from.prefix}:bodies:${id}`);
    await redis.set(`${from.prefix}:bodies:${id}`, 'foreign');
  }
  await move();
  for (const id of ids) {
    expect(await redis.get(`${from.prefix}:bodies:${id}`)).toBe('foreign');
    expect(said.join('\n')).toContain(`${from.prefix}:bodies:${id} is not of the kind`);
    await expect(bodies.read(id, 'crm')).rejects.toMatchObject({ code: 'RB_PAYLOAD_INVALID' });
  }
  expect(await bodies.held('crm')).toEqual([`${NAME}held1`, `${NAME}held2`]);
  expect(await redis.exists(`${to.prefix}:output.crm:${NAME}stored.ref.crm`)).toBe(1);
});

it('stops before a target is full, and goes on when there is room', async () => {
  const { place, shards, move, bodies } = await install();
  let asked = 0;
  const full = { ...place(0), nearlyFull: async () => (asked += 1) > 2 };
  await expect(move([full, ...shards.slice(1)])).rejects.toMatchObject({
    code: 'RB_OVERLOADED',
    message: expect.stringContaining('run it again'),
  });
  await move();
  expect(await bodies.held('crm')).toEqual([`${NAME}held1`, `${NAME}held2`]);
});
