import { describe, expect, it } from 'vitest';
import { createInFlight } from './in-flight.ts';

/** An in-flight count that draws the oldest, and what was given up. */
function start(limits: { maxInFlight?: number; maxBytesInFlight?: number } = {}) {
  const inFlight = createInFlight({ maxInFlight: 100, maxBytesInFlight: 1000, random: () => 0, ...limits });
  const givenUp: string[] = [];
  const begin = (name: string, bytes = 1) => inFlight.begin({ bytes, giveUp: () => givenUp.push(name) });
  return { inFlight, givenUp, begin };
}

const OVERLOADED = expect.objectContaining({ code: 'RB_OVERLOADED' });

describe('requests whose bodies are on their way', () => {
  it('have a quarter, beyond which one of them is given up for the new one', () => {
    const { begin, givenUp, inFlight } = start();
    for (let serial = 0; serial < 25; serial += 1) begin(`r${serial}`);
    expect(givenUp).toEqual([]);
    begin('one more');
    expect(givenUp).toEqual(['r0']);
    expect(inFlight.notReadyReasons()).toEqual([]);
  });

  it('make room in bytes as well, for as many as it takes', () => {
    const { begin, givenUp } = start();
    for (const name of ['a', 'b', 'c']) begin(name, 300);
    begin('d', 500);
    expect(givenUp).toHaveLength(2);
  });

  it('never push out one whose sender is known', () => {
    const { begin, givenUp } = start({ maxInFlight: 4 });
    for (const name of ['a', 'b', 'c', 'd']) begin(name).verified(1);
    expect(() => begin('e')).toThrow(OVERLOADED);
    expect(givenUp).toEqual([]);
  });

  it('are drawn by lot', () => {
    const drawn = [0.99, 0, 0.5];
    const inFlight = createInFlight({ maxInFlight: 3, maxBytesInFlight: 1000, random: () => drawn.shift() ?? 0 });
    const givenUp: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) inFlight.begin({ bytes: 1, giveUp: () => givenUp.push(name) });
    expect(givenUp).toEqual(['c', 'a', 'b']);
  });
});

describe('what is under way', () => {
  it('is refused beyond its bounds, and says so beforehand', () => {
    const { begin, inFlight } = start({ maxInFlight: 2 });
    const [first, second] = [begin('a'), begin('b')];
    first.verified(1);
    expect(inFlight.notReadyReasons()).toEqual([]);
    second.verified(1);
    expect(inFlight.notReadyReasons()).toEqual(['RB_OVERLOADED: 2 requests are under way (ingress.maxInFlight)']);
    first.done();
    expect(inFlight.notReadyReasons()).toEqual([]);
    begin('c');
  });

  it('takes the bytes that its body has, not those that it might have had', () => {
    const { begin, inFlight } = start();
    begin('chunked', 1000).verified(10);
    begin('other', 900).verified(990);
    expect(inFlight.notReadyReasons()).toEqual([
      'RB_OVERLOADED: the bodies of the requests under way take 1000 bytes (ingress.maxBytesInFlight)',
    ]);
    expect(() => begin('one byte more')).toThrow(OVERLOADED);
  });

  it('has room for any single body', () => {
    const { begin } = start({ maxBytesInFlight: 10 });
    const entry = begin('large', 1000);
    entry.verified(1000);
    expect(() => begin('small')).toThrow(OVERLOADED);
    entry.done();
    begin('another large one', 1000);
  });

  it('ends once, whatever comes after it', () => {
    const { begin, inFlight, givenUp } = start({ maxInFlight: 1 });
    const first = begin('a');
    begin('b');
    expect(givenUp).toEqual(['a']);
    first.verified(5);
    first.done();
    first.done();
    expect(inFlight.notReadyReasons()).toEqual([]);
    begin('c').verified(1);
    expect(() => begin('d')).toThrow(OVERLOADED);
  });
});
