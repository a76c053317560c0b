import { describe, expect, it } from 'vitest';
import { createRedisClock } from './clock.ts';

const HOUR = 3_600_000;

/** A clock of Redis, one of ours, and a monotonic one, all set by the test. */
function setUp({ wall = 0 } = {}) {
  const at = { redis: 1_000_000, wall: 1_000_000 + wall, elapsed: 50, roundTrip: 0, asked: 0 };
  const pass = (ms: number) => {
    at.redis += ms;
    at.wall += ms;
    at.elapsed += ms;
  };
  const answer = { fails: undefined as Error | undefined };
  const time = async () => {
    at.asked += 1;
    if (answer.fails) throw answer.fails;
    pass(at.roundTrip / 2);
    const told = [Math.floor(at.redis / 1000), (at.redis % 1000) * 1000];
    pass(at.roundTrip / 2);
    return told;
  };
  return { at, pass, answer, clock: createRedisClock({ time, wall: () => at.wall, elapsed: () => at.elapsed }) };
}

describe("Redis's clock", () => {
  it('is ours until Redis has told', async () => {
    const { at, clock } = setUp({ wall: 6 * HOUR });
    expect([clock.isKnown(), clock.now(), clock.ahead()]).toEqual([false, at.wall, 0]);
    await clock.measure();
    expect([clock.isKnown(), clock.now(), clock.ahead()]).toEqual([true, at.redis, 6 * HOUR]);
  });

  it('goes on while ours is set back or forward', async () => {
    const { at, pass, clock } = setUp();
    await clock.measure();
    at.wall -= 3 * HOUR;
    pass(1234);
    expect([clock.now(), clock.ahead()]).toEqual([at.redis, -3 * HOUR]);
    at.wall += 9 * HOUR;
    expect([clock.now(), clock.ahead()]).toEqual([at.redis, 6 * HOUR]);
  });

  it('is unsure, and asks, once the machine was suspended, until Redis has told', async () => {
    const { at, pass, clock } = setUp();
    expect(clock.isSure()).toBe(true);
    await clock.measure();
    pass(500);
    expect(clock.isSure()).toBe(true);
    at.redis += 60_000;
    at.wall += 60_000;
    expect([clock.isSure(), at.asked]).toEqual([false, 2]);
    await clock.measure();
    expect([clock.isSure(), clock.now()]).toEqual([true, at.redis]);
  });

  it('counts half of the way there and back, and takes no slow answer for a better one', async () => {
    const { at, pass, clock } = setUp();
    at.roundTrip = 400;
    await clock.measure();
    expect(clock.now()).toBe(at.redis);
    at.roundTrip = 4000;
    pass(100);
    await clock.measure();
    expect(clock.now()).toBe(at.redis);
  });

  it('is measured again after a while, which nobody waits for', async () => {
    const { at, pass, clock } = setUp();
    await clock.measure();
    pass(4000);
    clock.now();
    expect(at.asked).toBe(1);
    pass(2000);
    at.redis += 60_000;
    clock.now();
    expect(at.asked).toBe(2);
    await clock.measure();
    expect([clock.now(), at.asked]).toEqual([at.redis, 2]);
  });

  it('takes less than a second for nothing', async () => {
    const { clock } = setUp({ wall: -900 });
    await clock.measure();
    expect(clock.ahead()).toBe(0);
  });

  it('stays unknown while Redis is away, and is ours where Redis does not tell', async () => {
    const { at, answer, clock } = setUp({ wall: HOUR });
    answer.fails = new Error('connection is closed');
    await clock.measure();
    expect(clock.isKnown()).toBe(false);
    answer.fails = Object.assign(new Error('NOPERM'), { name: 'ReplyError' });
    await clock.measure();
    expect([clock.isKnown(), clock.now(), clock.ahead()]).toEqual([true, at.wall, 0]);
  });
});
