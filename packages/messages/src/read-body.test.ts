import { afterEach, describe, expect, it, vi } from 'vitest';
import { callbotMessage, ORDER } from './callbot/test-bodies.ts';
import { describeAny } from './describe-any.ts';
import { fieldOf, messageFor } from './test-message-for.ts';

const KIB = 1024;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Counts the calls of JSON.parse, and those of its reviver. */
function countParsing() {
  const count = { parsed: 0, revived: 0 };
  const parse = JSON.parse;
  vi.spyOn(JSON, 'parse').mockImplementation((text, reviver) => {
    count.parsed += 1;
    if (reviver === undefined) return parse(text);
    return parse(text, function (this: unknown, ...args) {
      count.revived += 1;
      return reviver.apply(this, args);
    });
  });
  return count;
}

const objects = (count: number) => Array.from({ length: count }, (_, index) => ({ a: index }));

describe('the work for a large body', () => {
  it('is a plain parse over 16 KiB', () => {
    const count = countParsing();
    const body = `{"list":${JSON.stringify(objects(10_000))},"n":7,"half":0.5,"big":12345678901234567,"o":{"n":8}}`;
    const message = messageFor('acme.list', body);
    expect(count).toEqual({ parsed: 1, revived: 0 });
    expect(message.fields.slice(2).map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'List: 10000 items',
      'N: 7',
      'Half: 0.5',
      'o.n: 8',
    ]);
    expect(message.text).toBe('Not shown: big');
  });

  it('is a plain parse for Callbot as well', () => {
    const sms = Array.from({ length: 1000 }, () => ({ smsContent: 'a text', smsSendTs: 1 }));
    const body = JSON.stringify({ ...ORDER, callInfoDetail: { ...ORDER.callInfoDetail, sms } });
    const count = countParsing();
    expect(fieldOf(callbotMessage('callbot.call', body), 'Call duration')).toBe('131 (2 min 11 s, if in seconds)');
    expect(count).toEqual({ parsed: 1, revived: 0 });
  });

  it.each(['callbot', 'hmac', undefined])('is none over 256 KiB: type, account and size (%s)', (sourceType) => {
    const count = countParsing();
    const body = JSON.stringify({ n: 1, list: objects(60_000) });
    const message = messageFor('callbot.call', body, { sourceType });
    expect(count).toEqual({ parsed: 0, revived: 0 });
    expect(fieldOf(message, 'Type')).toBe('callbot.call');
    expect(fieldOf(message, 'Body')).toBe(`${Math.round(Buffer.byteLength(body) / KIB)} KiB, too large to show`);
    expect(fieldOf(message, 'N')).toBeUndefined();
  });

  it('reads at most two hundred fields of a parsed body', () => {
    let reads = 0;
    const watch = (fields: object): object =>
      new Proxy(fields, {
        get: (target, key, self) => {
          reads += 1;
          return Reflect.get(target, key, self);
        },
      });
    const entries = Array.from({ length: 20_000 }, (_, index) => [`k${index}`, watch({ a: index })] as const);
    const data = watch(Object.fromEntries(entries));
    const { text } = describeAny({ type: 'acme.list', account: 'main', data });
    expect(reads).toBeLessThanOrEqual(400);
    expect(text).toBe('Not shown: 20000 more');
  });
});
