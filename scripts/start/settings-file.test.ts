import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findSettings } from './settings-file.ts';

const example = 'ringback.example.yaml';

function folder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'ringback-settings-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  return root;
}

describe('findSettings', () => {
  it('takes the file of --config before all others', () => {
    const root = folder({ 'ringback.yaml': '', 'mine.yaml': '', 'other.yaml': '' });
    const found = findSettings({ config: join(root, 'mine.yaml'), folder: root, example }, { RINGBACK_CONFIG: 'other.yaml' });
    expect(found).toEqual({ path: join(root, 'mine.yaml'), because: '--config', namesRedis: false });
  });

  it('takes RINGBACK_CONFIG before ringback.yaml before the example', () => {
    const root = folder({ 'ringback.example.yaml': '', 'ringback.yaml': '', 'mine.yaml': '' });
    expect(findSettings({ folder: root, example }, { RINGBACK_CONFIG: 'mine.yaml' }).path).toBe(join(root, 'mine.yaml'));
    expect(findSettings({ folder: root, example }, { RINGBACK_CONFIG: join(root, 'mine.yaml') }).path).toBe(
      join(root, 'mine.yaml'),
    );
    expect(findSettings({ folder: root, example }, {}).path).toBe(join(root, 'ringback.yaml'));
    expect(findSettings({ folder: folder({ 'ringback.example.yaml': '' }), example }, { RINGBACK_CONFIG: '' }).path).toMatch(
      /ringback\.example\.yaml$/,
    );
  });

  it('refuses a file that is not there', () => {
    expect(() => findSettings({ folder: folder({}), example }, { RINGBACK_CONFIG: 'none.yaml' })).toThrow(
      /none\.yaml \(RINGBACK_CONFIG\) does not exist/,
    );
  });

  it('says how to get settings where none are shipped', () => {
    expect(() => findSettings({ folder: folder({}) }, {})).toThrow(
      /^There are no settings: `ringback init` writes .*ringback\.yaml/,
    );
  });

  it.each([
    ['redis: { url: redis://elsewhere:6379 }', true],
    ['redis: { url: "${MY_REDIS}" }', true],
    ['redis: { url: "${REDIS_URL:-redis://elsewhere:6379}" }', true],
    ['redis: { urlFile: /run/secrets/redis }', true],
    ['redis: { sentinel: { name: mymaster, nodes: ["a:26379"] } }', true],
    ['redis: { cluster: { nodes: ["a:7001"] } }', true],
    ['redis: { url: "${REDIS_URL}" }', false],
    ['redis: { prefix: mine }', false],
    ['redis:', false],
    ['ingress: { port: 8080 }', false],
    ['not: [yaml', false],
    ['', false],
  ])('sees whether the file names a Redis: %s', (text, namesRedis) => {
    expect(findSettings({ folder: folder({ 'ringback.yaml': text }) }, {}).namesRedis).toBe(namesRedis);
  });
});
