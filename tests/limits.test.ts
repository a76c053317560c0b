import {
  startRedisServer,
  testRedis,
  openConnection,
  signedRequest,
  createInstallation,
  interfaceSettings,
  postCallback,
} from '@ringback/testkit';
import { describe, expect, it, vi } from 'vitest';

async function startIngress(ingress = '', redisUrl = testRedis().url) {
  const { prefix } = testRedis();
  const installation = await createInstallation({
    redisUrl,
    settings: (crmUrl) => interfaceSettings({ crmUrl, prefix, ingress }),
  });
  return installation.startIngress();
}

const whole = (requestID: string, sign?: string) => Object.values(signedRequest({ requestID, ...(sign && { sign }) })).join('');
const WRONG = 'A'.repeat(32);

describe('one connection', () => {
  it('carries pipelined requests, answered in their order, refusals among them', async () => {
    const ingress = await startIngress();
    const { socket, answers, answered, closed } = openConnection(ingress.url);
    socket.write([whole('one'), whole('two', WRONG), whole('three')].join(''));
    await answered(3);
    expect(answers()).toEqual([
      [200, 0],
      [401, 6],
      [200, 0],
    ]);
    socket.write('GET /nowhere HTTP/1.1\r\nHost: ringback\r\n\r\n');
    await answered(4);
    socket.write(whole('four'));
    await answered(5);
    expect(answers().slice(3)).toEqual([
      [404, 'RB_PATH_UNKNOWN'],
      [200, 0],
    ]);
    expect(closed()).toBe(false);
  });
});

describe('a connection whose sender closes its side', () => {
  it('is answered all that was asked on it, and then closed', async () => {
    const ingress = await startIngress('maxConnections: 6');
    const { head, body } = signedRequest({ requestID: 'cut' });
    const sent: [string, [number, number | string][]][] = [
      [whole('last'), [[200, 0]]],
      [whole('wrong', WRONG), [[401, 6]]],
      [
        whole('first') + whole('second'),
        [
          [200, 0],
          [200, 0],
        ],
      ],
      ['', []],
      [head.slice(0, 40), [[400, 'RB_HTTP_MALFORMED']]],
      [head + body.slice(0, 10), [[400, 'RB_HTTP_MALFORMED']]],
    ];
    // As many as may be open at once, again and again: none is left behind.
    for (let round = 0; round < 5; round += 1) {
      const connections = sent.map(([bytes]) => {
        const connection = openConnection(ingress.url);
        connection.socket.end(bytes);
        return connection;
      });
      await vi.waitFor(() => expect(connections.map(({ closed }) => closed())).not.toContain(false), 10_000);
      expect(connections.map(({ answers }) => answers())).toEqual(sent.map(([, answers]) => answers));
    }
    expect(ingress.process.lines.filter(({ msg }) => msg === 'connections are refused')).toEqual([]);
    expect(ingress.process.lines.filter(({ msg }) => msg === 'callback refused')).toHaveLength(5 * 3);
    expect(await postCallback({ ingress: ingress.url, requestID: 'after' })).toMatchObject({ status: 200 });
  });

  it('is answered however late that is', async () => {
    const redis = await startRedisServer();
    const ingress = await startIngress('enqueueTimeout: 500ms', redis.url);
    redis.pause();
    const { socket, answers, closed } = openConnection(ingress.url);
    socket.end(whole('held'));
    await vi.waitFor(() => expect(closed()).toBe(true), 10_000);
    expect(answers()).toEqual([[503, 7]]);
    redis.resume();
  });
});

describe('the limit of', () => {
  it('requests under way refuses any more at once, on connections that live on', async () => {
    const redis = await startRedisServer();
    const ingress = await startIngress('maxInFlight: 2, enqueueTimeout: 30s', redis.url);
    redis.pause();
    const slow = ['a', 'b'].map((requestID) => {
      const connection = openConnection(ingress.url);
      connection.socket.write(whole(requestID));
      return connection;
    });
    const reasons = async () => JSON.stringify(await (await fetch(new URL('/readyz', ingress.adminUrl))).json());
    await vi.waitFor(async () => expect(await reasons()).toContain('2 requests are under way (ingress.maxInFlight)'), 10_000);
    const other = openConnection(ingress.url);
    other.socket.write(whole('other') + whole('another'));
    await other.answered(2);
    expect(other.answers()).toEqual([
      [503, 7],
      [503, 7],
    ]);
    redis.resume();
    for (const { answered, answers } of slow) {
      await answered(1);
      expect(answers()).toEqual([[200, 0]]);
    }
    other.socket.write(whole('later'));
    await other.answered(3);
    expect(other.answers().at(-1)).toEqual([200, 0]);
    expect(ingress.process.lines).toContainEqual(expect.objectContaining({ code: 'RB_OVERLOADED', status: 503 }));
  });

  it('requests under way counts one that its sender gave up once', async () => {
    const ingress = await startIngress('maxInFlight: 1');
    for (const requestID of ['a', 'b', 'c']) {
      const { socket } = openConnection(ingress.url);
      socket.write(signedRequest({ requestID }).head);
      socket.destroySoon();
    }
    await vi.waitFor(
      async () => expect(await postCallback({ ingress: ingress.url, requestID: 'after' })).toMatchObject({ status: 200 }),
      { timeout: 10_000, interval: 20 },
    );
  });

  it('connections closes any more where none is idle, with one line, and takes new ones when others have gone', async () => {
    const ingress = await startIngress('maxConnections: 2');
    const slow = ['one', 'two'].map((requestID) => {
      const { head, body } = signedRequest({ requestID });
      const connection = openConnection(ingress.url);
      connection.socket.write(head);
      return { ...connection, body };
    });
    const isReady = async () => (await fetch(new URL('/readyz', ingress.adminUrl))).ok;
    await vi.waitFor(async () => expect(await isReady()).toBe(false), 10_000);
    const beyond = [openConnection(ingress.url), openConnection(ingress.url)];
    await vi.waitFor(() => expect(beyond.map(({ closed }) => closed())).toEqual([true, true]), 10_000);
    await ingress.process.line('connections are refused');
    for (const { socket, body, answered, answers } of slow) {
      socket.write(body);
      await answered(1);
      expect(answers()).toEqual([[200, 0]]);
    }
    const next = openConnection(ingress.url);
    next.socket.write(whole('three'));
    await next.answered(1);
    expect(next.answers()).toEqual([[200, 0]]);
    expect(await isReady()).toBe(true);
    expect(ingress.process.lines.filter(({ msg }) => msg === 'connections are refused')).toHaveLength(1);
  });

  it('time ends slow heads, slow bodies and silent connections with a refusal, and idle ones without', async () => {
    const ingress = await startIngress('headersTimeout: 300ms, requestTimeout: 600ms, keepAliveTimeout: 500ms');
    const { head, body } = signedRequest({ requestID: 'slow' });
    const [silent, slowHead, slowBody, idle] = [
      openConnection(ingress.url),
      openConnection(ingress.url),
      openConnection(ingress.url),
      openConnection(ingress.url),
    ];
    slowHead.socket.write(head.slice(0, 40));
    slowBody.socket.write(head + body.slice(0, 10));
    idle.socket.write(whole('quick'));
    const all = [silent, slowHead, slowBody, idle];
    await vi.waitFor(() => expect(all.map(({ closed }) => closed())).toEqual([true, true, true, true]), 15_000);
    const late = [408, 'RB_HTTP_MALFORMED'];
    expect(all.map(({ answers }) => answers())).toEqual([[late], [late], [late], [[200, 0]]]);
    const line = { msg: 'callback refused', status: 408, code: 'RB_HTTP_MALFORMED' };
    expect(ingress.process.lines.filter(({ msg }) => msg === 'callback refused')).toMatchObject([line, line, line]);
    expect(await postCallback({ ingress: ingress.url, requestID: 'after' })).toMatchObject({ status: 200 });
  });

  it('the head of a request refuses what is larger', async () => {
    const ingress = await startIngress('headerLimit: 2KiB');
    const big = openConnection(ingress.url);
    big.socket.write(whole('big').replace('\r\n', `\r\nfill: ${'x'.repeat(3000)}\r\n`));
    await big.answered(1);
    expect(big.answers()).toEqual([[431, 'RB_HTTP_MALFORMED']]);
    expect(await postCallback({ ingress: ingress.url, requestID: 'after' })).toMatchObject({ status: 200 });
  });
});
