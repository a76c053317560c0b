import type { RedisSet } from '@ringback/testkit';
import { expect, it } from 'vitest';
import type { NamedFinding } from './check.ts';
import { installOn, SHARDS } from '../reach/test-shards.ts';

/** For tests. */
export function lookAtEveryShard(set: () => RedisSet): void {
  it('doctor looks at every shard, and at each server once', async () => {
    const { cli } = await installOn(set(), 'doctor');
    const { out, success } = await cli('doctor', '--json', '--only', 'redis');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the command prints
    const { findings } = JSON.parse(out[0] ?? '') as { readonly findings: readonly NamedFinding[] };
    const subjects = (check: string) => findings.filter((one) => one.check === check).map(({ subject }) => subject);
    const servers = subjects('redis-version');
    expect(servers.length).toBeGreaterThan(1);
    expect(new Set(servers).size).toBe(servers.length);
    const shards = Array.from({ length: SHARDS }, (_, number) => `keys {doctor:${number}}:* (shard ${number})`);
    expect(subjects('redis-rights')).toEqual(shards);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(success).toBe(true);
  });
}
