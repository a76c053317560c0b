import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { redisFromDebian } from './debian.ts';
import { redisInDocker } from './docker.ts';
import { redisInJavaScript } from './javascript.ts';
import { redisOnPath } from './on-path.ts';
import { startRedis } from './server.ts';
import { onlyPrograms, tempFolder } from '@ringback/server-programs/test-programs';

const never = new AbortController().signal;

describe('on PATH', () => {
  it.each([
    ['redis-server', 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64'],
    ['valkey-server', 'Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64'],
  ])('takes %s', async (name, version) => {
    const folder = onlyPrograms({ [name]: `echo "${version}"` });
    expect(await redisOnPath(never)).toMatchObject({ spec: { way: 'on PATH', command: join(folder, name) } });
  });

  it('takes neither an old one nor none', async () => {
    onlyPrograms({ 'redis-server': 'echo "Redis server v=6.0.16 sha=0"' });
    expect(await redisOnPath(never)).toEqual({ unavailable: 'redis-server is older than 6.2, no valkey-server on PATH' });
  });
});

/** An apt that has the package, a dpkg that unpacks one, and what was asked of them. */
function debian(programs: { plan?: string; download?: string; update?: string }) {
  const { plan = `echo "'http://x/r.deb' redis-server_5%3a7_amd64.deb 1 SHA256:0"`, download = 'touch redis-server.deb' } =
    programs;
  const cases = `*--print-uris*) ${plan} ;; *download*) ${download} ;; *update*) ${programs.update ?? 'exit 100'} ;;`;
  const server = 'printf "#!/bin/sh\\necho \\"Redis server v=7.0.15 sha=0\\"\\n" > "$3/usr/bin/redis-server"';
  const path = onlyPrograms({
    'apt-get': `echo "$*" >> "\${0%/*}/asked"\ncase "$*" in ${cases} esac`,
    'dpkg-deb': `mkdir -p "$3/usr/bin" "$3/usr/lib/x86_64-linux-gnu"\n${server}\nchmod +x "$3/usr/bin/redis-server"`,
  });
  const cache = join(tempFolder(), 'cache');
  const osRelease = join(path, 'os-release');
  writeFileSync(osRelease, 'ID=debian\nVERSION_ID="12"\n');
  return { path, cache, find: (signal = never) => redisFromDebian({ cache, osRelease, signal }) };
}

describe("Debian's packages", () => {
  it('are unpacked once, and then taken from the cache', async () => {
    const { cache, find, path } = debian({});
    const tree = join(cache, `redis-debian-12-${process.arch}`);
    const expected = { way: 'Debian packages', command: join(tree, 'usr/bin/redis-server') };
    expect(await find()).toMatchObject({ spec: expected });
    rmSync(join(path, 'apt-get'));
    expect(await find()).toMatchObject({
      spec: { ...expected, env: { LD_LIBRARY_PATH: expect.stringContaining(`${tree}/usr/lib/x86_64`) } },
    });
    expect(readdirSync(cache)).toEqual([`redis-debian-12-${process.arch}`]);
  });

  it('are unpacked by two at once without harm', async () => {
    const { cache, find } = debian({});
    const [one, two] = await Promise.all([find(), find()]);
    expect(one).toHaveProperty('spec');
    expect(two).toEqual(one);
    expect(readdirSync(cache)).toHaveLength(1);
  });

  it('are had with lists of our own where the system has none', async () => {
    const plan = `case "$*" in *Dir::State::Lists=*) echo "'http://x/r.deb' redis-server_5%3a7_amd64.deb 1 S" ;; *) exit 100 ;; esac`;
    const { find } = debian({ plan, update: 'true' });
    expect(await find()).toHaveProperty('spec');
  });

  it('leave nothing behind when they cannot be had', async () => {
    const { cache, find } = debian({
      download: 'touch redis-server.deb; echo "E: no network" >&2; exit 100',
      update: 'echo "E: offline" >&2; exit 100',
    });
    expect(await find()).toEqual({ unavailable: expect.stringContaining('E: offline') });
    expect(readdirSync(cache)).toEqual([]);
  });

  it('are given up when told so', async () => {
    const giveUp = new AbortController();
    const { cache, find, path } = debian({ download: 'touch "${0%/*}/downloading"; exec sleep 60' });
    const result = find(giveUp.signal);
    await vi.waitFor(() => expect(existsSync(join(path, 'downloading'))).toBe(true), { timeout: 10_000 });
    giveUp.abort();
    expect(await result).toHaveProperty('unavailable');
    expect(readdirSync(cache)).toEqual([]);
  });

  it('are for Debian and its children only', async () => {
    const osRelease = join(tempFolder(), 'os-release');
    writeFileSync(osRelease, 'ID=fedora\n');
    expect(await redisFromDebian({ cache: tempFolder(), osRelease, signal: never })).toEqual({
      unavailable: 'not Debian or Ubuntu',
    });
  });
});

describe('Docker', () => {
  it('is not used where no engine answers', async () => {
    onlyPrograms({ docker: 'echo "Cannot connect to the Docker daemon" >&2; exit 1' });
    expect(await redisInDocker(never)).toEqual({ unavailable: 'no Docker engine answers' });
  });

  it('is not used where the image cannot be had', async () => {
    onlyPrograms({ docker: 'case "$1" in version) echo 28 ;; *) exit 1 ;; esac' });
    expect(await redisInDocker(never)).toEqual({ unavailable: expect.stringContaining('cannot be pulled') });
  });

  it('runs a container that is published on loopback only', async () => {
    onlyPrograms({ docker: 'exit 0' });
    const result = await redisInDocker(never);
    expect(result).toMatchObject({
      spec: {
        way: 'Docker',
        command: 'docker',
        args: expect.arrayContaining(['127.0.0.1:{port}:{port}', 'umask 77; exec redis-server "$@"']),
      },
    });
  });
});

describe('JavaScript', () => {
  it('serves on loopback with a password, and stops on request', async () => {
    const server = await startRedis({
      spec: redisInJavaScript(),
      dir: tempFolder(),
      password: 'secret',
      settings: [],
      whenAbandoned: 'kill -KILL "$1"',
    });
    const stranger = new Redis(server.url.replace(':secret@', ''), { retryStrategy: null });
    stranger.on('error', () => {});
    await expect(stranger.get('key')).rejects.toThrow('NOAUTH');
    stranger.disconnect();
    const redis = new Redis(server.url, { retryStrategy: null });
    redis.on('error', () => {});
    await redis.set('key', 'value');
    expect(await redis.get('key')).toBe('value');
    redis.disconnect();
    await server.stop();
    expect(await server.ended).toMatch(/exit code 0/);
  });
});

describe('startRedis', () => {
  it('tells in redis-server’s own words why it does not come up', async () => {
    const options = { spec: inject('redisSpec'), dir: tempFolder(), settings: ['--no-such-setting', '1'], whenAbandoned: ':' };
    await expect(startRedis(options)).rejects.toThrow(/no-such-setting/);
  });

  it('tells when the program is not there', async () => {
    const spec = { ...inject('redisSpec'), command: join(tempFolder(), 'none') };
    await expect(startRedis({ spec, dir: tempFolder(), settings: [], whenAbandoned: ':' })).rejects.toThrow(/ENOENT/);
  });

  it('makes the data folder', async () => {
    const dir = join(tempFolder(), 'a', 'b');
    mkdirSync(join(dir, '..'), { recursive: true });
    const server = await startRedis({
      spec: inject('redisSpec'),
      dir,
      settings: ['--save', ''],
      whenAbandoned: 'kill -KILL "$1"',
    });
    onTestFinished(() => server.stop());
    expect(existsSync(dir)).toBe(true);
  });
});
