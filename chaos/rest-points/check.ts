import { unexplainedRepeats } from '../explained-repeats.ts';
import { leftBehind, noteStarved, timesStarved } from '../parked-world.ts';
import { PREFIX } from '../settings.ts';
import { delivered, type Ids, restingOf } from './flow.ts';
import type { Stage } from './stage.ts';

/** A line per problem. Names are those of docs/protocols.md. */
export async function check(stage: Stage, ids: Ids): Promise<string[]> {
  const { world, worker } = stage;
  const { deliveries } = world;
  const left = await leftBehind(world);
  const own = delivered(ids);
  const lost = (['crm', 'ops'] as const).flatMap((output) =>
    own.filter((id) => deliveries.arrivals(output, id) === 0).map((id) => `NO_LOST_FANOUT: ${id} at ${output}`),
  );
  noteStarved(world, worker);
  const repeats = timesStarved(world) > 0 ? [] : unexplainedRepeats(world);
  return [
    ...lost,
    ...repeats
      .filter(({ requestID }) => own.includes(requestID))
      .map(({ output, requestID }) => `REPEAT_ONLY_IN_WINDOW: ${requestID} at ${output}`),
    ...left.map((what) => `NOTHING_LEFT: ${what}`),
    ...(await judgeKept(stage, ids)),
  ];
}

/** Each MUST be in the history once, and nowhere else. */
async function judgeKept(stage: Stage, { sour, unrouted }: Ids): Promise<string[]> {
  const { redis } = stage;
  const places = [
    { kind: 'dead-letter', expected: sour, inRedis: () => redis.zcard(`${PREFIX}:output.sour:failed`) },
    { kind: 'unrouted', expected: [unrouted], inRedis: () => redis.llen(`${PREFIX}:unrouted:wait`) },
  ] as const;
  const judged = places.map(async ({ kind, expected, inRedis }) => {
    const [found, also] = [(await restingOf(stage, kind)).toSorted().join(', '), await inRedis()];
    return [
      ...(found === [...expected].toSorted().join(', ') ? [] : [`NO_LOST_FANOUT: ${kind} in the history: ${found}`]),
      ...(also === 0 ? [] : [`NOTHING_LEFT: ${also} ${kind} in Redis`]),
    ];
  });
  return (await Promise.all(judged)).flat();
}
